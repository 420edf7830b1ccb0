"""Turn any volume to columns-left, rows-posterior, slices-head, by exact flips and swaps of axes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.geometry import Matrix, PatientFromVoxel
from pipeline.domain.volume import Volume, Voxels


@dataclass(frozen=True, slots=True, eq=False)
class Upright:
    """A volume's voxels [k, j, i] with i nearest to Left, j to Posterior, k to Head.

    ``axes`` and ``flips`` are what was done, in array order, so that a mask can go back.
    """

    voxels: Voxels
    patient_from_voxel: PatientFromVoxel
    axes: tuple[int, int, int]
    flips: tuple[bool, bool, bool]

    def blank(self) -> NDArray[np.uint8]:
        """An empty mask on these voxels, so laid out in memory that `back` need not copy it."""
        shape = [self.voxels.shape[axis] for axis in np.argsort(self.axes)]
        turned = np.transpose(np.zeros(shape, np.uint8), self.axes)
        return np.flip(turned, tuple(axis for axis in range(3) if self.flips[axis]))

    def back(self, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A mask on these voxels as a mask on the source's."""
        flipped = np.flip(mask, tuple(axis for axis in range(3) if self.flips[axis]))
        source: NDArray[np.uint8] = np.ascontiguousarray(np.transpose(flipped, np.argsort(self.axes)))
        return source


def upright(volume: Volume) -> Upright:
    """Reorient without interpolation; the world place of every voxel stays the same."""
    matrix = volume.patient_from_voxel.matrix
    order_xyz = _nearest_axes(matrix)
    # Voxel axis (i, j, k) = (0, 1, 2) is array axis 2, 1, 0.
    axes = tuple(2 - order_xyz[2 - axis] for axis in range(3))
    turned = np.transpose(volume.voxels, axes)
    columns = matrix[:, [*order_xyz, 3]].copy()
    flips_xyz = [bool(columns[axis, axis] < 0) for axis in range(3)]
    for axis, flip in enumerate(flips_xyz):
        if flip:
            count = turned.shape[2 - axis]
            columns[:3, 3] += columns[:3, axis] * (count - 1)
            columns[:3, axis] *= -1
    flips = (flips_xyz[2], flips_xyz[1], flips_xyz[0])
    voxels = np.flip(turned, tuple(axis for axis in range(3) if flips[axis]))
    return Upright(voxels, PatientFromVoxel(columns), (axes[0], axes[1], axes[2]), flips)


def _nearest_axes(matrix: Matrix) -> tuple[int, int, int]:
    """Which voxel axis lies nearest to patient x, y and z."""
    directions = np.abs(matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0))
    orders = ((a, b, c) for a, b, c in permutations(range(3)))
    return max(orders, key=lambda order: sum(directions[axis, order[axis]] for axis in range(3)))


def tilt_degrees(matrix: Matrix) -> float:
    """The largest angle between an upright volume's axes and the patient's."""
    directions = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    return float(np.degrees(np.arccos(np.clip(np.diag(directions), -1, 1))).max())
