from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.assembly.recognise import recognise
from pipeline.domain.role import SeriesRole
from pipeline.inference.pixels_say import pixels_say
from pipeline.phantom import PhantomSeries, PhantomStudy, SeriesKind, datasets
from pipeline.volumes.build import build_volume
from pipeline.volumes.examine import Examined
from pipeline.volumes.source import read_header


def said(folder: Path, series: PhantomSeries) -> Examined:
    """What the pixels say of a phantom CT that names no contrast agent and has no description."""
    instances = []
    for k, image in enumerate(datasets(PhantomStudy(series=(series,)))):
        image.SeriesDescription, image.ContrastBolusAgent = "", ""
        image.save_as(folder / f"{k}.dcm", enforce_file_format=True)
        instances.append((folder / f"{k}.dcm", read_header(folder / f"{k}.dcm")))
    headers = [header for _, header in instances]
    return pixels_say(recognise(headers), headers, build_volume(instances))


def test_bright_vessels_in_a_head_called_plain_are_a_reservation_and_withhold_nothing(tmp_path: Path) -> None:
    seen = said(tmp_path, PhantomSeries(SeriesKind.CTA, images=24, spacing_mm=6.0, rows=128))
    assert seen.recognition.role is SeriesRole.NCCT
    assert seen.recognition.confidence == 0.5
    assert seen.reservations[-1].startswith("may be cta: contrast-enhanced CT by its bright vessels")
    assert seen.recognition.reasons[-1] == seen.reservations[-1]


def test_a_plain_head_is_confirmed(tmp_path: Path) -> None:
    seen = said(tmp_path, PhantomSeries(images=20, spacing_mm=8.0, rows=128))
    assert seen.recognition.role is SeriesRole.NCCT
    assert seen.recognition.confidence == pytest.approx(0.95)
    assert seen.reservations == ()
