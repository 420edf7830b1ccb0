"""Several bundles over one volume: one decides, the others are shown; memory runs out; scans are flagged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.domain.analysis import AnalysisState
from pipeline.domain.errors import NotAnalysable
from pipeline.domain.finding import FindingKind
from pipeline.domain.ports import Lesion, Prediction, Predictor, Step
from pipeline.domain.report import SeriesReport
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume
from pipeline.inference.analyse import SAID_BY_A_PERSON, Asked, analyse_series
from pipeline.inference.ready import ReadyModel, ReadyModels
from pipeline.results.mask_file import read_mask
from pipeline.testing.head_series import HeadSeries, write_head_series

BLEEDING = HeadSeries(blood_mm=(40.0, 10.0, 0.0))


class Between:
    """Marks everything between two densities as one lesion of a kind."""

    def __init__(self, name: str, kind: FindingKind, low: float, high: float, **says: object) -> None:
        self._name, self._kind, self._low, self._high, self._says = name, kind, low, high, says

    def steps(self, volume: Volume, companions: object = None) -> Iterator[Step | Prediction]:
        yield Step("looked", 0.5)
        labels = ((volume.voxels > self._low) & (volume.voxels < self._high)).astype(np.uint8)
        lesions = (Lesion(1, self._kind, 0.9),) if labels.any() else ()
        yield replace(Prediction(labels, lesions, 0.9, self._name, "1.0.0"), **self._says)  # type: ignore[arg-type]


class RunsOutOfMemory:
    def steps(self, volume: Volume, companions: object = None) -> Iterator[Step | Prediction]:
        yield Step("begin", 0.1)
        raise MemoryError


class Refuses:
    def steps(self, volume: Volume, companions: object = None) -> Iterator[Step | Prediction]:
        yield Step("begin", 0.1)
        raise NotAnalysable("slices too thick")


BLOOD = Between("blood", FindingKind.HAEMORRHAGE, 60, 90)
DARK = Between("dark", FindingKind.EARLY_ISCHAEMIA, 20, 90)


def model(name: str, predictor: Predictor, *, for_triage: bool = True) -> ReadyModel:
    return ReadyModel(name, "1.0.0", SeriesRole.NCCT, baseline=False, predictor=predictor, for_triage=for_triage)


def said(folder: Path, *models: ReadyModel, series: HeadSeries = BLEEDING) -> list[SeriesReport]:
    files = write_head_series(folder / "in", series)
    answers = analyse_series(Asked(files, folder / "out"), ReadyModels(models))
    return [answer for answer in answers if isinstance(answer, SeriesReport)]


def test_one_bundle_decides_the_other_is_shown_and_each_finding_says_whose_it_is(tmp_path: Path) -> None:
    interim, whole = said(tmp_path, model("dark", DARK, for_triage=False), model("blood", BLOOD))
    assert whole.bundle == "blood"
    assert [(f.bundle, f.kind, f.for_triage) for f in whole.findings] == [
        ("blood", FindingKind.HAEMORRHAGE, True),
        ("dark", FindingKind.EARLY_ISCHAEMIA, False),
    ]
    assert [(result.bundle, result.for_triage) for result in whole.results] == [("blood", True), ("dark", False)]
    assert (interim.interim, whole.interim) == (True, False)
    assert [f.bundle for f in interim.findings] == ["blood"]


def test_both_bundles_lie_in_one_mask_and_the_deciding_one_keeps_what_both_mark(tmp_path: Path) -> None:
    whole = said(tmp_path, model("blood", BLOOD), model("dark", DARK, for_triage=False))[-1]
    mask = read_mask(Path(whole.mask_path or ""))
    blood, dark = whole.findings
    assert {blood.label, dark.label} == {1, 2}
    assert set(np.unique(mask.labels)) <= {0, 1, 2}
    assert (mask.labels == 1).any()
    assert (mask.labels == 2).any()


@pytest.mark.parametrize(
    ("shown", "state"), [(Refuses(), AnalysisState.NOT_ANALYSED), (RunsOutOfMemory(), AnalysisState.FAILED)]
)
def test_what_is_only_shown_spoils_nothing_when_it_fails(
    tmp_path: Path, shown: Predictor, state: AnalysisState
) -> None:
    whole = said(tmp_path, model("blood", BLOOD), model("shown", shown, for_triage=False))[-1]
    assert whole.state is AnalysisState.ANALYSED
    assert whole.results[1].state is state
    assert [f.bundle for f in whole.findings] == ["blood"]


def test_out_of_memory_is_tried_with_less_and_says_so(tmp_path: Path) -> None:
    short = replace(model("blood", RunsOutOfMemory()), fallbacks=(RunsOutOfMemory, lambda: BLOOD))
    (report,) = said(tmp_path, short)
    assert report.state is AnalysisState.ANALYSED
    assert report.findings
    assert "out of memory at first; done again with less of it at once" in report.reservations


def test_out_of_memory_everywhere_is_a_failure_that_says_so(tmp_path: Path) -> None:
    short = replace(model("blood", RunsOutOfMemory()), fallbacks=(RunsOutOfMemory, RunsOutOfMemory))
    (report,) = said(tmp_path, short)
    assert report.state is AnalysisState.FAILED
    assert report.why == "out of memory, in smaller pieces and on the processor too"


def test_a_scan_unlike_the_training_is_not_analysed_unless_something_was_seen(tmp_path: Path) -> None:
    unlike = Between("blood", FindingKind.HAEMORRHAGE, 60, 90, out_of_distribution=0.97)
    (nothing,) = said(tmp_path / "a", model("blood", unlike), series=HeadSeries())
    assert nothing.state is AnalysisState.NOT_ANALYSED
    assert nothing.why.startswith("these images are unlike what the model was taught")
    (seen,) = said(tmp_path / "b", model("blood", unlike))
    assert seen.state is AnalysisState.ANALYSED
    assert seen.reservations[0].startswith("these images are unlike")
    assert seen.results[0].out_of_distribution == 0.97


def test_a_person_s_word_on_the_role_stands_above_the_headers(tmp_path: Path) -> None:
    files = write_head_series(tmp_path / "in", replace(BLEEDING, tags={"ContrastBolusAgent": "IOMERON"}))
    asked = Asked(files, tmp_path / "out", role=SeriesRole.NCCT)
    *_, report = analyse_series(asked, ReadyModels((model("blood", BLOOD),)))
    assert isinstance(report, SeriesReport)
    assert (report.recognition.role, report.recognition.reason) == (SeriesRole.NCCT, SAID_BY_A_PERSON)
    assert report.state is AnalysisState.ANALYSED
