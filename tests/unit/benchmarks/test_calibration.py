from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.calibration import Said, error, fitted, judged, present, write
from models.inference.calibration import Calibration


def said_by_a_boaster(count: int = 400) -> Said:
    """Scores whose logits are three times too sure and one too high; what is larger is truer."""
    rng = np.random.default_rng(5)
    true_logits, sizes = rng.normal(0, 1.5, count), rng.normal(0, 1, count)
    truth = rng.random(count) < 1 / (1 + np.exp(-(true_logits + 0.8 * sizes)))
    return Said(3 * true_logits + 1, sizes, truth.astype(float))


def test_a_fit_undoes_what_was_overstated() -> None:
    said = said_by_a_boaster()
    curve = fitted(said, by_volume=True)
    assert curve.scale == pytest.approx(1 / 3, rel=0.3)
    assert curve.per_log_ml == pytest.approx(0.8, rel=0.4)
    assert error(said, curve) < 0.07 < error(said, Calibration())


def test_volume_stays_out_where_it_is_not_asked_for() -> None:
    assert fitted(said_by_a_boaster(), by_volume=False).per_log_ml == 0


def test_a_half_is_judged_by_the_curve_of_the_other() -> None:
    found = judged(said_by_a_boaster(), by_volume=True)
    assert found["count"] == 400
    assert 0 < found["error"] < 0.12


def test_a_curve_is_written_into_the_bundle_and_read_back(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    file = tmp_path / "configs/inference.json"
    file.write_text(json.dumps({"operating": {"_target_": "Operating", "threshold": 0.2}}))
    assert present(tmp_path, "scan") == Calibration()
    write(tmp_path, "scan", Calibration(0.5, -1.0))
    assert present(tmp_path, "scan") == Calibration(0.5, -1.0)
    assert json.loads(file.read_text())["operating"]["threshold"] == 0.2
