"""Sizes of known bodies, in any voxel shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.domain.geometry import PatientFromVoxel
from pipeline.stages.extent import abc2_ml, largest_diameter_mm


def grid(spacing_mm: tuple[float, float, float]) -> tuple[PatientFromVoxel, np.ndarray]:
    dx, dy, dz = spacing_mm
    affine = PatientFromVoxel.from_columns((dx, 0, 0), (0, dy, 0), (0, 0, dz), (-27.0, -27.0, -27.0))
    k, j, i = np.mgrid[: round(54 / dz), : round(54 / dy), : round(54 / dx)]
    return affine, affine.patient_mm(np.stack([i, j, k], axis=-1))


def ellipsoid(points_mm: np.ndarray, half_axes_mm: tuple[float, float, float]) -> np.ndarray:
    inside: np.ndarray = np.linalg.norm(points_mm / np.array(half_axes_mm), axis=-1) <= 1
    return inside


@settings(max_examples=12, deadline=None)
@example((8.0, 8.0, 24.0), 3.0)
@given(st.tuples(st.floats(8, 25), st.floats(8, 25), st.floats(8, 25)), st.sampled_from([1.0, 2.0, 3.0]))
def test_an_ellipsoid_is_as_long_as_its_longest_axis_and_abc2_is_its_volume(
    half_axes_mm: tuple[float, float, float], slice_mm: float
) -> None:
    affine, points_mm = grid((1.0, 1.25, slice_mm))
    mask = ellipsoid(points_mm, half_axes_mm)
    # A pointed end may lie between two slices: up to one slice is lost at each end, and half of one is added.
    assert largest_diameter_mm(mask, affine) == pytest.approx(2 * max(half_axes_mm), abs=1.5 + slice_mm)
    # Of a ball cut thinly, slices that count half or not at all leave 68 % of the height, and pi/6 is taken as 1/2.
    assert abc2_ml(mask, affine) == pytest.approx(0.65 * mask.sum() * affine.voxel_volume_ml, rel=0.25)


def test_a_single_voxel_has_the_size_of_a_voxel() -> None:
    affine = PatientFromVoxel.from_columns((0.5, 0, 0), (0, 0.5, 0), (0, 0, 5.0), (0, 0, 0))
    one = np.ones((1, 1, 1), dtype=bool)
    assert 2.0 < largest_diameter_mm(one, affine) < 5.1
    assert abc2_ml(one, affine) == pytest.approx(0.5 * 0.5 * 5.0 / 2000)


def test_thin_ends_count_half_or_not_at_all_for_the_height() -> None:
    affine = PatientFromVoxel.from_columns((1.0, 0, 0), (0, 1.0, 0), (0, 0, 5.0), (0, 0, 0))
    mask = np.zeros((4, 10, 10), dtype=bool)
    mask[0], mask[1, :5], mask[2, :2] = True, True, True  # 100 %, 50 %, 20 % of the largest area
    diagonal = mask[0].sum() ** 0.5 * 2**0.5
    assert abc2_ml(mask, affine) == pytest.approx(diagonal**2 * 7.5 / 2000, rel=0.15)
