from __future__ import annotations

import io
import json
import math
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.accuracy import figures, pictures, real, report
from benchmarks.accuracy.figures import Goal, Row
from benchmarks.accuracy.metrics import Interval
from benchmarks.accuracy.run import Entry, evaluate
from benchmarks.accuracy.scoring import Case, Notebook, Score, from_line, score, to_line
from benchmarks.accuracy.tasks import ROWS
from pipeline.domain.finding import FindingKind, HaemorrhageSite
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.ports import Lesion, Prediction
from pipeline.domain.volume import Volume, VoxelUnit

FIVE_MM = PatientFromVoxel(np.diag([1.0, 1.0, 5.0, 1.0]))
SUBDURAL = 4


def case_of(name: str = "one", *, sort: str = "lesion", truth: bool = True) -> Case:
    """A block of 2 x 10 x 12 voxels of subdural blood: 1.2 mL."""
    labels = np.zeros((4, 32, 32), np.uint8)
    if truth:
        labels[1:3, 5:15, 5:17] = SUBDURAL
    return Case(
        name, sort, Volume(np.full(labels.shape, 30, np.int16), FIVE_MM, VoxelUnit.HU), labels, knows_sites=True
    )


def said_of(labels: np.ndarray, probability: float = 0.9) -> Prediction:
    site = HaemorrhageSite.SUBDURAL
    lesions = tuple(Lesion(int(n), FindingKind.HAEMORRHAGE, 0.8, site) for n in np.unique(labels) if n)
    return Prediction(labels, lesions, probability, "bundle", "1.0.0")


class HalfReader:
    """Marks the upper half of what is there, and counts how often it was asked."""

    title, signature = "half 1.0.0", "half-1"

    def __init__(self) -> None:
        self.asked = 0

    def can_read(self, case: Case) -> bool:
        return case.sort != "unreadable"

    def read(self, case: Case) -> Prediction:
        self.asked += 1
        labels = (case.truth > 0).astype(np.uint8)
        labels[2:] = 0
        return said_of(labels)


def scored() -> Score:
    return score(case_of(), said_of((case_of().truth > 0).astype(np.uint8)))


def test_a_score_holds_volumes_sites_and_what_was_met() -> None:
    one = score(case_of(), HalfReader().read(case_of()))
    assert one.dice == pytest.approx(2 / 3)
    assert (one.truth_ml, one.said_ml, one.truth_cm2) == (pytest.approx(1.2), pytest.approx(0.6), pytest.approx(1.2))
    assert one.lesion_met == (True,)
    assert one.main_site == "SDH"
    assert one.sites["SDH"].covered_ml == one.sites["SDH"].named_ml == pytest.approx(0.6)


def test_a_score_comes_back_from_its_line() -> None:
    one = scored()
    assert from_line(to_line(one)) == one


def test_a_run_that_was_cut_short_asks_only_for_what_is_missing(tmp_path: Path) -> None:
    entries = [Entry(name, lambda name=name: case_of(name)) for name in ("a", "b")]  # type: ignore[misc]
    log, reader = io.StringIO(), HalfReader()
    evaluate([reader], entries[:1], tmp_path, log)
    with (tmp_path / "half-1.jsonl").open("a") as lines:
        lines.write('{"name": "b", "sort": "les')  # the machine stopped here
    both = evaluate([reader], entries, tmp_path, log)["half-1"]
    assert [one.name for one in both] == ["a", "b"]
    assert reader.asked == 2
    assert len(list(Notebook(tmp_path / "half-1.jsonl").of(["lesion"]))) == 2


def test_a_reader_is_not_asked_what_it_cannot_read() -> None:
    reader = HalfReader()
    scores = evaluate([reader], [Entry("x", lambda: case_of("x", sort="unreadable"))], None, io.StringIO())
    assert scores == {"half-1": []}
    assert reader.asked == 0


@pytest.mark.parametrize("task", list(ROWS))
def test_every_figure_of_every_task_can_be_asked_of_nothing_and_of_little(task: str) -> None:
    perfect = (case_of().truth > 0).astype(np.uint8)
    few = [score(case_of("a"), said_of(perfect)), score(case_of("b", sort="real"), said_of(perfect))]
    few.append(score(case_of("c", sort="normal", truth=False), said_of(np.zeros_like(perfect), 0.1)))
    for row in ROWS[task]:
        assert row.figure([]) is None
        found = row.figure(few)
        assert found is None or not math.isnan(found.value)
    table = report.table(ROWS[task], [("half 1.0.0", few)])
    assert "| real" in table
    assert "met" in table


