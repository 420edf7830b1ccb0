"""Geometry: what goes to the patient and back stays where it was, and left stays left."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.domain.geometry import PatientFromVoxel, orientation_letters

numbers = st.floats(-50, 50, allow_nan=False)
points = arrays(np.float64, (5, 3), elements=st.floats(-300, 300))


@given(arrays(np.float64, (3, 3), elements=numbers), arrays(np.float64, 3, elements=st.floats(-500, 500)), points)
def test_a_point_drawn_in_patient_space_comes_back(
    steps: np.ndarray, origin: np.ndarray, points_mm: np.ndarray
) -> None:
    assume(np.linalg.cond(steps) < 1e4)
    assume(abs(np.linalg.det(steps)) > 1e-6)
    affine = PatientFromVoxel.from_columns(*steps, origin)
    np.testing.assert_allclose(affine.patient_mm(affine.voxel_ijk(points_mm)), points_mm, atol=1e-5)


@given(st.floats(0.2, 2), st.floats(0.2, 2), st.floats(0.5, 10))
def test_spacing_and_voxel_volume_follow_from_the_steps(i_mm: float, j_mm: float, k_mm: float) -> None:
    affine = PatientFromVoxel.from_columns((i_mm, 0, 0), (0, j_mm, 0), (0, 0, k_mm), (0, 0, 0))
    assert affine.spacing_mm == pytest.approx((i_mm, j_mm, k_mm))
    assert affine.voxel_volume_ml == pytest.approx(i_mm * j_mm * k_mm / 1000)


def test_a_gantry_tilt_does_not_change_a_voxels_volume() -> None:
    upright = PatientFromVoxel.from_columns((1, 0, 0), (0, 1, 0), (0, 0, 5), (0, 0, 0))
    tilted = PatientFromVoxel.from_columns((1, 0, 0), (0, 1, 0), (0, 1.7, 5), (0, 0, 0))
    assert tilted.voxel_volume_ml == pytest.approx(upright.voxel_volume_ml)


@pytest.mark.parametrize(
    ("direction", "letters"),
    [((1, 0, 0), "L"), ((-1, 0, 0), "R"), ((0, 1, 0), "P"), ((0, -1, 0), "A"), ((0, 0, 1), "H"), ((0, 0, -1), "F")],
)
def test_the_standards_directions_have_their_letters(direction: tuple[int, int, int], letters: str) -> None:
    assert orientation_letters(direction) == letters


def test_an_oblique_direction_names_its_largest_component_first() -> None:
    assert orientation_letters((0.2, -0.9, 0.38)) == "AHL"


@given(arrays(np.float64, 3, elements=numbers))
def test_the_opposite_direction_has_the_opposite_letters(direction: np.ndarray) -> None:
    opposite = str.maketrans("LRPAHF", "RLAPFH")
    assert orientation_letters(-direction) == orientation_letters(direction).translate(opposite)


@pytest.mark.parametrize("matrix", [np.zeros((4, 4)), np.eye(3), np.full((4, 4), np.nan), np.ones((4, 4))])
def test_what_is_no_affine_is_refused(matrix: np.ndarray) -> None:
    with pytest.raises(ValueError, match="affine"):
        PatientFromVoxel(matrix)
