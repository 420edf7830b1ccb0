"""How well a head mirrors itself across a plane, and the plane across which it does best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, optimize

from pipeline.domain.volume import Volume, VoxelUnit

Points = NDArray[np.float64]

_GRID_MM = 5.0
_MOST_POINTS = 6000
_MOST_TRIALS = 120
_FIRST_STEP = np.array([0.12, 0.08, 4.0])
"""First trial step: about 7 degrees of turn, 5 of roll, 4 mm aside."""
_SOFT_HU = (-200.0, 800.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Head:
    """Coarse values ``[k, j, i]``, and a sample of the head's points (LPS mm) with their values."""

    values: NDArray[np.float32]
    voxel_from_patient: NDArray[np.float64]
    points_mm: Points
    values_at: NDArray[np.float32]

    def unlikeness(self, to_left: Points, at_mm: float) -> float:
        """1 minus the correlation of the head with its mirror image in a plane."""
        mirrored = self.points_mm - 2 * (self.points_mm @ to_left - at_mm)[:, None] * to_left
        ijk = mirrored @ self.voxel_from_patient[:3, :3].T + self.voxel_from_patient[:3, 3]
        across = ndimage.map_coordinates(self.values, ijk.T[::-1], order=1, mode="nearest")
        if across.std() == 0:
            return 1.0
        return 1.0 - float(np.corrcoef(across, self.values_at)[0, 1])


def most_symmetric(volume: Volume, to_left: Points, at_mm: float) -> tuple[Points, float]:
    """The plane near the given one (unit normal, offset in mm) across which the head mirrors itself best."""
    head = _head(volume)
    if head is None:
        return to_left, at_mm
    pivot = head.points_mm.mean(axis=0)

    def plane(turn: NDArray[np.float64]) -> tuple[Points, float]:
        normal = to_left + np.array([0.0, turn[0], turn[1]])
        normal /= np.linalg.norm(normal)
        return normal, float(pivot @ normal + turn[2])

    aside = at_mm - float(pivot @ to_left)
    start = np.array([0.0, 0.0, aside])
    simplex = start + np.vstack([np.zeros(3), np.diag(_FIRST_STEP)])
    best = optimize.minimize(
        lambda turn: head.unlikeness(*plane(turn)),
        start,
        method="Nelder-Mead",
        options={"initial_simplex": simplex, "maxfev": _MOST_TRIALS, "xatol": 0.005, "fatol": 1e-4},
    )
    return plane(best.x)


def _head(volume: Volume) -> _Head | None:
    strides = [max(1, round(_GRID_MM / step)) for step in reversed(volume.patient_from_voxel.spacing_mm)]
    values = volume.voxels[:: strides[0], :: strides[1], :: strides[2]].astype(np.float32)
    if volume.unit is VoxelUnit.HU:
        values = np.clip(values, *_SOFT_HU)
        mask = values > -100
    else:
        mask = values > 0.2 * float(np.percentile(values, 99))
    k, j, i = np.nonzero(mask)
    if len(k) < 100:
        return None
    chosen = np.linspace(0, len(k) - 1, min(len(k), _MOST_POINTS)).astype(int)
    k, j, i = k[chosen], j[chosen], i[chosen]
    affine = volume.patient_from_voxel.matrix.copy()
    affine[:3, :3] *= strides[::-1]
    points_mm = np.stack([i, j, k], axis=-1) @ affine[:3, :3].T + affine[:3, 3]
    return _Head(values, np.asarray(np.linalg.inv(affine), dtype=np.float64), points_mm, values[k, j, i])
