from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.assembly.siemens import csa_image_header, mosaic
from pipeline.domain.errors import NotAVolume
from pipeline.results.requests import ResultKind
from pipeline.results.write import write_results
from pipeline.testing.bleeding import request_of
from pipeline.testing.odd_series import AXIAL, BLOOD_MM, CORONAL, SAGITTAL, OddSeries, csa, mosaic_of, turned
from pipeline.testing.odd_series import write_odd_series as write
from pipeline.testing.oddities import ODDITIES
from pipeline.volumes.build import build_volume, read_volume
from pipeline.volumes.planes import planes
from pipeline.volumes.quick import quick_plane
from pipeline.volumes.series_volume import SeriesVolume
from pipeline.volumes.source import read_header

BLOOD = {"fractional slope": 37.5, "rescale by slice": 74, "Siemens mosaic": 1099, "Siemens mosaic, oblique": 1099}
TISSUE = {"fractional slope": 15, "Siemens mosaic": 1054, "Siemens mosaic, oblique": 1054}
OTHER_SIDE_MM = (-BLOOD_MM[0], *BLOOD_MM[1:])
NOT_QUICK = frozenset({
    "big endian", "deflated", "enhanced multi-frame", "enhanced, oblique", "Siemens mosaic", "Siemens mosaic, oblique",
})  # fmt: skip


def value_at(series: SeriesVolume, point_mm: tuple[float, ...]) -> float:
    i, j, k = np.rint(series.volume.patient_from_voxel.voxel_ijk(point_mm)).astype(int)
    return float(series.volume.voxels[k, j, i])


def farthest_from_headers_mm(series: SeriesVolume) -> float:
    """How far the affine puts a corner of any slice from where its header says (PS3.3 C.7.6.2.1.1)."""
    worst = 0.0
    for frame, model_k in zip(series.arrangement.frames, series.arrangement.model_k, strict=True):
        for j, i in product((0, frame.rows - 1), (0, frame.columns - 1)):
            right = np.array(frame.orientation[:3]) * frame.spacing_mm[1] * i
            down = np.array(frame.orientation[3:]) * frame.spacing_mm[0] * j
            here = series.volume.patient_from_voxel.patient_mm((i, j, model_k))
            worst = max(worst, float(np.linalg.norm(here - (np.array(frame.position_mm) + right + down))))
    return worst


@pytest.mark.parametrize("name", ODDITIES)
def test_every_way_of_lying_and_being_written_gives_the_same_patient(tmp_path: Path, name: str) -> None:
    files = ODDITIES[name](tmp_path)
    instances = [(file, read_header(file)) for file in files]
    series, quick = build_volume(instances), [quick_plane(file) for file in files]
    assert value_at(series, BLOOD_MM) == BLOOD.get(name, 75)
    assert value_at(series, OTHER_SIDE_MM) == TISSUE.get(name, 30)
    assert farthest_from_headers_mm(series) < 0.01
    assert np.linalg.det(series.volume.patient_from_voxel.matrix[:3, :3]) > 0
    assert quick == [None if name in NOT_QUICK else planes(file, header)[0] for file, header in instances]
    again = read_volume(files).volume
    assert np.array_equal(series.volume.voxels, again.voxels)
    assert np.array_equal(series.volume.patient_from_voxel.matrix, again.patient_from_voxel.matrix)


def test_sequences_of_any_length_before_the_pixels_do_not_confuse_the_quick_reader(tmp_path: Path) -> None:
    def with_sequences(header: pydicom.Dataset, _: int) -> None:
        inner = pydicom.Dataset()
        inner.Rows, inner.Modality, inner.CodeValue = 7, "MR", "x"
        inner.is_undefined_length_sequence_item = True
        outer = pydicom.Dataset()
        outer.PurposeOfReferenceCodeSequence = [inner]
        outer["PurposeOfReferenceCodeSequence"].is_undefined_length = True
        header.ReferencedImageSequence, header.ProcedureCodeSequence = [outer, outer], [inner]
        header["ReferencedImageSequence"].is_undefined_length = True
        header.add_new((0x0009, 0x0010), "LO", "MAKER")
        header.add_new((0x0009, 0x1001), "UN", bytes(40_000))

    file = write(tmp_path, OddSeries(at=(0,)), with_sequences)[0]
    assert quick_plane(file) == planes(file, read_header(file))[0]


