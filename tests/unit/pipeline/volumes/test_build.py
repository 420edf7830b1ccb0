from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from pipeline.domain.errors import NotAVolume, TooLarge, UnreadableInstance
from pipeline.domain.geometry import orientation_letters
from pipeline.domain.volume import VoxelUnit
from pipeline.testing.head_series import Edit, HeadSeries, hounsfield, slice_points_mm, write_head_series
from pipeline.volumes.build import build_volume
from pipeline.volumes.series_volume import SeriesVolume
from pipeline.volumes.source import read_header

EVEN = tuple(np.arange(-32.0, 33.0, 8.0))
LEFT_BLOOD = (40.0, 10.0, 0.0)


def built(folder: Path, series: HeadSeries, edit: Edit | None = None) -> SeriesVolume:
    files = write_head_series(folder, series, edit)
    return build_volume([(file, read_header(file)) for file in files])


def value_at(series_volume: SeriesVolume, point_mm: tuple[float, ...]) -> float:
    i, j, k = np.rint(series_volume.volume.patient_from_voxel.voxel_ijk(point_mm)).astype(int)
    return float(series_volume.volume.voxels[k, j, i])


def test_a_straight_series_becomes_its_own_slices_from_foot_to_head(tmp_path: Path) -> None:
    series = HeadSeries(along_mm=EVEN, blood_mm=LEFT_BLOOD)
    volume = built(tmp_path, series)
    assert volume.volume.shape_kji == (9, 48, 56)
    assert volume.volume.unit is VoxelUnit.HU
    assert volume.volume.voxels.dtype == np.int16
    assert volume.volume.patient_from_voxel.spacing_mm == pytest.approx((4, 4, 8))
    assert volume.notes == ()
    assert (volume.arrangement.from_mm, volume.arrangement.to_mm) == pytest.approx((-32, 32))
    assert orientation_letters(volume.volume.patient_from_voxel.matrix[:3, 2]) == "H"


def test_left_stays_left(tmp_path: Path) -> None:
    volume = built(tmp_path, HeadSeries(along_mm=EVEN, blood_mm=LEFT_BLOOD))
    assert value_at(volume, LEFT_BLOOD) == 75
    assert value_at(volume, (-40.0, 10.0, 0.0)) == 30


def test_order_comes_from_position_not_from_instance_number_or_file_name(tmp_path: Path) -> None:
    def shuffle(header: pydicom.Dataset, k: int) -> None:
        header.InstanceNumber = (k * 5) % 9

    files = write_head_series(tmp_path, HeadSeries(along_mm=(8, -16, 16, -8, 0)), shuffle)
    volume = build_volume([(file, read_header(file)) for file in files])
    depths = [frame.position_mm[2] for frame in volume.arrangement.frames]
    assert depths == sorted(depths)


def test_a_slice_written_head_first_is_still_ordered_along_its_normal(tmp_path: Path) -> None:
    def look_from_above(header: pydicom.Dataset, _: int) -> None:
        header.ImageOrientationPatient = [-1, 0, 0, 0, 1, 0]
        header.ImagePositionPatient = [-header.ImagePositionPatient[0], *header.ImagePositionPatient[1:]]
        header.PixelData = hounsfield(HeadSeries(blood_mm=LEFT_BLOOD), slice_points_mm(header)).tobytes()

    volume = built(tmp_path, HeadSeries(along_mm=EVEN), look_from_above)
    assert orientation_letters(volume.volume.patient_from_voxel.matrix[:3, 2]) == "F"
    assert np.linalg.det(volume.volume.patient_from_voxel.matrix[:3, :3]) > 0
    assert value_at(volume, LEFT_BLOOD) == 75


def test_gantry_tilt_is_noticed_and_kept_true_in_the_affine(tmp_path: Path) -> None:
    series = HeadSeries(along_mm=EVEN, tilt_degrees=18.5, blood_mm=(40.0, 30.0, 10.0))
    volume = built(tmp_path, series)
    assert volume.notes == ("gantry tilt 18.5 degrees",)
    assert volume.arrangement.even
    assert volume.volume.patient_from_voxel.matrix[:3, 2] == pytest.approx([0, 0, 8])
    assert volume.volume.patient_from_voxel.voxel_volume_ml == pytest.approx(
        4 * 4 * 8 * np.cos(np.radians(18.5)) / 1000
    )
    assert value_at(volume, (40.0, 30.0, 10.0)) == 75


