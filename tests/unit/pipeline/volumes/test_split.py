from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedMRImageStorage, MRImageStorage

from pipeline.assembly.diffusion import Direction
from pipeline.domain.errors import NotAVolume
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import VoxelUnit
from pipeline.testing.odd_series import OddSeries, write_odd_series
from pipeline.volumes.build import build_volume
from pipeline.volumes.source import read_header
from pipeline.volumes.split import SubSeries, build_sub_series, companions, split

Instances = list[tuple[Path, pydicom.Dataset]]
Tell = Callable[[pydicom.Dataset, float, str], None]
"""Writes a b-value and a direction ("trace", "x", "y", "z" or "none") as one manufacturer does."""

SIGNAL = {"none": 900, "trace": 300, "x": 200, "y": 400, "z": 800}
GRADIENT = {"x": [1.0, 0.0, 0.0], "y": [0.0, 1.0, 0.0], "z": [0.0, 0.0, 1.0]}


def standard(header: pydicom.Dataset, b_value: float, direction: str) -> None:
    header.DiffusionBValue = b_value
    header.DiffusionDirectionality = "NONE" if direction == "none" else "ISOTROPIC"
    if direction in GRADIENT:
        header.DiffusionDirectionality, header.DiffusionGradientOrientation = "DIRECTIONAL", GRADIENT[direction]


def ge(header: pydicom.Dataset, b_value: float, direction: str) -> None:
    header.Manufacturer = "GE MEDICAL SYSTEMS"
    header.add_new((0x0043, 0x1039), "IS", [int(b_value) + 1_000_000_000, 8, 0, 0])
    header.add_new((0x0043, 0x1030), "SS", 15 if direction == "trace" else 14)
    for element, value in zip((0x10BB, 0x10BC, 0x10BD), GRADIENT.get(direction, [0.0] * 3), strict=True):
        header.add_new((0x0019, element), "DS", str(value))


def siemens(header: pydicom.Dataset, b_value: float, direction: str) -> None:
    header.Manufacturer = "SIEMENS"
    header.add_new((0x0019, 0x100C), "IS", str(int(b_value)))
    said = {"trace": "ISOTROPIC", "none": "NONE"}.get(direction, "DIRECTIONAL")
    header.add_new((0x0019, 0x100D), "CS", said)
    if direction in GRADIENT:
        header.add_new((0x0019, 0x100E), "FD", GRADIENT[direction])


def siemens_by_name(header: pydicom.Dataset, b_value: float, direction: str) -> None:
    mark = {"trace": "t", "none": "", "x": "#1", "y": "#2", "z": "#3"}[direction]
    header.Manufacturer, header.SequenceName = "SIEMENS", f"*ep_b{b_value:.0f}{mark}"


def philips(header: pydicom.Dataset, b_value: float, direction: str) -> None:
    header.Manufacturer = "Philips Medical Systems"
    header.add_new((0x2001, 0x1003), "FL", b_value)
    header.add_new((0x2001, 0x1004), "CS", {"trace": "I", "none": "N", "x": "P", "y": "M", "z": "S"}[direction])


def canon(header: pydicom.Dataset, b_value: float, direction: str) -> None:
    header.Manufacturer = "CANON_MEC"
    if b_value:
        header.DiffusionBValue = b_value
    vector = ",".join(f"{part:.3f}" for part in GRADIENT.get(direction, []))
    header.ImageComments = f"b={b_value:.0f}({vector})" if vector else f"b={b_value:.0f} ISOTROPIC"


def uih(header: pydicom.Dataset, b_value: float, direction: str) -> None:
    header.Manufacturer = "UIH"
    header.add_new((0x0065, 0x1009), "FD", b_value + 3.5 if b_value else 0.0)
    header.add_new((0x0065, 0x1037), "FD", GRADIENT.get(direction, [0.0] * 3))
    if direction == "trace":
        header.ImageType = ["DERIVED", "PRIMARY", "TRACEW"]


MAKERS: list[Tell] = [standard, ge, siemens, siemens_by_name, philips, canon, uih]


