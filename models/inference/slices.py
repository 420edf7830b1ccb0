"""Any volume as the network's slices: averaged across thin ones, resampled to the network's pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pipeline.domain.geometry import Matrix

PIXEL_MM = 1.25
SLICE_MM = 5.0
THIN_MM = 3.5
"""Slices nearer together than this are averaged into slabs of about `SLICE_MM`."""


@dataclass(frozen=True, slots=True)
class Pitch:
    """The network's steps: ``pixel_mm`` in a slice; slices nearer than ``thin_mm`` become slabs of ``slab_mm``."""

    pixel_mm: float = PIXEL_MM
    slab_mm: float = SLICE_MM
    thin_mm: float = THIN_MM


HEAD_CT_PITCH = Pitch()

SliceReader = Callable[[int, int], Tensor]
"""Source slices ``first`` to ``last`` (exclusive) as float32 [n, j, i], on the device where they are kept."""


@dataclass(frozen=True, slots=True)
class SlicePlan:
    """How many network slices, rows and columns stand for how many source ones."""

    source_kji: tuple[int, int, int]
    network_kji: tuple[int, int, int]
    spacing_kji_mm: tuple[float, float, float]

    @property
    def pixel_mm2(self) -> float:
        """Area of one network pixel."""
        return self.spacing_kji_mm[1] * self.spacing_kji_mm[2]

    @property
    def source_from_network(self) -> Matrix:
        """Source voxel (i, j, k) of a network voxel: the same box in other steps."""
        matrix = np.eye(4)
        for axis in range(3):
            ratio = self.source_kji[2 - axis] / self.network_kji[2 - axis]
            matrix[axis, axis], matrix[axis, 3] = ratio, ratio / 2 - 0.5
        return matrix


def plan_slices(
    shape_kji: tuple[int, int, int], spacing_ijk_mm: tuple[float, float, float], pitch: Pitch = HEAD_CT_PITCH
) -> SlicePlan:
    """The network's grid over a volume: the same box, other steps."""
    dx, dy, dz = spacing_ijk_mm
    k, j, i = shape_kji
    slices = k if dz >= pitch.thin_mm else max(1, round(k * dz / pitch.slab_mm))
    rows, columns = (max(8, round(n * step / pitch.pixel_mm)) for n, step in ((j, dy), (i, dx)))
    spacing = (k * dz / slices, j * dy / rows, i * dx / columns)
    return SlicePlan(shape_kji, (slices, rows, columns), spacing)


def network_slices(read: SliceReader, plan: SlicePlan) -> Tensor:
    """Values of the network's slices, on the reader's device: float32 [k, j, i] of ``plan.network_kji``.

    No more than one slab of the source is held as float32 at a time.
    """
    return torch.cat([_slab(read, plan, n) for n in range(plan.network_kji[0])])


def _slab(read: SliceReader, plan: SlicePlan, n: int) -> Tensor:
    """One slab: the mean of its source slices, area-averaged to the network's pixels: [1, j, i]."""
    ratio = plan.source_kji[0] / plan.network_kji[0]
    first, last = n * ratio, (n + 1) * ratio
    indices = np.arange(int(first), min(int(np.ceil(last - 1e-9)), plan.source_kji[0]))
    weights = np.minimum(indices + 1, last) - np.maximum(indices, first)
    own = read(int(indices[0]), int(indices[-1]) + 1)
    shares = torch.from_numpy((weights / weights.sum()).astype(np.float32)).to(own.device)
    slab = torch.einsum("k,kji->ji", shares, own)
    return functional.interpolate(slab[None, None], size=plan.network_kji[1:], mode="bilinear", antialias=True)[0]