def test_uneven_spacing_is_resampled_and_a_mask_finds_its_way_back(tmp_path: Path) -> None:
    positions = (-32.0, -28.0, -24.0, -20.0, -16.0, -15.0, -8.0, 0.0, 8.0, 16.0, 24.0)
    volume = built(tmp_path, HeadSeries(along_mm=positions, blood_mm=LEFT_BLOOD))
    assert "uneven slice spacing, 1.00 to 8.00 mm, resampled to an even 4.00 mm" in volume.notes
    assert volume.volume.shape_kji[0] == 15
    assert volume.volume.patient_from_voxel.spacing_mm[2] == pytest.approx(4)
    labels = (volume.volume.voxels == 75).astype(np.uint8)
    home = volume.labels_on_source_slices(labels)
    assert home.shape == (11, 48, 56)
    truth = np.stack([_stored(frame.path) == 75 for frame in volume.arrangement.frames])
    overlap = 2 * (home.astype(bool) & truth).sum() / (home.sum() + truth.sum())
    assert overlap > 0.9


def _stored(path: Path) -> np.ndarray:
    return pydicom.dcmread(path).pixel_array


def test_a_missing_slice_is_said_and_counted(tmp_path: Path) -> None:
    volume = built(tmp_path, HeadSeries(along_mm=(-24, -16, -8, 8, 16, 24, 32)))
    assert volume.notes == ("1 slice is missing inside the series, interpolated from the neighbours",)
    assert volume.arrangement.missing == 1
    assert volume.incomplete
    assert volume.volume.shape_kji[0] == 8


def test_a_handful_of_slices_far_apart_is_not_a_volume(tmp_path: Path) -> None:
    with pytest.raises(NotAVolume, match="too many gaps"):
        built(tmp_path, HeadSeries(along_mm=(-60, -59, 0, 60)))


def test_repeated_images_at_one_place_are_left_out_and_the_first_acquired_stays(tmp_path: Path) -> None:
    def twice(header: pydicom.Dataset, k: int) -> None:
        header.AcquisitionNumber = 1 + k // 5
        header.RescaleIntercept = 100 * (k // 5)

    volume = built(tmp_path, HeadSeries(along_mm=(0, 8, 16, 24, 32) * 2), twice)
    assert volume.notes == ("5 repeated images at places already filled left out",)
    assert volume.volume.voxels.min() == -1000


def test_the_same_file_twice_counts_once(tmp_path: Path) -> None:
    files = write_head_series(tmp_path, HeadSeries(along_mm=EVEN))
    volume = build_volume([(file, read_header(file)) for file in [*files, files[0]]])
    assert volume.notes == ()
    assert volume.volume.shape_kji[0] == 9


def test_of_mixed_orientations_the_largest_group_is_taken(tmp_path: Path) -> None:
    def last_is_sagittal(header: pydicom.Dataset, k: int) -> None:
        if k == 8:
            header.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]

    volume = built(tmp_path, HeadSeries(along_mm=EVEN), last_is_sagittal)
    assert volume.volume.shape_kji[0] == 8
    assert volume.notes == ("1 images of another orientation, matrix or pixel size left out",)


def test_slices_that_do_not_lie_on_one_line_are_not_a_volume(tmp_path: Path) -> None:
    def table_moved(header: pydicom.Dataset, k: int) -> None:
        if k in (3, 4):
            header.ImagePositionPatient = [header.ImagePositionPatient[0] + 20, *header.ImagePositionPatient[1:]]

    with pytest.raises(NotAVolume, match="do not lie on one line"):
        built(tmp_path, HeadSeries(along_mm=EVEN), table_moved)