def diffusion(folder: Path, tell: Tell, images: list[tuple[float, str]]) -> Instances:
    """A series of three places with one image of each kind at each place, b0 first."""
    series = OddSeries(at=(-1, 0, 1), rows=8, columns=8, tags={"SOPClassUID": MRImageStorage, "Modality": "MR"})
    instances: Instances = []
    for turn, (b_value, direction) in enumerate(images):

        def edit(header: pydicom.Dataset, k: int, turn: int = turn, b: float = b_value, d: str = direction) -> None:
            header.ImageType = ["ORIGINAL", "PRIMARY", "M"]
            header.SOPInstanceUID = f"{header.SOPInstanceUID}.{turn}"
            header.InstanceNumber = 100 * turn + k
            header.PixelData = np.full((header.Rows, header.Columns), SIGNAL[d] + int(b) // 1000, "<i2").tobytes()
            tell(header, b, d)

        instances += [(file, read_header(file)) for file in write_odd_series(folder / str(turn), series, edit)]
    return instances


def told(subs: list[SubSeries]) -> list[tuple[str, float | None, str, int]]:
    return [(sub.role.value, sub.b_value, sub.direction.value, len(sub.stacks)) for sub in subs]


@pytest.mark.parametrize("tell", MAKERS)
def test_b0_and_trace_mixed_in_one_series_are_told_apart(tmp_path: Path, tell: Tell) -> None:
    subs = split(diffusion(tmp_path, tell, [(0, "none"), (1000, "trace")]))
    assert [(sub.role, sub.b_value, sub.images) for sub in subs] == [
        (SeriesRole.DWI, 1000, 3),
        (SeriesRole.B0, 0, 3),
    ]
    assert subs[0].direction is Direction.TRACE
    assert "b 1000" in subs[0].reason
    assert np.all(build_sub_series(subs[0]).volume.voxels == 301)
    assert np.all(build_sub_series(subs[1]).volume.voxels == 900)
    assert list(companions(subs)) == [SeriesRole.B0]


@pytest.mark.parametrize("tell", MAKERS)
def test_single_directions_become_one_trace_by_their_geometric_mean(tmp_path: Path, tell: Tell) -> None:
    subs = split(diffusion(tmp_path, tell, [(0, "none"), (1000, "x"), (1000, "y"), (1000, "z")]))
    assert told(subs) == [("dwi", 1000.0, "one", 3), ("b0", 0.0, "none", 1)]
    volume = build_sub_series(subs[0])
    assert volume.volume.voxels == pytest.approx((201 * 401 * 801) ** (1 / 3), rel=1e-3)
    assert "geometric mean of 3 directions" in volume.notes[-1]


@pytest.mark.parametrize("tell", MAKERS)
def test_the_scanners_own_trace_comes_before_directions_and_before_other_b_values(tmp_path: Path, tell: Tell) -> None:
    images = [(0.0, "none"), (1000.0, "x"), (1000.0, "y"), (3000.0, "trace"), (1000.0, "trace"), (200.0, "trace")]
    subs = split(diffusion(tmp_path, tell, images))
    assert told(subs)[0] == ("dwi", 1000.0, "trace", 1)
    assert told(subs)[-1][0] == "b0"
    assert [sub.b_value for sub in subs[:4]] == [1000, 1000, 3000, 200]


def test_the_volume_of_a_mixed_series_is_its_weighted_image_not_its_b0(tmp_path: Path) -> None:
    volume = build_volume(diffusion(tmp_path, standard, [(0, "none"), (1000, "trace")]))
    assert np.all(volume.volume.voxels == 301)
    assert volume.notes == ()


def test_repeats_without_a_direction_are_combined_as_directions(tmp_path: Path) -> None:
    def silent(header: pydicom.Dataset, b_value: float, _: str) -> None:
        header.Manufacturer = "Philips"
        header.add_new((0x2001, 0x1003), "FL", b_value)

    subs = split(diffusion(tmp_path, silent, [(0, "none"), (1000, "x"), (1000, "y"), (1000, "z")]))
    assert told(subs)[0] == ("dwi", 1000.0, "unknown", 3)


def test_an_adc_map_in_the_same_series_is_a_companion_in_known_units(tmp_path: Path) -> None:
    def with_map(header: pydicom.Dataset, b_value: float, direction: str) -> None:
        standard(header, b_value, direction)
        if direction == "z":
            header.ImageType = ["DERIVED", "PRIMARY", "ADC"]
            header.RescaleSlope = 0.001

    subs = split(diffusion(tmp_path, with_map, [(0, "none"), (1000, "trace"), (1000, "z")]))
    adc = build_sub_series(companions(subs)[SeriesRole.ADC])
    assert adc.volume.unit is VoxelUnit.ADC_1E6_MM2_S
    assert adc.volume.voxels == pytest.approx(801, abs=0.1)
    assert "multiplied by 1000" in adc.notes[-1]


def test_echoes_of_another_sequence_are_not_mixed(tmp_path: Path) -> None:
    def echo(header: pydicom.Dataset, b_value: float, _: str) -> None:
        header.EchoNumbers, header.EchoTime, header.RepetitionTime = int(b_value), 20 * b_value, 3000

    subs = split(diffusion(tmp_path, echo, [(1, "x"), (2, "y")]))
    assert [(sub.echo, sub.images) for sub in subs] == [(1, 3), (2, 3)]


def test_frames_of_an_enhanced_image_are_grouped_by_their_weighting(tmp_path: Path) -> None:
    instances = diffusion(tmp_path, standard, [(0, "none"), (1000, "x"), (1000, "y"), (1000, "z")])
    enhanced = tmp_path / "enhanced.dcm"
    _enhanced([pydicom.dcmread(path) for path, _ in instances]).save_as(enhanced, enforce_file_format=True)
    subs = split([(enhanced, read_header(enhanced))])
    assert told(subs) == [("dwi", 1000.0, "one", 3), ("b0", 0.0, "none", 1)]
    assert np.all(build_sub_series(subs[1]).volume.voxels == 900)


def _enhanced(slices: list[pydicom.Dataset]) -> pydicom.Dataset:
    image = slices[0]
    frames = []
    for one in slices:
        frame, diffusion_item, direction = pydicom.Dataset(), pydicom.Dataset(), pydicom.Dataset()
        for name, keywords in (
            ("PlanePositionSequence", ["ImagePositionPatient"]),
            ("PlaneOrientationSequence", ["ImageOrientationPatient"]),
            ("PixelMeasuresSequence", ["PixelSpacing", "SliceThickness"]),
        ):
            item = pydicom.Dataset()
            for keyword in keywords:
                setattr(item, keyword, one[keyword].value)
            setattr(frame, name, Sequence([item]))
        diffusion_item.DiffusionBValue = one.DiffusionBValue
        diffusion_item.DiffusionDirectionality = one.DiffusionDirectionality
        if "DiffusionGradientOrientation" in one:
            direction.DiffusionGradientOrientation = one.DiffusionGradientOrientation
            diffusion_item.DiffusionGradientDirectionSequence = Sequence([direction])
        frame.MRDiffusionSequence = Sequence([diffusion_item])
        frames.append(frame)
    image.PixelData = b"".join(one.PixelData for one in slices)
    image.SOPClassUID, image.NumberOfFrames = EnhancedMRImageStorage, len(slices)
    image.PerFrameFunctionalGroupsSequence = Sequence(frames)
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "DiffusionBValue"):
        delattr(image, keyword)
    return image


def test_a_series_of_one_kind_comes_back_whole(tmp_path: Path) -> None:
    files = write_odd_series(tmp_path, OddSeries())
    subs = split([(file, read_header(file)) for file in files])
    assert [(sub.role, sub.images) for sub in subs] == [(SeriesRole.NCCT, 9)]


def test_nothing_with_a_place_in_the_patient_is_no_volume(tmp_path: Path) -> None:
    def nowhere(header: pydicom.Dataset, _: int) -> None:
        del header.ImagePositionPatient

    files = write_odd_series(tmp_path, OddSeries(), nowhere)
    with pytest.raises(NotAVolume, match="ImagePositionPatient"):
        split([(file, read_header(file)) for file in files])
