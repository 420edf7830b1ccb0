"""Where the head's mid-sagittal plane lies, so that a side is the patient's and not the picture's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.volume import Volume, VoxelUnit
from pipeline.stages.symmetry import most_symmetric

Points = NDArray[np.float64]

_BONE_HU = 300.0
"""Above soft tissue, blood and contrast; the skull vault is 300 to 2000 HU."""
_HEAD_HU = -300.0
_GRID_MM = 4.0
_FEWEST_CHORDS = 12
_ROUNDS = 6
_STEEPEST = 1.0
"""A head turned or rolled by more than 45 degrees to the table is not followed."""


@dataclass(frozen=True, slots=True, eq=False)
class MidSagittalPlane:
    """The plane of patient points p (LPS mm) with ``to_left @ p == at_mm``; ``to_left`` is a unit vector."""

    to_left: Points
    at_mm: float

    def to_left_mm(self, points_mm: Points) -> Points:
        """Signed distance of patient points (..., 3) to the plane, positive on the patient's left."""
        away: Points = points_mm @ self.to_left - self.at_mm
        return away


def mid_sagittal_plane(volume: Volume) -> MidSagittalPlane | None:
    """The plane halfway between the left and right outline of the skull (CT) or head; None without a head.

    Chords from side to side are taken over the head and a plane fitted to their middles, outliers (ears,
    headrest) trimmed. The middles of an oval's slanting chords lie between the true axis and the
    slant, so chords are taken again at right angles to each new plane; last, the plane is moved to
    where the head mirrors itself best.
    """
    points = _outline_points(volume)
    if points is None:
        return None
    plane = MidSagittalPlane(np.array([1.0, 0.0, 0.0]), 0.0)
    for _ in range(_ROUNDS):
        turned = _next_plane(points, plane)
        if turned is None:
            return None
        plane = turned
    return MidSagittalPlane(*most_symmetric(volume, plane.to_left, plane.at_mm))


def _outline_points(volume: Volume) -> Points | None:
    """Patient points of bone, or else of the head, on a coarse grid."""
    strides = [max(1, round(_GRID_MM / 1.5 / step)) for step in reversed(volume.patient_from_voxel.spacing_mm)]
    coarse = volume.voxels[:: strides[0], :: strides[1], :: strides[2]]
    mask = _mask(coarse, volume.unit)
    if mask.sum() < 100:
        return None
    k, j, i = np.nonzero(mask)
    return volume.patient_from_voxel.patient_mm(np.stack([i * strides[2], j * strides[1], k * strides[0]], axis=-1))


def _mask(voxels: NDArray[np.float64], unit: VoxelUnit) -> NDArray[np.bool_]:
    if unit is VoxelUnit.HU:
        bone: NDArray[np.bool_] = voxels > _BONE_HU
        return bone if bone.mean() > 0.005 else voxels > _HEAD_HU
    return voxels > 0.2 * float(np.percentile(voxels, 99))


def _next_plane(points: Points, plane: MidSagittalPlane) -> MidSagittalPlane | None:
    """A better plane from the chords at right angles to this one; None when there are too few."""
    down = np.cross(plane.to_left, [0.0, 1.0, 0.0])
    frame = np.stack([plane.to_left, np.cross(down, plane.to_left), down])  # to the left, to the back, up or down
    frame /= np.linalg.norm(frame, axis=1, keepdims=True)
    middles = _chord_middles(points @ frame.T)
    if len(middles) < _FEWEST_CHORDS:
        return None
    at, per_back, per_down = _fit(middles)
    to_left = frame.T @ np.array([1.0, -per_back, -per_down])
    length = float(np.linalg.norm(to_left))
    if np.abs(to_left[1:] / to_left[0]).max() > _STEEPEST:
        return MidSagittalPlane(plane.to_left, at)
    return MidSagittalPlane(to_left / length, at / length)


def _chord_middles(points: Points) -> Points:
    """(middle, back, down) of each side-to-side chord that spans most of the head's width."""
    back, down = (np.round(points[:, axis] / _GRID_MM).astype(int) for axis in (1, 2))
    back, down = back - back.min(), down - down.min()
    cell = back * (int(down.max()) + 1) + down
    low, high = np.full(cell.max() + 1, np.inf), np.full(cell.max() + 1, -np.inf)
    np.minimum.at(low, cell, points[:, 0])
    np.maximum.at(high, cell, points[:, 0])
    back_of, down_of = np.zeros_like(low), np.zeros_like(low)
    back_of[cell], down_of[cell] = points[:, 1], points[:, 2]
    filled = np.isfinite(low)
    low, high, back_of, down_of = low[filled], high[filled], back_of[filled], down_of[filled]
    wide = (high - low) > 0.6 * np.percentile(high - low, 98)
    middles: Points = np.stack([(low + high) / 2, back_of, down_of], axis=-1)[wide]
    return middles


def _fit(middles: Points) -> tuple[float, float, float]:
    """(at, per back, per down) of ``middle = at + per_back * back + per_down * down``.

    Least squares, trimmed at 2.5 times the median deviation. Slopes are damped a little: a thin stack says
    nothing about how far a head is rolled.
    """
    kept = middles
    for _ in range(4):
        middle, back, down = kept.T
        design = np.stack([np.ones_like(middle), back - back.mean(), down - down.mean()], axis=-1)
        damping = np.diag([0.0, 1.0, 1.0]) * len(kept) * _GRID_MM**2
        centre, per_back, per_down = np.linalg.solve(design.T @ design + damping, design.T @ middle)
        at = centre - per_back * back.mean() - per_down * down.mean()
        off = np.abs(middles[:, 0] - at - per_back * middles[:, 1] - per_down * middles[:, 2])
        kept = middles[off <= max(2.5 * float(np.median(off)), 1.0)]
    return float(at), float(per_back), float(per_down)