def test_each_slice_is_rescaled_by_its_own_header(tmp_path: Path) -> None:
    def own_scale(header: pydicom.Dataset, k: int) -> None:
        stored = np.frombuffer(header.PixelData, np.int16)
        header.RescaleIntercept, header.RescaleSlope = -1024, 1 + k % 2
        header.PixelData = ((stored + 1024) // (1 + k % 2)).astype(np.int16).tobytes()

    volume = built(tmp_path, HeadSeries(along_mm=EVEN), own_scale)
    assert value_at(volume, (0, 0, 0)) == 30
    assert value_at(volume, (0, 0, 8)) == 30


def test_a_fractional_slope_gives_floating_point_values(tmp_path: Path) -> None:
    def halves(header: pydicom.Dataset, _: int) -> None:
        header.RescaleSlope = 0.5

    volume = built(tmp_path, HeadSeries(along_mm=EVEN), halves)
    assert volume.volume.voxels.dtype == np.float32
    assert value_at(volume, (0, 0, 0)) == 15


def test_rubbish_above_twelve_stored_bits_is_not_measured(tmp_path: Path) -> None:
    def twelve_bits(header: pydicom.Dataset, _: int) -> None:
        stored = np.frombuffer(header.PixelData, np.int16).astype(np.int32) + 1024
        header.BitsStored, header.HighBit, header.PixelRepresentation, header.RescaleIntercept = 12, 11, 0, -1024
        header.PixelData = (stored.astype(np.uint16) | 0xF000).tobytes()

    assert value_at(built(tmp_path, HeadSeries(along_mm=EVEN), twelve_bits), (0, 0, 0)) == 30


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless, JPEG2000Lossless])
def test_every_transfer_syntax_gives_the_same_voxels(tmp_path: Path, syntax: str) -> None:
    plain = built(tmp_path / "plain", HeadSeries(along_mm=(0, 8), blood_mm=LEFT_BLOOD))
    files = write_head_series(tmp_path / "coded", HeadSeries(along_mm=(0, 8), blood_mm=LEFT_BLOOD))
    for file in files:
        header = pydicom.dcmread(file)
        if syntax == ExplicitVRBigEndian:
            header.PixelData = np.frombuffer(header.PixelData, "<i2").astype(">i2").tobytes()
            header.file_meta.TransferSyntaxUID = syntax
            pydicom.dcmwrite(file, header, implicit_vr=False, little_endian=False)
            continue
        if syntax == ImplicitVRLittleEndian:
            header.file_meta.TransferSyntaxUID = syntax
            pydicom.dcmwrite(file, header, implicit_vr=True, little_endian=True)
            continue
        header.compress(syntax)
        header.save_as(file)
    coded = build_volume([(file, read_header(file)) for file in files])
    assert np.array_equal(coded.volume.voxels, plain.volume.voxels)


def test_a_lying_transfer_syntax_costs_that_image_and_says_so(tmp_path: Path) -> None:
    def lie(header: pydicom.Dataset, k: int) -> None:
        if k == 8:
            header.file_meta.TransferSyntaxUID = JPEG2000Lossless
            header.PixelData = encapsulate([b"not a codestream at all"])

    volume = built(tmp_path, HeadSeries(along_mm=EVEN), lie)
    assert volume.volume.shape_kji[0] == 8
    assert volume.incomplete
    assert "1 of 9 images could not be read: the pixel data cannot be decoded" in volume.notes[0]


def test_native_pixels_called_compressed_are_refused_in_a_sentence(tmp_path: Path) -> None:
    files = write_head_series(tmp_path, HeadSeries(along_mm=(0, 8)))
    for file in files:
        file.write_bytes(file.read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0"))
    with pytest.raises(UnreadableInstance, match="cannot be decoded"):
        build_volume([(file, read_header(file)) for file in files])


def test_pixels_cut_short_cost_that_image_and_say_so(tmp_path: Path) -> None:
    files = write_head_series(tmp_path, HeadSeries(along_mm=EVEN))
    files[-1].write_bytes(files[-1].read_bytes()[:-1000])
    volume = build_volume([(file, read_header(file)) for file in files])
    assert volume.volume.shape_kji[0] == 8
    assert "it is cut short" in volume.notes[0]


def test_images_without_pixel_data_cannot_be_read(tmp_path: Path) -> None:
    def without_pixels(header: pydicom.Dataset, _: int) -> None:
        del header.PixelData

    with pytest.raises(UnreadableInstance, match="there is none"):
        built(tmp_path, HeadSeries(along_mm=(0, 8)), without_pixels)


def test_a_gigantic_header_is_refused_before_any_pixel_is_touched(tmp_path: Path) -> None:
    def gigantic(header: pydicom.Dataset, _: int) -> None:
        header.Rows = header.Columns = 65535

    with pytest.raises(TooLarge, match="65535 x 65535"):
        built(tmp_path, HeadSeries(along_mm=(0, 8)), gigantic)


def test_a_file_of_endless_frames_is_refused_before_any_pixel_is_touched(tmp_path: Path) -> None:
    def endless(header: pydicom.Dataset, _: int) -> None:
        header.NumberOfFrames = 1_000_000

    with pytest.raises(TooLarge, match="1000000 frames"):
        built(tmp_path, HeadSeries(along_mm=(0,)), endless)


@pytest.mark.parametrize("keyword", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "Rows"])
def test_without_geometry_there_is_no_volume(tmp_path: Path, keyword: str) -> None:
    def without(header: pydicom.Dataset, _: int) -> None:
        delattr(header, keyword)

    with pytest.raises(NotAVolume, match=keyword):
        built(tmp_path, HeadSeries(along_mm=(0, 8)), without)


