from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from pipeline.domain.finding import FindingKind, Side
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.ports import Lesion, Prediction
from pipeline.domain.volume import Volume, VoxelUnit
from pipeline.stages.measure import boxes_of, measure
from pipeline.stages.midline import mid_sagittal_plane

SHAPE_KJI = (24, 52, 44)
STEP_MM = np.array([4.0, 4.0, 6.0])


def turned(yaw_degrees: float, roll_degrees: float = 0.0, *, shift_mm: float = 0.0) -> np.ndarray:
    """Patient from head coordinates: the head turned about z, rolled about y, and moved to the left."""
    yaw, roll = np.radians([yaw_degrees, roll_degrees])
    about_z = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    about_y = np.array([[np.cos(roll), 0, np.sin(roll)], [0, 1, 0], [-np.sin(roll), 0, np.cos(roll)]])
    matrix = np.eye(4)
    matrix[:3, :3], matrix[0, 3] = about_z @ about_y, shift_mm
    return matrix


def head(pose: np.ndarray, *, mirrored_columns: bool = False) -> tuple[Volume, np.ndarray]:
    """A skull in a pose, and the head coordinates (x to the left) of every voxel."""
    i_step = STEP_MM[0] * (-1 if mirrored_columns else 1)
    origin = -np.array([i_step * SHAPE_KJI[2], STEP_MM[1] * SHAPE_KJI[1], STEP_MM[2] * SHAPE_KJI[0]]) / 2
    affine = PatientFromVoxel.from_columns((i_step, 0, 0), (0, STEP_MM[1], 0), (0, 0, STEP_MM[2]), origin)
    k, j, i = np.mgrid[: SHAPE_KJI[0], : SHAPE_KJI[1], : SHAPE_KJI[2]]
    patient_mm = affine.patient_mm(np.stack([i, j, k], axis=-1))
    inverse = np.linalg.inv(pose)
    own_mm = patient_mm @ inverse[:3, :3].T + inverse[:3, 3]
    radius = np.linalg.norm(own_mm / np.array([68.0, 88.0, 65.0]), axis=-1)
    hu = np.where(radius > 1, -1000, np.where(radius > 0.9, 900, 30)).astype(np.int16)
    return Volume(hu, affine, VoxelUnit.HU), own_mm


def ball(own_mm: np.ndarray, centre_mm: tuple[float, float, float], radius_mm: float) -> np.ndarray:
    return (np.linalg.norm(own_mm - np.array(centre_mm), axis=-1) <= radius_mm).astype(np.uint8)


def prediction(labels: np.ndarray) -> Prediction:
    lesions = tuple(Lesion(label, FindingKind.HAEMORRHAGE, 0.8) for label in range(1, int(labels.max()) + 1))
    return Prediction(labels, lesions, 0.9, "test", "1.0.0")


@pytest.mark.parametrize("mirrored_columns", [False, True])
@pytest.mark.parametrize(
    ("centre_mm", "side"),
    [
        ((35.0, 0.0, 0.0), Side.LEFT),
        ((-35.0, 0.0, 0.0), Side.RIGHT),
        ((0.0, 0.0, 0.0), Side.MIDLINE),
    ],
)
def test_a_side_is_the_patients(centre_mm: tuple[float, float, float], side: Side, mirrored_columns: bool) -> None:
    volume, own_mm = head(turned(0), mirrored_columns=mirrored_columns)
    findings = measure(prediction(ball(own_mm, centre_mm, 10)), volume)
    assert [finding.side for finding in findings] == [side]
    assert findings[0].centre_mm == pytest.approx(centre_mm, abs=3)


def test_a_lesion_with_parts_on_both_sides_is_bilateral() -> None:
    volume, own_mm = head(turned(0))
    both = ball(own_mm, (30, 0, 0), 12) | ball(own_mm, (-30, 0, 0), 12)
    assert measure(prediction(both), volume)[0].side is Side.BILATERAL


@settings(max_examples=12, deadline=None)
@given(yaw=st.floats(-25, 25), roll=st.floats(-15, 15), shift_mm=st.floats(-12, 12), left=st.booleans())
def test_a_turned_rolled_or_shifted_head_keeps_its_sides(yaw: float, roll: float, shift_mm: float, left: bool) -> None:
    volume, own_mm = head(turned(yaw, roll, shift_mm=shift_mm))
    centre_mm = (22.0 if left else -22.0, 45.0, 10.0)
    finding = measure(prediction(ball(own_mm, centre_mm, 8)), volume)[0]
    assert finding.side is (Side.LEFT if left else Side.RIGHT)


def test_the_mid_sagittal_plane_follows_the_head() -> None:
    volume, _ = head(turned(15, shift_mm=8))
    plane = mid_sagittal_plane(volume)
    assert plane is not None
    assert plane.to_left_mm(np.array([8.0, 0.0, 0.0])) == pytest.approx(0, abs=2)
    ahead = np.array([8.0, 0.0, 0.0]) + 40 * np.array([-np.sin(np.radians(15)), np.cos(np.radians(15)), 0])
    assert plane.to_left_mm(ahead) == pytest.approx(0, abs=3)


def test_volume_counts_the_sheared_voxels_of_a_tilted_series() -> None:
    volume, own_mm = head(turned(0))
    sheared = volume.patient_from_voxel.matrix.copy()
    sheared[1, 2] = 3.0
    tilted = Volume(volume.voxels, PatientFromVoxel(sheared), VoxelUnit.HU)
    labels = ball(own_mm, (30, 0, 0), 15)
    assert measure(prediction(labels), tilted)[0].volume_ml == pytest.approx(int(labels.sum()) * 4 * 4 * 6 / 1000)


def test_the_largest_lesion_comes_first() -> None:
    volume, own_mm = head(turned(0))
    labels = ball(own_mm, (35, 0, 0), 9)
    labels[ball(own_mm, (-35, 0, 0), 14) == 1] = 2
    assert [finding.label for finding in measure(prediction(labels), volume)] == [2, 1]


def test_without_a_head_the_side_is_unknown() -> None:
    volume, own_mm = head(turned(0))
    empty = Volume(np.full_like(volume.voxels, -1000), volume.patient_from_voxel, VoxelUnit.HU)
    assert measure(prediction(ball(own_mm, (35, 0, 0), 9)), empty)[0].side is Side.UNKNOWN


def test_a_mask_of_another_grid_is_refused() -> None:
    volume, _ = head(turned(0))
    with pytest.raises(ValueError, match="grid"):
        measure(prediction(np.zeros((2, 2, 2), dtype=np.uint8)), volume)


@pytest.mark.parametrize("empty_below", [0, 2, 4])
def test_boxes_are_those_of_the_whole_mask(empty_below: int) -> None:
    labels = np.zeros((4, 6, 7), np.uint8)
    labels[1:3, 2:4, 3], labels[3, 5, 6] = 2, 5
    labels[:empty_below] = 0
    assert boxes_of(labels) == ndimage.find_objects(labels)