@pytest.mark.parametrize("keep", [0, 100, 131, 200, 700, 1000])
def test_a_file_cut_anywhere_is_left_to_the_full_reader(tmp_path: Path, keep: int) -> None:
    file = write(tmp_path, OddSeries(at=(0,)))[0]
    file.write_bytes(file.read_bytes()[:keep])
    assert quick_plane(file) is None


def test_pixels_that_do_not_end_the_file_are_found_all_the_same(tmp_path: Path) -> None:
    def with_padding(header: pydicom.Dataset, _: int) -> None:
        header.DataSetTrailingPadding = bytes(100)

    plain, padded = write(tmp_path / "a", OddSeries()), write(tmp_path / "b", OddSeries(), with_padding)
    assert np.array_equal(read_volume(plain).volume.voxels, read_volume(padded).volume.voxels)


def test_a_grid_of_slices_with_a_position_each_is_read(tmp_path: Path) -> None:
    image = mosaic_of(OddSeries(rows=44, columns=44, at=tuple(range(-3, 5))))
    image.Manufacturer, image.ImageType = "UIH", ["ORIGINAL", "PRIMARY", "M", "VFRAME"]
    slices = [pydicom.Dataset() for _ in range(8)]
    for k, one in enumerate(slices):
        one.ImagePositionPatient = [-96.75, -107.5, 10.0 * (k - 3)]
    image.add_new((0x0065, 0x1050), "DS", "8")
    image.add_new((0x0065, 0x1051), "SQ", slices)
    image.save_as(tmp_path / "g.dcm", enforce_file_format=True)
    series = read_volume([tmp_path / "g.dcm"])
    assert series.volume.shape_kji == (8, 44, 44)
    assert value_at(series, BLOOD_MM) == 1099
    del image[0x0065, 0x1051]
    image.save_as(tmp_path / "g.dcm", enforce_file_format=True)
    with pytest.raises(NotAVolume, match="where its slices lie"):
        read_volume([tmp_path / "g.dcm"])


@given(st.binary(max_size=400), st.booleans())
def test_no_csa_header_breaks_the_reader(data: bytes, newer: bool) -> None:
    header = pydicom.Dataset()
    header.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]
    header.add_new((0x0029, 0x1010), "OB", (b"SV10\4\3\2\1" if newer else b"") + data)
    assert mosaic(header) is None or csa_image_header(header)


def test_a_value_beyond_sixteen_bits_after_rescale_is_kept_as_a_float(tmp_path: Path) -> None:
    def far_down(header: pydicom.Dataset, k: int) -> None:
        header.RescaleIntercept = -32_000 if k == 3 else 0

    volume = read_volume(write(tmp_path, OddSeries(), far_down)).volume
    assert volume.voxels.dtype == np.float32
    assert volume.voxels[3].min() == -33_000
    assert volume.voxels[2].min() == -1000


def test_a_mosaic_whose_count_only_the_csa_header_knows_is_read(tmp_path: Path) -> None:
    image = mosaic_of(OddSeries(rows=44, columns=44, at=tuple(range(-3, 5))))
    del image[0x0019, 0x100A]
    image.save_as(tmp_path / "m.dcm", enforce_file_format=True)
    assert read_volume([tmp_path / "m.dcm"]).volume.shape_kji == (8, 44, 44)


def test_a_mosaic_that_says_only_its_matrix_is_read_with_its_empty_tiles(tmp_path: Path) -> None:
    image = mosaic_of(OddSeries(rows=44, columns=44, at=tuple(range(-3, 5))))
    del image[0x0019, 0x100A]
    del image[0x0029, 0x1010]
    image.save_as(tmp_path / "m.dcm", enforce_file_format=True)
    assert read_volume([tmp_path / "m.dcm"]).volume.shape_kji == (9, 44, 44)


def test_a_mosaic_that_says_nothing_is_not_a_volume(tmp_path: Path) -> None:
    image = mosaic_of(OddSeries(rows=44, columns=44, at=tuple(range(-3, 5))))
    for tag in ((0x0019, 0x100A), (0x0029, 0x1010), (0x0051, 0x100B)):
        del image[tag]
    image.save_as(tmp_path / "m.dcm", enforce_file_format=True)
    with pytest.raises(NotAVolume, match="how many slices"):
        read_volume([tmp_path / "m.dcm"])