def test_a_single_slice_is_as_thick_as_its_header_says(tmp_path: Path) -> None:
    volume = built(tmp_path, HeadSeries(along_mm=(0,)))
    assert volume.volume.patient_from_voxel.spacing_mm[2] == pytest.approx(5)


def test_an_enhanced_multi_frame_image_gives_the_same_volume_as_classic_slices(tmp_path: Path) -> None:
    series = HeadSeries(along_mm=EVEN, blood_mm=LEFT_BLOOD)
    classic = built(tmp_path / "classic", series)
    slices = [pydicom.dcmread(frame.path) for frame in classic.arrangement.frames]
    enhanced = _as_enhanced(slices[::-1])
    file = tmp_path / "enhanced.dcm"
    enhanced.save_as(file, enforce_file_format=True)
    volume = build_volume([(file, read_header(file))])
    assert np.array_equal(volume.volume.voxels, classic.volume.voxels)
    assert volume.volume.patient_from_voxel.matrix == pytest.approx(classic.volume.patient_from_voxel.matrix)
    assert [frame.frame for frame in volume.arrangement.frames] == list(range(9, 0, -1))


def _as_enhanced(slices: list[pydicom.Dataset]) -> pydicom.Dataset:
    image = slices[0]
    frames = []
    for one in slices:
        position, orientation, measures = pydicom.Dataset(), pydicom.Dataset(), pydicom.Dataset()
        position.ImagePositionPatient = one.ImagePositionPatient
        orientation.ImageOrientationPatient = one.ImageOrientationPatient
        measures.PixelSpacing, measures.SliceThickness = one.PixelSpacing, one.SliceThickness
        frame = pydicom.Dataset()
        frame.PlanePositionSequence = Sequence([position])
        frame.PlaneOrientationSequence = Sequence([orientation])
        frame.PixelMeasuresSequence = Sequence([measures])
        frames.append(frame)
    image.SOPClassUID, image.NumberOfFrames = EnhancedCTImageStorage, len(slices)
    image.PixelData = b"".join(one.PixelData for one in slices)
    image.PerFrameFunctionalGroupsSequence = Sequence(frames)
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        delattr(image, keyword)
    return image


def test_a_bare_data_set_without_preamble_is_read(tmp_path: Path) -> None:
    file = write_head_series(tmp_path, HeadSeries(along_mm=(0,)))[0]
    header = pydicom.dcmread(file)
    bare = pydicom.Dataset(header)
    pydicom.dcmwrite(file, bare, implicit_vr=True, little_endian=True)
    assert read_header(file).SOPClassUID == CTImageStorage
    assert build_volume([(file, read_header(file))]).volume.shape_kji == (1, 48, 56)


@settings(max_examples=15, deadline=None)
@given(
    tilt=st.floats(-30, 30),
    first=st.floats(-60, -20),
    gaps=st.lists(st.floats(3, 9), min_size=3, max_size=9),
    point=st.tuples(st.floats(-60, 60), st.floats(-60, 60), st.floats(-60, 60)),
)
def test_a_point_in_the_patient_comes_back_from_the_voxels_to_the_same_place(
    tmp_path_factory: pytest.TempPathFactory,
    tilt: float,
    first: float,
    gaps: list[float],
    point: tuple[float, float, float],
) -> None:
    series = HeadSeries(
        along_mm=tuple(first + np.cumsum([0, *gaps])), tilt_degrees=tilt, rows=24, columns=28, pixel_mm=8
    )
    volume = built(tmp_path_factory.mktemp("series"), series)
    affine = volume.volume.patient_from_voxel
    assert affine.patient_mm(affine.voxel_ijk(point)) == pytest.approx(point, abs=1e-6)
    for frame, model_k in zip(volume.arrangement.frames, volume.arrangement.model_k, strict=True):
        corner = affine.patient_mm((0, 0, model_k))
        assert corner == pytest.approx(frame.position_mm, abs=0.35)
    assert affine.patient_mm((20, 0, 0))[0] > affine.patient_mm((0, 0, 0))[0]
