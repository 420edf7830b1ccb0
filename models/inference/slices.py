"""An upright volume as the network's slices, and the network's probability as voxels again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pipeline.domain.volume import Voxels

PIXEL_MM = 1.25
SLICE_MM = 5.0
THIN_MM = 3.5
"""Slices nearer together than this are averaged into slabs of about `SLICE_MM`."""


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


def plan_slices(shape_kji: tuple[int, int, int], spacing_ijk_mm: tuple[float, float, float]) -> SlicePlan:
    """The network's grid over a volume: the same box, other steps."""
    dx, dy, dz = spacing_ijk_mm
    k, j, i = shape_kji
    slices = k if dz >= THIN_MM else max(1, round(k * dz / SLICE_MM))
    rows, columns = max(8, round(j * dy / PIXEL_MM)), max(8, round(i * dx / PIXEL_MM))
    spacing = (k * dz / slices, j * dy / rows, i * dx / columns)
    return SlicePlan(shape_kji, (slices, rows, columns), spacing)


def network_slices(voxels: Voxels, plan: SlicePlan, device: torch.device) -> Tensor:
    """HU of the network's slices: float32 [k, j, i] of ``plan.network_kji``."""
    rows = [_slab(voxels, plan, n, device) for n in range(plan.network_kji[0])]
    return torch.cat(rows)


def _slab(voxels: Voxels, plan: SlicePlan, n: int, device: torch.device) -> Tensor:
    """One slab: the mean of its source slices, area-averaged to the network's pixels: [1, j, i]."""
    ratio = plan.source_kji[0] / plan.network_kji[0]
    first, last = n * ratio, (n + 1) * ratio
    indices = np.arange(int(first), min(int(np.ceil(last - 1e-9)), plan.source_kji[0]))
    weights = np.minimum(indices + 1, last) - np.maximum(indices, first)
    slab = np.einsum("k,kji->ji", weights / weights.sum(), voxels[indices[0] : indices[-1] + 1].astype(np.float32))
    image = torch.from_numpy(np.ascontiguousarray(slab, dtype=np.float32)).to(device)[None, None]
    return functional.interpolate(image, size=plan.network_kji[1:], mode="bilinear", antialias=True)[0]


def source_probability(probability: Tensor, plan: SlicePlan, first: int, last: int) -> Tensor:
    """The network's probability [k, j, i] on source slices ``first`` to ``last`` (exclusive)."""
    if plan.network_kji[0] == plan.source_kji[0]:
        slices = probability[first:last]
    else:
        place = (torch.arange(first, last, device=probability.device) + 0.5) * plan.network_kji[0]
        place = (place / plan.source_kji[0] - 0.5).clamp(0, plan.network_kji[0] - 1)
        below = place.floor().long()
        above = (below + 1).clamp(max=plan.network_kji[0] - 1)
        share = (place - below)[:, None, None]
        slices = probability[below] * (1 - share) + probability[above] * share
    size = plan.source_kji[1:]
    return functional.interpolate(slices[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]
