"""Faults of pixel decoders, tried on ours: a lie in a header ends in a sentence, and takes no memory."""

from __future__ import annotations

import struct
from pathlib import Path

import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, RLELossless

from pipeline.domain.errors import TooLarge
from pipeline.domain.role import SeriesRole
from pipeline.inference.analyse import Asked, analyse_series
from pipeline.inference.ready import ReadyModel, ReadyModels
from pipeline.testing.head_series import HeadSeries, write_head_series
from pipeline.volumes.limits import check_frame, check_series

SMALL = HeadSeries(along_mm=(0, 8, 16), rows=16, columns=20, pixel_mm=10)


class _Never:
    def steps(self, volume: object, companions: object = None) -> object:
        raise AssertionError("a model was asked about pixels that are not there")


MODELS = ReadyModels((ReadyModel("never", "1", SeriesRole.NCCT, False, _Never()),))  # type: ignore[arg-type]

J2K_SIZES = (
    b"\xff\x4f\xff\x51" + struct.pack(">HHLLLLLLLLH", 41, 0, 2**31, 2**31, 0, 0, 2**31, 2**31, 0, 0, 1) + b"\x0f\1\1"
)

LIES = {
    "cve_2026_5441 a run length header that points outside": (RLELossless, b"\xff" * 64),
    "cve_2026_5442 run lengths without end": (RLELossless, struct.pack("<16L", 2, 64, 66, *[0] * 13) + b"\x81\0" * 9),
    "a JPEG 2000 of 4 million terapixels": (JPEG2000Lossless, J2K_SIZES),
    "cve_2026_3650 a stream of noise": (JPEG2000Lossless, bytes(range(256))),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LIES)
def test_a_decoder_that_is_lied_to_ends_in_a_reason(tmp_path: Path, name: str) -> None:
    syntax, pixels = LIES[name]
    files = write_head_series(tmp_path, SMALL)
    for file in files:
        image = pydicom.dcmread(file)
        image.PixelData = encapsulate([pixels])
        image["PixelData"].VR, image["PixelData"].is_undefined_length = "OB", True
        image.file_meta.TransferSyntaxUID = syntax
        image.save_as(file)
    *_, report = analyse_series(Asked(files, tmp_path / "out"), MODELS)
    assert report.state != "analysed"
    assert report.why


@pytest.mark.filterwarnings("ignore")
def test_cve_2026_5443_a_palette_without_its_table_ends_in_a_reason(tmp_path: Path) -> None:
    files = write_head_series(tmp_path, SMALL)
    for file in files:
        image = pydicom.dcmread(file)
        image.PhotometricInterpretation = "PALETTE COLOR"
        image.add_new(0x0028_1101, "US", [65535, 0, 16])  # Red Palette Color Lookup Table Descriptor
        image.save_as(file)
    *_, report = analyse_series(Asked(files, tmp_path / "out"), MODELS)
    assert report.state != "analysed"
    assert report.why


@pytest.mark.parametrize(("rows", "columns"), [(65_535, 65_535), (1, 2**31)])
def test_giant_dimensions_are_refused_before_anything_is_taken(rows: int, columns: int) -> None:
    with pytest.raises(TooLarge):
        check_frame(rows, columns)
    with pytest.raises(TooLarge):
        check_series(512, 512, 2**31)
