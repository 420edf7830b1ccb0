from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest

from pipeline.domain.analysis import AnalysisState
from pipeline.domain.errors import OutsideDeclaredInputs
from pipeline.domain.finding import FindingKind, Side
from pipeline.domain.ports import Lesion, Prediction, Step
from pipeline.domain.report import SeriesReport
from pipeline.domain.role import SeriesRole
from pipeline.domain.rules import reservation_rules
from pipeline.domain.volume import Volume
from pipeline.inference.analyse import Asked, analyse_series
from pipeline.inference.ready import NO_MODEL, ReadyModel, ReadyModels
from pipeline.results.mask_file import read_mask
from pipeline.testing.head_series import HeadSeries, write_head_series

BLEEDING = HeadSeries(blood_mm=(40.0, 10.0, 0.0))


class DenseBlood:
    """A real, tiny predictor: everything from 60 to 90 HU is one haemorrhage."""

    def steps(self, volume: Volume, companions: object = None) -> Iterator[Step | Prediction]:
        yield Step("threshold", 0.5)
        labels = ((volume.voxels > 60) & (volume.voxels < 90)).astype(np.uint8)
        lesions = (Lesion(1, FindingKind.HAEMORRHAGE, 0.9),) if labels.any() else ()
        yield Prediction(labels, lesions, 0.9 if lesions else 0.1, "dense", "1.2.3", flags=("a test model",))


class Raises:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def steps(self, volume: Volume, companions: object = None) -> Iterator[Step | Prediction]:
        yield Step("begin", 0.1)
        raise self._error


def models(predictor: object, *, baseline: bool = False) -> ReadyModels:
    return ReadyModels((ReadyModel("dense", "1.2.3", SeriesRole.NCCT, baseline, predictor),))  # type: ignore[arg-type]


def report_of(files: list[Path], ready: ReadyModels, out: Path) -> SeriesReport:
    *steps, report = analyse_series(Asked(files, out), ready)
    assert all(isinstance(step, Step) for step in steps)
    assert isinstance(report, SeriesReport)
    return report


def test_a_bleeding_is_found_with_its_volume_and_the_patients_side(tmp_path: Path) -> None:
    files = write_head_series(tmp_path / "in", BLEEDING)
    report = report_of(files, models(DenseBlood()), tmp_path / "out")
    assert report.state is AnalysisState.ANALYSED
    assert report.recognition.role is SeriesRole.NCCT
    assert (report.bundle, report.bundle_version, report.scan_probability) == ("dense", "1.2.3", 0.9)
    assert [finding.side for finding in report.findings] == [Side.LEFT]
    assert report.findings[0].volume_ml == pytest.approx(4 / 3 * np.pi * 18**3 / 1000, rel=0.15)
    assert report.coverage is not None
    assert report.coverage.images == 19
    assert not report.coverage.provisional
    assert {"read", "volume", "model", "measure", "total"} <= set(report.seconds)
    assert report.flags == ("a test model",)
    assert report.reservations == ("a test model",)
    assert report.rules == reservation_rules().name


def test_the_mask_lies_on_the_source_slices(tmp_path: Path) -> None:
    files = write_head_series(tmp_path / "in", BLEEDING)
    report = report_of(files, models(DenseBlood()), tmp_path / "out")
    mask = read_mask(Path(report.mask_path or ""))
    for k, uid in enumerate(mask.SOPInstanceUIDs):
        source = next(one for file in files if (one := pydicom.dcmread(file)).SOPInstanceUID == uid)
        assert np.array_equal(mask.labels[k] > 0, source.pixel_array == 75)


def test_without_a_model_for_its_role_a_series_is_not_analysed_because(tmp_path: Path) -> None:
    files = write_head_series(tmp_path, HeadSeries(tags={"ContrastBolusAgent": "IOMERON", "SliceThickness": 1}))
    report = report_of(files, models(DenseBlood()), tmp_path / "out")
    assert report.recognition.role is SeriesRole.CTA
    assert (report.state, report.why) == (AnalysisState.NOT_ANALYSED, "no model for this role yet")


