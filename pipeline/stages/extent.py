"""How far a lesion reaches: its largest diameter, and ABC/2 as it is taken at the bedside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.geometry import PatientFromVoxel

Points = NDArray[np.float64]

_DIRECTIONS = 400
"""Directions tried over the half sphere: neighbours are about 7 degrees apart, so at most 0.3 % is lost."""
_ANGLES = np.radians(np.arange(0.0, 180.0, 3.0))
_COUNTS_FROM, _COUNTS_WHOLE_FROM = 0.25, 0.75
"""Kothari 1996 (doi:10.1161/01.STR.27.8.1304): a slice with under a quarter of the largest slice's area does
not count for C, one with over three quarters counts whole, one between counts half."""


def largest_diameter_mm(mask: NDArray[np.bool_], affine: PatientFromVoxel) -> float:
    """Greatest distance between two points of a mask ``[k, j, i]`` that has any, voxel edges included."""
    corners = np.array([[a, b, c] for a in (-0.5, 0.5) for b in (-0.5, 0.5) for c in (-0.5, 0.5)])
    directions = _half_sphere(_DIRECTIONS)
    along = _row_ends_ijk(mask) @ affine.matrix[:3, :3].T @ directions.T
    edges = corners @ affine.matrix[:3, :3].T @ directions.T
    # A voxel reaches half its own width further; only half of it is added, as a digital ball's corners stick out.
    return float((np.ptp(along, axis=0) + 0.5 * np.ptp(edges, axis=0)).max())


def _row_ends_ijk(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The first and last marked voxel of each row: in any direction, one of these is the outermost. [n, 3]."""
    k, j = np.nonzero(mask.any(axis=2))
    rows = mask[k, j]
    ends = (rows.argmax(axis=1), mask.shape[2] - 1 - rows[:, ::-1].argmax(axis=1))
    return np.concatenate([np.stack([i, j, k], axis=-1) for i in ends])


def abc2_ml(mask: NDArray[np.bool_], affine: PatientFromVoxel) -> float:
    """ABC/2 of a mask ``[k, j, i]`` that has any, in mL: (A x B x C) / 2 after Kothari 1996.

    A is the largest diameter on the slice with most of it, B the largest at right angles on the same
    slice, C the slices' thickness times how many count. Meant for thick slices: on thin ones the counting of
    slices leaves about two thirds of a ball.
    """
    areas = mask.sum(axis=(1, 2))
    fullest = int(areas.argmax())
    a_mm, b_mm = _across(mask[fullest], affine)
    shares = areas / areas[fullest]
    slices = (shares >= _COUNTS_WHOLE_FROM).sum() + 0.5 * (
        (shares >= _COUNTS_FROM) & (shares < _COUNTS_WHOLE_FROM)
    ).sum()
    i_step, j_step = affine.matrix[:3, 0], affine.matrix[:3, 1]
    thickness_mm = affine.voxel_volume_ml * 1000.0 / float(np.linalg.norm(np.cross(i_step, j_step)))
    return a_mm * b_mm * float(slices) * thickness_mm / 2000.0


def _across(slice_mask: NDArray[np.bool_], affine: PatientFromVoxel) -> tuple[float, float]:
    """Largest diameter on a slice ``[j, i]`` and the width at right angles to it, in mm."""
    dx, dy, _ = affine.spacing_mm
    j, i = np.nonzero(slice_mask)
    directions = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)])
    widths = np.ptp(np.stack([i * dx, j * dy], axis=-1) @ directions, axis=0) + (dx + dy) / 2
    longest = int(widths.argmax())
    return float(widths[longest]), float(widths[(longest + len(_ANGLES) // 2) % len(_ANGLES)])


def _half_sphere(count: int) -> Points:
    """Directions spread evenly over half a sphere (golden spiral)."""
    n = np.arange(count) + 0.5
    height, turn = n / count, np.pi * (1 + 5**0.5) * n
    ring = np.sqrt(1 - height**2)
    spread: Points = np.stack([ring * np.cos(turn), ring * np.sin(turn), height], axis=-1)
    return spread