def test_a_goal_is_met_or_named_as_not_met() -> None:
    rows = [
        Row("good", lambda _: Interval(0.8, 0.7, 0.9, 10), Goal("≥", 0.75)),
        Row("bad", lambda _: Interval(0.9, 0.8, 1.0, 10), Goal("≥", 0.95), share=True),
        Row("unknown", lambda _: None),
    ]
    lines = report.table(rows, [("bundle", [])]).splitlines()
    assert lines[2] == "| good | ≥ 0.75, met | 0.80 [0.70, 0.90], 10 |"
    assert lines[3] == "| bad | ≥ 95%, **not met** | 90% [80%, 100%], 10 |"
    assert len(lines) == 4


def test_a_section_names_the_command_without_the_folders_of_the_machine() -> None:
    arguments = ["ich-ct", "--cases", "/home/x/bhsd", "--results", "/tmp/y", "--frozen", "40", "--write-card"]
    text = report.section("table", arguments, date(2026, 11, 22))
    assert text.startswith("`python -m benchmarks.accuracy ich-ct --cases CASES --frozen 40`, 2026-11-22, ")
    assert "/home" not in text
    assert "/tmp" not in text


def test_a_generated_part_replaces_only_itself() -> None:
    before = "# Card\n\n<!-- figures -->\nold\n<!-- end -->\n\n## Limits\n"
    assert report.replaced(before, "figures", "new") == "# Card\n\n<!-- figures -->\nnew\n<!-- end -->\n\n## Limits\n"
    assert report.replaced("# Card\n", "figures", "new") == "# Card\n\n<!-- figures -->\nnew\n<!-- end -->\n"


def test_strata_and_showers_keep_to_themselves() -> None:
    one = scored()
    assert figures.between_ml(1, 5)([one]) == [one]
    assert figures.between_ml(5, 20)([one]) == []
    assert figures.of_sort("shower")([one]) == []


def test_slices_with_coloured_masks_are_read_with_their_sites(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    Image.fromarray(np.full((6, 8), 40, np.uint8)).save(tmp_path / "images/120018.png")
    mask = np.zeros((6, 8, 3), np.uint8)
    mask[1, 2] = (0, 0, 255)
    mask[3, 4] = (0, 255, 0)
    Image.fromarray(mask).save(tmp_path / "masks/120018.png")
    (case,) = real.haemorrhage_slices(tmp_path)
    assert (case.truth[0, 1, 2], case.truth[0, 3, 4], int((case.truth > 0).sum())) == (1, SUBDURAL, 2)
    assert (case.patient, case.volume.shape_kji) == ("120", (1, 6, 8))
    (ischaemic,) = real.ischaemia_slices(tmp_path)
    assert int(ischaemic.truth.sum()) == 2
    (negative,) = real.slices_without_blood(tmp_path)
    assert not negative.truth.any()


def test_the_worst_cases_are_drawn_small(tmp_path: Path) -> None:
    reader, entry = HalfReader(), Entry("one", case_of)
    scores = evaluate([reader], [entry], None, io.StringIO())["half-1"]
    pictures.draw(pictures.worst_synthetic(scores), [entry], reader, tmp_path / "worst.png")
    with Image.open(tmp_path / "worst.png") as page:
        assert page.width > 300
    assert (tmp_path / "worst.png").stat().st_size < 200_000


def test_a_card_says_what_the_bundles_own_files_say(tmp_path: Path) -> None:
    for name in ("configs", "docs", "models"):
        (tmp_path / name).mkdir()
    operating = {"operating": {"threshold": 0.3, "peak": 0.6, "minimum_ml": 0.2}}
    (tmp_path / "configs/inference.json").write_text(json.dumps(operating))
    assert report.made_of(tmp_path).startswith("A lesion reaches out to a probability of 0.3, ")
    record = {"minutes": 30.0, "steps": 1200, "device": "cpu", "anatomies": ["a", "b"]}
    plan = {"plan": {"batch": 8, "filters": 16}}
    (tmp_path / "docs/training_record.json").write_text(json.dumps(record | plan))
    (tmp_path / "models/model.safetensors").write_bytes(bytes(2_000_000))
    said = report.made_of(tmp_path)
    assert "30 minutes of steps (1,200 of 8 slices, cpu)" in said
    assert "2 anatomies; 16 filters, 2.0 MB" in said
    operating["operating"] |= {"site_minimum_ml": {"IVH": 1.0, "SDH": 2.0}, "least_mean": 0.65}
    (tmp_path / "configs/inference.json").write_text(json.dumps(operating))
    assert report.made_of(tmp_path).endswith(
        "be 0.65 on average and be 0.2 mL large (in a whole head, IVH 1 mL and SDH 2 mL)."
    )
    (tmp_path / "docs/training_record.json").write_text(json.dumps(record | plan | {"mean_with": "the first weights"}))
    assert "of the first weights, and of what was trained on from them for 30 minutes" in report.made_of(tmp_path)
    card = tmp_path / "docs/README.md"
    report.write_section(card, "training", said)
    report.write_section(card, "training", "again")
    assert card.read_text() == "<!-- training -->\nagain\n<!-- end -->\n"
