"""Where the head's mid-sagittal plane lies, so that a side is the patient's and not the picture's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.volume import Volume, VoxelUnit

Points = NDArray[np.float64]

_BONE_HU = 300.0
"""Above soft tissue, blood and contrast; the skull vault is 300 to 2000 HU."""
_HEAD_HU = -300.0
_GRID_MM = 4.0
_FEWEST_CHORDS = 12


@dataclass(frozen=True, slots=True)
class MidSagittalPlane:
    """The plane ``x = at_mm + per_y * y + per_z * z`` in patient LPS mm."""

    at_mm: float
    per_y: float
    per_z: float

    def to_left_mm(self, points_mm: Points) -> Points:
        """Signed distance of patient points (..., 3) to the plane, positive on the patient's left."""
        x, y, z = points_mm[..., 0], points_mm[..., 1], points_mm[..., 2]
        away: Points = (x - self.at_mm - self.per_y * y - self.per_z * z) / np.sqrt(1 + self.per_y**2 + self.per_z**2)
        return away


def mid_sagittal_plane(volume: Volume) -> MidSagittalPlane | None:
    """The plane halfway between the left and right outline of the skull (CT) or head; None without a head.

    Left-right chords are taken every 4 mm over the head; their midpoints are fitted by a plane, outliers
    (ears, headrest, a face turned into the field) trimmed. Turned and rolled heads are followed.
    """
    points = _outline_points(volume)
    if points is None:
        return None
    middles = _chord_middles(points)
    return _fit(middles) if len(middles) >= _FEWEST_CHORDS else None


def _outline_points(volume: Volume) -> Points | None:
    """Patient points of bone, or else of the head, on a coarse grid."""
    strides = [max(1, round(_GRID_MM / 2 / step)) for step in reversed(volume.patient_from_voxel.spacing_mm)]
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


def _chord_middles(points: Points) -> Points:
    """(y, z, middle x) of each left-right chord that spans most of the head's width."""
    y, z = (np.round(points[:, axis] / _GRID_MM).astype(int) for axis in (1, 2))
    _, cell = np.unique(np.stack([y, z]), axis=1, return_inverse=True)
    cell = cell.ravel()
    low, high = np.full(cell.max() + 1, np.inf), np.full(cell.max() + 1, -np.inf)
    np.minimum.at(low, cell, points[:, 0])
    np.maximum.at(high, cell, points[:, 0])
    y_of, z_of = np.empty_like(low), np.empty_like(low)
    y_of[cell], z_of[cell] = y * _GRID_MM, z * _GRID_MM
    wide = (high - low) > 0.6 * np.percentile(high - low, 98)
    middles: Points = np.stack([y_of, z_of, (low + high) / 2], axis=-1)[wide]
    return middles


def _fit(middles: Points) -> MidSagittalPlane:
    """Least squares, trimmed three times at 2.5 times the median deviation.

    Slopes are damped towards 0: a thin stack says little about how far a head is rolled.
    """
    kept = middles
    for _ in range(4):
        y, z, x = kept.T
        design = np.stack([np.ones_like(x), y - y.mean(), z - z.mean()], axis=-1)
        damping = np.diag([0.0, 1.0, 1.0]) * len(kept) * _GRID_MM**2
        at, per_y, per_z = np.linalg.solve(design.T @ design + damping, design.T @ x)
        plane = MidSagittalPlane(float(at - per_y * y.mean() - per_z * z.mean()), float(per_y), float(per_z))
        off = np.abs(middles[:, 2] - plane.at_mm - plane.per_y * middles[:, 0] - plane.per_z * middles[:, 1])
        kept = middles[off <= max(2.5 * float(np.median(off)), 1.0)]
    return plane
