from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy.scoring import Score
from benchmarks.calibration import (
    UNCALIBRATED,
    Row,
    Said,
    fitted,
    isotonic,
    judged,
    lesions,
    logistic,
    out_of_fold,
    quality,
    said,
    write,
)
from models.inference.calibration import Calibration, logit
from models.predict import load
from models.registry import find


def said_by_a_boaster(count: int = 400) -> Said:
    """Scores whose logits are three times too sure and one too high; what is larger is truer."""
    rng = np.random.default_rng(5)
    true_logits, sizes = rng.normal(0, 1.5, count), rng.normal(0, 1, count)
    truth = rng.random(count) < 1 / (1 + np.exp(-(true_logits + 0.8 * sizes)))
    return Said(3 * true_logits + 1, sizes, truth.astype(float), np.arange(count) // 2, np.full(count, ""))


def a_score(**marks: object) -> Score:
    """A head with blood, of which only the marks matter."""
    plain = dict.fromkeys(("dice", "truth_cm2"), 0.0) | {"truth_ml": 5.0, "said_ml": 3.0, "probability": 0.5}
    empty = dict.fromkeys(("lesion_ml", "lesion_met", "lesion_dice"), ())
    rest = {"sites": {}, "names_sites": False, "out_of_distribution": None, "seconds": 0.0}
    return Score(name="one", sort="lesion", patient="one", **plain, **empty, **rest, **marks)  # type: ignore[arg-type]


def test_a_fit_undoes_what_was_overstated() -> None:
    boasted = said_by_a_boaster()
    curve = fitted(boasted, by_volume=True)
    assert curve.scale == pytest.approx(1 / 3, rel=0.3)
    assert curve.per_log_ml == pytest.approx(0.8, rel=0.4)
    assert quality(logistic(boasted, boasted, by_volume=True), boasted)["error"] < 0.07


def test_volume_stays_out_where_it_is_not_asked_for() -> None:
    assert fitted(said_by_a_boaster(), by_volume=False).per_log_ml == 0


def test_both_kinds_of_curve_are_judged_on_heads_they_were_not_fitted_on() -> None:
    found = judged(said_by_a_boaster(), by_volume=True)
    assert found["count"] == 400
    assert 0 < found["unseen"]["logistic"]["error"] < 0.12
    assert found["unseen"]["logistic"]["cross_entropy"] < found["unseen"]["isotonic"]["cross_entropy"] + 0.02


def test_a_fit_reads_what_the_bundle_says_before_any_curve() -> None:
    operating = load(find("ich-ct"), "cpu", UNCALIBRATED).segmenter.operating
    assert (operating.scan, operating.lesion) == (Calibration(), Calibration())


def test_no_head_speaks_for_itself() -> None:
    boasted = said_by_a_boaster()
    asked: list[set[int]] = []

    def remembering(learned: Said, here: Said, *, by_volume: bool) -> np.ndarray:
        asked.append(set(learned.heads.tolist()) & set(here.heads.tolist()))
        return np.full(len(here.true), 0.5 + 0.1 * by_volume)

    assert out_of_fold(boasted, remembering, by_volume=False) == pytest.approx(0.5)
    assert asked == [set()] * 5


def test_isotonic_probabilities_never_fall_and_follow_what_was_true() -> None:
    boasted = said_by_a_boaster()
    order = np.argsort(boasted.logits)
    odds = isotonic(boasted, boasted, by_volume=False)[order]
    assert (np.diff(odds) >= 0).all()
    assert odds.mean() == pytest.approx(boasted.true.mean(), abs=0.02)


def test_every_mark_is_a_row_with_its_head_volume_and_site() -> None:
    one = a_score(confidence=(0.9, 0.6), said_lesion_ml=(3.0, 0.5), said_meets=(True, False), said_site=("IPH", "IVH"))
    found = lesions([one])
    assert found.logits == pytest.approx([logit(0.9), logit(0.6)])
    assert (found.true.tolist(), found.heads.tolist(), found.sites.tolist()) == ([1.0, 0.0], [0, 0], ["IPH", "IVH"])
    assert found.log_ml == pytest.approx(np.log([3.0, 0.5]))


def test_a_site_whose_marks_are_mostly_false_is_believed_less() -> None:
    rng = np.random.default_rng(2)
    marks = [(site, bool(rng.random() < share)) for site, share in (("IPH", 0.8), ("SDH", 0.2)) for _ in range(80)]
    curve = fitted(said([Row(0.8, 1.0, true, n, site) for n, (site, true) in enumerate(marks)]), by_volume=True)
    assert curve.probability(0.8, 1.0, "IPH") == pytest.approx(0.8, abs=0.12)
    assert curve.probability(0.8, 1.0, "SDH") == pytest.approx(0.2, abs=0.12)


def test_a_curve_is_written_into_the_bundle(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    file = tmp_path / "configs/inference.json"
    file.write_text(json.dumps({"operating": {"_target_": "Operating", "threshold": 0.2}}))
    write(tmp_path, "scan", Calibration(0.5, -1.0))
    write(tmp_path, "lesion", Calibration(0.5, -1.0, 0.25, {"SDH": -2.00001}))
    operating = json.loads(file.read_text())["operating"]
    assert operating["threshold"] == 0.2
    assert operating["scan"] == {
        "_target_": "models.inference.calibration.Calibration",
        "scale": 0.5,
        "shift": -1.0,
        "per_log_ml": 0.0,
    }
    assert operating["lesion"]["per_site"] == {"SDH": -2.0}
