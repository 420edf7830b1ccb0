"""Resample one grid onto another through their affines: oblique volumes, companions, results back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from models.inference.slices import SliceReader
from pipeline.domain.geometry import Matrix, PatientFromVoxel

LARGEST_TILT_DEGREES = 30.0
"""The network was shown heads turned about this far; beyond it the volume is straightened first."""

SAME_MM = 0.05
"""Grids whose corners agree this well are the same grid."""

Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Voxels' place and number: an affine to patient LPS mm, and the shape [k, j, i]."""

    matrix: Matrix
    shape_kji: Shape

    def corners_mm(self) -> Matrix:
        """The eight outer corners of the box, patient LPS mm [8, 3]."""
        k, j, i = self.shape_kji
        ends = [[a, b, c] for a in (-0.5, i - 0.5) for b in (-0.5, j - 0.5) for c in (-0.5, k - 0.5)]
        return PatientFromVoxel(self.matrix).patient_mm(np.array(ends))

    def same_as(self, other: Grid) -> bool:
        """Whether a voxel of one lies where the same voxel of the other does."""
        if self.shape_kji != other.shape_kji:
            return False
        return bool(np.abs(self.corners_mm() - other.corners_mm()).max() < SAME_MM)


def straight_grid(grid: Grid, voxel_limit: int = 40_000_000) -> Grid:
    """A patient-aligned grid around an oblique one.

    1 mm in the plane, 2.5 mm across it; coarser when it would hold more than ``voxel_limit`` voxels.
    """
    world = grid.corners_mm()
    low, high = world.min(0), world.max(0)
    step = np.array([1.0, 1.0, 2.5])
    while np.prod(np.ceil((high - low) / step)) > voxel_limit:
        step = step * 1.25
    counts = np.maximum(1, np.ceil((high - low) / step)).astype(int)
    straight = np.diag([*step, 1.0])
    straight[:3, 3] = low + step / 2
    return Grid(straight, (int(counts[2]), int(counts[1]), int(counts[0])))


def slices_on(target: Grid, own: SliceReader, source: Grid, outside: float) -> SliceReader:
    """Read slices of ``target`` from the ``own`` slices of ``source``: trilinear, ``outside`` beyond it.

    Where the two are the same grid nothing is interpolated.
    """
    if source.same_as(target):
        return own
    whole = own(0, source.shape_kji[0])
    step = np.linalg.inv(source.matrix) @ target.matrix

    def read(first: int, last: int) -> Tensor:
        planes = [_plane(whole, step, k, target.shape_kji[1:]) for k in range(first, last)]
        return torch.stack([values.masked_fill(beyond, outside) for values, beyond in planes])

    return read


def _plane(source: Tensor, step: Matrix, k: int, shape_ji: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Slice ``k`` of another grid with the border going on, and where it lies beyond the source."""
    steps = (torch.arange(count, dtype=torch.float32, device=source.device) for count in shape_ji)
    rows, columns = torch.meshgrid(*steps, indexing="ij")
    places, beyond = [], torch.zeros(shape_ji, dtype=torch.bool, device=source.device)
    for axis, count in enumerate(reversed(source.shape)):
        index = step[axis, 0] * columns + step[axis, 1] * rows + step[axis, 2] * k + step[axis, 3]
        beyond |= (index < -0.5) | (index > count - 0.5)
        places.append((2 * index + 1) / count - 1)
    grid = torch.stack(places, dim=-1)[None, None].float()
    values = functional.grid_sample(source[None, None], grid, align_corners=False, padding_mode="border")
    return values[0, 0, 0], beyond


def interpolated(values: Tensor, source: Matrix, target: Matrix, box: tuple[slice, slice, slice]) -> Tensor:
    """``values`` [k, j, i] on the voxels of ``box`` of a target grid; the border goes on outside.

    Two grids with the same axes need only a weight matrix for each, which is several times faster.
    """
    step = np.linalg.inv(source) @ target @ corner_of(box)
    shape = tuple(one.stop - one.start for one in box)
    if np.abs(step[:3, :3] - np.diag(np.diag(step[:3, :3]))).max() > 1e-6:
        return torch.stack([_plane(values, step, k, (shape[1], shape[2]))[0] for k in range(shape[0])])
    columns, rows, slices = (
        _weights(step[axis, axis], step[axis, 3], shape[2 - axis], values.shape[2 - axis]).to(values.device)
        for axis in range(3)
    )
    sliced = (slices @ values.flatten(1)).view(shape[0], *values.shape[1:])
    return rows @ sliced @ columns.T


def corner_of(box: tuple[slice, slice, slice]) -> Matrix:
    """Voxel (i, j, k) of a grid from one of a box [k, j, i] of it."""
    shift = np.eye(4)
    shift[:3, 3] = [box[2].start, box[1].start, box[0].start]
    return shift


def _weights(step: float, first: float, count: int, source_count: int) -> Tensor:
    """Linear interpolation along one axis as a matrix [count, source_count]."""
    place = np.clip(np.arange(count) * step + first, 0, source_count - 1)
    below = np.minimum(place.astype(int), max(0, source_count - 2))
    share = place - below
    matrix = np.zeros((count, source_count), np.float32)
    matrix[np.arange(count), below] = 1 - share
    matrix[np.arange(count), np.minimum(below + 1, source_count - 1)] += share
    return torch.from_numpy(matrix)
