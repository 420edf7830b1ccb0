"""Resample a strongly oblique volume to the patient's axes, and its result back."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pipeline.domain.geometry import Matrix, PatientFromVoxel

LARGEST_TILT_DEGREES = 30.0
"""The network was shown heads turned about this far; beyond it the volume is straightened first."""


def straight_grid(
    matrix: Matrix, shape_kji: tuple[int, int, int], voxel_limit: int = 40_000_000
) -> tuple[Matrix, tuple[int, int, int]]:
    """A patient-aligned grid around an oblique volume: its affine and shape [k, j, i].

    1 mm in the plane, 2.5 mm across it; coarser when it would hold more than ``voxel_limit`` voxels.
    """
    k, j, i = shape_kji
    corners = np.array([[a, b, c] for a in (-0.5, i - 0.5) for b in (-0.5, j - 0.5) for c in (-0.5, k - 0.5)])
    world = PatientFromVoxel(matrix).patient_mm(corners)
    low, high = world.min(0), world.max(0)
    step = np.array([1.0, 1.0, 2.5])
    while np.prod(np.ceil((high - low) / step)) > voxel_limit:
        step = step * 1.25
    counts = np.maximum(1, np.ceil((high - low) / step)).astype(int)
    straight = np.diag([*step, 1.0])
    straight[:3, 3] = low + step / 2
    return straight, (int(counts[2]), int(counts[1]), int(counts[0]))


def resampled(
    source: Tensor, source_affine: Matrix, target_affine: Matrix, target_shape: tuple[int, int, int], outside: float
) -> Tensor:
    """``source`` [k, j, i] on another grid, trilinear; beyond the source it is ``outside``."""
    step = np.linalg.inv(source_affine) @ target_affine
    slices = [_plane(source, step, k, target_shape[1:], outside) for k in range(target_shape[0])]
    return torch.stack(slices)


def _plane(source: Tensor, step: Matrix, k: int, shape_ji: tuple[int, int], outside: float) -> Tensor:
    rows, columns = torch.meshgrid(
        torch.arange(shape_ji[0], dtype=torch.float32), torch.arange(shape_ji[1], dtype=torch.float32), indexing="ij"
    )
    places = []
    for axis, count in enumerate(reversed(source.shape)):
        index = step[axis, 0] * columns + step[axis, 1] * rows + step[axis, 2] * k + step[axis, 3]
        places.append((2 * index + 1) / count - 1)
    grid = torch.stack(places, dim=-1)[None, None].to(source.device, torch.float32)
    values = functional.grid_sample((source - outside)[None, None], grid, align_corners=False, padding_mode="zeros")
    return values[0, 0, 0] + outside
