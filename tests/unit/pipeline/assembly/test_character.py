from __future__ import annotations

import pydicom
import pytest

from pipeline.assembly.character import characterise, kernel_of
from pipeline.domain.role import SeriesRole


def slices(count: int = 30, **tags: object) -> list[pydicom.Dataset]:
    made = []
    for k in range(count):
        header = pydicom.Dataset()
        header.Modality, header.ImageType = "CT", ["ORIGINAL", "PRIMARY", "AXIAL"]
        header.ImageOrientationPatient, header.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, 5 * k]
        header.PixelSpacing, header.SliceThickness, header.Columns, header.Rows = [0.45, 0.45], 5, 512, 512
        for keyword, value in tags.items():
            setattr(header, keyword, value)
        made.append(header)
    return made


@pytest.mark.parametrize(
    ("name", "kernel"),
    [
        ("H30s", "soft"), ("Hr38h", "soft"), ("J40s", "soft"), ("H60s", "bone"), ("Hr59f", "bone"), ("J70h", "bone"),
        ("STANDARD", "soft"),
        ("STD+", "soft"), ("SOFT", "soft"), ("BONEPLUS", "bone"), ("EDGE", "bone"), ("UB", "soft"), ("YB", "bone"),
        ("D", "bone"), ("FC26", "soft"), ("FC64", "soft"), ("FC30", "bone"), ("FC81", "bone"), ("B_SOFT_B", "soft"),
        ("H_SHARP_C", "bone"), ("", "unknown"), ("XYZ", "unknown"),
    ],
)  # fmt: skip
def test_every_makers_kernel_names_are_understood(name: str, kernel: str) -> None:
    assert kernel_of(name) == kernel


def test_the_facts_of_a_plain_head_come_with_their_evidence() -> None:
    character = characterise(slices(ConvolutionKernel="H30s"), SeriesRole.NCCT)
    assert (character.images, character.thickness_mm, character.extent_mm) == (30, 5, 145)
    assert (character.contrast, character.whole_head, character.original) == (False, True, True)
    assert character.reasons == (
        "soft kernel (ConvolutionKernel H30S)",
        "slices over 145 mm, enough for a whole head",
    )


def test_half_a_head_and_a_reformat_are_said() -> None:
    half = characterise(slices(10), SeriesRole.NCCT)
    assert half.whole_head is False
    assert not characterise(slices(ImageType=["DERIVED", "SECONDARY", "MPR"]), SeriesRole.NCCT).original


@pytest.mark.parametrize(
    ("tags", "phase"),
    [
        ({"ContrastBolusStartTime": "101500", "AcquisitionTime": "101520"}, "arterial"),
        ({"ContrastBolusStartTime": "101500", "AcquisitionTime": "101600"}, "venous"),
        ({"ContrastBolusStartTime": "101500", "AcquisitionTime": "102000"}, "delayed"),
        ({"ContrastBolusVolume": 60, "SeriesDescription": "TEMPS TARDIF"}, "delayed"),
        ({"ContrastBolusVolume": 60, "SeriesDescription": "TSA ARTERIEL"}, "arterial"),
        ({"ContrastBolusVolume": 60}, ""),
        ({"SeriesDescription": "TSA ARTERIEL"}, ""),
    ],
)
def test_the_phase_comes_from_the_clock_and_only_then_from_words(tags: dict[str, object], phase: str) -> None:
    role = SeriesRole.CTA if len(tags) > 1 or "ContrastBolusVolume" in tags else SeriesRole.NCCT
    assert characterise(slices(**tags), role).phase == phase