def test_a_mosaic_counted_against_its_normal_runs_the_other_way(tmp_path: Path) -> None:
    image = mosaic_of(OddSeries(rows=44, columns=44, at=tuple(range(-3, 5))))
    image[0x0029, 0x1010].value = csa({"SliceNormalVector": ["0.0", "0.0", "-1.0"]})
    image.save_as(tmp_path / "m.dcm", enforce_file_format=True)
    series = read_volume([tmp_path / "m.dcm"])
    places = [frame.position_mm[2] for frame in series.arrangement.frames]
    assert places == sorted(places)
    assert [frame.frame for frame in series.arrangement.frames] == list(range(8, 0, -1))


def test_slices_that_were_never_scanned_are_marked(tmp_path: Path) -> None:
    missing = read_volume(ODDITIES["a missing slice"](tmp_path / "missing"))
    uneven = read_volume(ODDITIES["uneven spacing"](tmp_path / "uneven"))
    assert missing.arrangement.interpolated_k == (2,)
    assert len(uneven.arrangement.interpolated_k) == 6
    assert read_volume(ODDITIES["axial"](tmp_path / "even")).arrangement.interpolated_k == ()


VIEWS = st.sampled_from([AXIAL, SAGITTAL, CORONAL])
TURNS = st.tuples(*[st.floats(-25, 25)] * 3)
POINTS = st.tuples(st.floats(13, 40), st.floats(-40, 40), st.floats(-30, 30))


@settings(max_examples=8, deadline=None)
@given(view=VIEWS, turn=TURNS, tilt=st.floats(-20, 20), flips=st.tuples(st.booleans(), st.booleans()), point=POINTS)
def test_a_point_drawn_in_the_patient_comes_back_in_the_segmentation_and_left_stays_left(
    tmp_path_factory: pytest.TempPathFactory,
    view: tuple[tuple[float, float, float], tuple[float, float, float]],
    turn: tuple[float, float, float],
    tilt: float,
    flips: tuple[bool, bool],
    point: tuple[float, float, float],
) -> None:
    folder = tmp_path_factory.mktemp("drawn")
    row, column = turned(*view, turn)
    row = tuple(-part for part in row) if flips[0] else row
    column = tuple(-part for part in column) if flips[1] else column
    _, leaning = turned(row, np.cross(row, column), (tilt, 0, 0))
    files = write(folder / "in", OddSeries(row, column, step=leaning, at=tuple(range(-5, 6)), rows=28, columns=30))
    series = build_volume([(file, read_header(file)) for file in files])
    grid = np.stack(np.meshgrid(*map(np.arange, series.volume.shape_kji), indexing="ij"), axis=-1)[..., ::-1]
    away_mm = np.linalg.norm(series.volume.patient_from_voxel.patient_mm(grid) - np.array(point), axis=-1)
    request = request_of(folder, files, lambda _: away_mm <= 12)
    written = next(one for one in write_results(request) if one.kind is ResultKind.SEGMENTATION)
    places = segmented_mm(pydicom.dcmread(written.path))
    assert len(places) == (away_mm <= 12).sum()
    assert np.linalg.norm(places - np.array(point), axis=1).max() <= 12.02  # positions in the files are rounded
    assert places[:, 0].min() > 0


def segmented_mm(seg: pydicom.Dataset) -> NDArray[np.float64]:
    """Where in the patient the segmentation's pixels are, by its own functional groups alone."""
    shared = seg.SharedFunctionalGroupsSequence[0]
    directions = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, dtype=float)
    down_mm, right_mm = (float(value) for value in shared.PixelMeasuresSequence[0].PixelSpacing)
    pixels = seg.pixel_array.reshape(-1, seg.Rows, seg.Columns)
    places = []
    for frame, groups in zip(pixels, seg.PerFrameFunctionalGroupsSequence, strict=True):
        j, i = np.nonzero(frame)
        corner = np.array(groups.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        places.append(corner + i[:, None] * right_mm * directions[:3] + j[:, None] * down_mm * directions[3:])
    return np.concatenate(places)