def test_a_bundle_that_could_not_be_loaded_is_named(tmp_path: Path) -> None:
    files = write_head_series(tmp_path, BLEEDING)
    report = report_of(files, ReadyModels((), {SeriesRole.NCCT: "the model cannot be loaded"}), tmp_path / "out")
    assert (report.state, report.why) == (AnalysisState.NOT_ANALYSED, "the model cannot be loaded")


def test_a_trained_model_is_preferred_and_a_baseline_says_what_it_is(tmp_path: Path) -> None:
    rule = models(DenseBlood(), baseline=True).models[0]
    trained = models(DenseBlood()).models[0]
    assert ReadyModels((rule, trained)).for_role(SeriesRole.NCCT) is trained
    report = report_of(write_head_series(tmp_path, BLEEDING), ReadyModels((rule,)), tmp_path / "out")
    assert "rule-based baseline, not a trained model" in report.flags


def test_what_a_model_declares_it_cannot_read_is_not_analysed(tmp_path: Path) -> None:
    refusing = models(Raises(OutsideDeclaredInputs("slices of 40 mm are too thick")))
    report = report_of(write_head_series(tmp_path, BLEEDING), refusing, tmp_path / "out")
    assert (report.state, report.why) == (AnalysisState.NOT_ANALYSED, "slices of 40 mm are too thick")


@pytest.mark.parametrize("error", [RuntimeError("CUDA"), MemoryError(), ValueError("shape"), KeyError("x")])
def test_a_model_that_raises_is_a_failure_in_a_sentence(tmp_path: Path, error: Exception) -> None:
    report = report_of(write_head_series(tmp_path, BLEEDING), models(Raises(error)), tmp_path / "out")
    assert report.state is AnalysisState.FAILED
    assert report.why.startswith("the model failed (")


def test_half_a_head_is_provisional(tmp_path: Path) -> None:
    files = write_head_series(tmp_path, HeadSeries(along_mm=tuple(np.arange(-30.0, 31, 6))))
    report = report_of(files, models(DenseBlood()), tmp_path / "out")
    assert report.coverage is not None
    assert report.coverage.sentence == "provisional, 11 images, from -30 to 30 mm"


def test_fewer_images_than_the_header_promises_is_provisional(tmp_path: Path) -> None:
    files = write_head_series(tmp_path, HeadSeries(tags={"ImagesInAcquisition": 40}))
    report = report_of(files, models(DenseBlood()), tmp_path / "out")
    assert report.coverage is not None
    assert report.coverage.sentence.startswith("provisional, 19 of 40 images")


def test_files_that_are_not_dicom_fail_in_a_sentence(tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish.dcm"
    rubbish.write_bytes(b"not DICOM")
    report = report_of([rubbish], models(DenseBlood()), tmp_path / "out")
    assert report.state is AnalysisState.FAILED
    assert report.why == "none of the 1 images can be read: This is not a DICOM file."


def test_one_unreadable_file_among_others_is_noted_and_makes_the_result_provisional(tmp_path: Path) -> None:
    files = write_head_series(tmp_path, BLEEDING)
    files[0].write_bytes(files[0].read_bytes()[:200])
    report = report_of(files, models(DenseBlood()), tmp_path / "out")
    assert report.state is AnalysisState.ANALYSED
    assert report.coverage is not None
    assert report.coverage.provisional
    assert any("of 19 " in note for note in report.notes)


def test_a_result_that_cannot_be_written_is_a_failure_that_says_so(tmp_path: Path) -> None:
    in_the_way = tmp_path / "out"
    in_the_way.write_text("a file where the folder should be")
    report = report_of(write_head_series(tmp_path / "in", BLEEDING), models(DenseBlood()), in_the_way)
    assert (report.state, report.why) == (AnalysisState.FAILED, "the mask could not be written (File exists)")


def test_no_images_at_all_is_a_failure_not_silence(tmp_path: Path) -> None:
    assert report_of([], models(DenseBlood()), tmp_path).state is AnalysisState.FAILED


def test_the_sentence_for_a_missing_model_is_the_one_the_desk_knows() -> None:
    assert NO_MODEL == "no model for this role yet"
