"""Diffusion is read with its companions: b0 and ADC from the same series, or from others of the study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from pipeline.domain.analysis import AnalysisState
from pipeline.domain.finding import FindingKind, Side
from pipeline.domain.ports import NO_COMPANIONS, Lesion, Prediction, Step
from pipeline.domain.report import SeriesReport
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume, VoxelUnit
from pipeline.inference.analyse import Asked, analyse_series
from pipeline.inference.ready import NO_MODEL, READ_TOGETHER, ReadyModel, ReadyModels
from pipeline.phantom import PhantomSeries, PhantomStudy, write_study
from pipeline.phantom.spec import SeriesKind

DWI = PhantomSeries(SeriesKind.DWI, images=12, spacing_mm=10.0, rows=64, bottom_mm=-32.0)


class BrightAndSlow:
    """A small rule for diffusion: bright on the weighted image where ADC is low."""

    def __init__(self) -> None:
        self.given: Mapping[SeriesRole, Volume] = {}

    def steps(
        self, volume: Volume, companions: Mapping[SeriesRole, Volume] = NO_COMPANIONS
    ) -> Iterator[Step | Prediction]:
        self.given = dict(companions)
        yield Step("looked", 0.5)
        adc = companions[SeriesRole.ADC]
        bright = volume.voxels > 1.35 * np.median(volume.voxels[volume.voxels > 0.2 * volume.voxels.max()])
        labels = (bright & (adc.voxels > 200) & (adc.voxels < 620)).astype(np.uint8)
        yield Prediction(labels, (Lesion(1, FindingKind.INFARCT, 0.8),) if labels.any() else (), 0.8, "slow", "1.0.0")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Mapping[SeriesKind, list[Path]]:
    """The files of a diffusion series (b = 0 and 1000) and of its ADC map."""
    spec = PhantomStudy(series=(DWI, replace(DWI, kind=SeriesKind.ADC)), infarct_ml=40.0)
    found: dict[SeriesKind, list[Path]] = {SeriesKind.DWI: [], SeriesKind.ADC: []}
    for file in write_study(spec, tmp_path_factory.mktemp("diffusion")):
        header = pydicom.dcmread(file, stop_before_pixels=True)
        found[SeriesKind.ADC if "ADC" in header.ImageType else SeriesKind.DWI].append(file)
    return found


def ready(predictor: BrightAndSlow) -> ReadyModels:
    companions, needs = (SeriesRole.ADC, SeriesRole.B0), ((SeriesRole.ADC, SeriesRole.B0),)
    model = ReadyModel(
        "slow", "1.0.0", SeriesRole.DWI, baseline=False, predictor=predictor, companions=companions, needs_one_of=needs
    )
    return ReadyModels((model,))


def report_of(asked: Asked, models: ReadyModels) -> SeriesReport:
    *_, report = analyse_series(asked, models)
    assert isinstance(report, SeriesReport)
    return report


def weighted_only(files: list[Path]) -> list[Path]:
    return [file for file in files if pydicom.dcmread(file, stop_before_pixels=True).DiffusionBValue > 0]


def test_the_weighted_images_are_read_with_the_map_of_another_series(
    study: Mapping[SeriesKind, list[Path]], tmp_path: Path
) -> None:
    predictor = BrightAndSlow()
    asked = Asked(study[SeriesKind.DWI], tmp_path, companions=[study[SeriesKind.ADC]])
    report = report_of(asked, ready(predictor))
    assert report.state is AnalysisState.ANALYSED
    assert set(report.companions) == {SeriesRole.ADC, SeriesRole.B0}
    assert report.findings[0].kind is FindingKind.INFARCT
    assert report.findings[0].side is Side.RIGHT
    assert report.coverage is not None
    assert report.coverage.images == len(study[SeriesKind.DWI])


def test_without_a_map_the_adc_is_computed_from_the_b0_of_the_same_series(
    study: Mapping[SeriesKind, list[Path]], tmp_path: Path
) -> None:
    predictor = BrightAndSlow()
    report = report_of(Asked(study[SeriesKind.DWI], tmp_path), ready(predictor))
    assert report.state is AnalysisState.ANALYSED
    assert "ADC computed from b=0 and b=1000 images" in report.notes
    assert predictor.given[SeriesRole.ADC].unit is VoxelUnit.ADC_1E6_MM2_S
    brain = predictor.given[SeriesRole.ADC].voxels
    assert 600 < np.median(brain[brain > 0]) < 1200
    assert any(found.side is Side.RIGHT for found in report.findings)


def test_without_map_and_b0_it_is_not_analysed_and_says_what_it_waits_for(
    study: Mapping[SeriesKind, list[Path]], tmp_path: Path
) -> None:
    report = report_of(Asked(weighted_only(study[SeriesKind.DWI]), tmp_path), ready(BrightAndSlow()))
    assert report.state is AnalysisState.NOT_ANALYSED
    assert report.why == "no ADC map or b=0 images have arrived"


def test_a_map_by_itself_answers_that_it_is_read_together(
    study: Mapping[SeriesKind, list[Path]], tmp_path: Path
) -> None:
    report = report_of(Asked(study[SeriesKind.ADC], tmp_path), ready(BrightAndSlow()))
    assert (report.recognition.role, report.why) == (SeriesRole.ADC, READ_TOGETHER)
    assert report_of(Asked(study[SeriesKind.ADC], tmp_path), ReadyModels()).why == NO_MODEL


def test_images_of_another_frame_of_reference_are_not_companions(
    study: Mapping[SeriesKind, list[Path]], tmp_path: Path
) -> None:
    elsewhere = []
    for file in study[SeriesKind.ADC]:
        moved = pydicom.dcmread(file)
        moved.FrameOfReferenceUID = "1.2.3.4"
        moved.save_as(tmp_path / file.name)
        elsewhere.append(tmp_path / file.name)
    asked = Asked(weighted_only(study[SeriesKind.DWI]), tmp_path / "out", companions=[elsewhere])
    assert report_of(asked, ready(BrightAndSlow())).why == "no ADC map or b=0 images have arrived"
