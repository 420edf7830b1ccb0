"""From a painted head to what the network sees: three neighbouring slices and the mask of the middle one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from models.inference.windows import windowed
from models.synthesis.acquisition import acquire, draw_scan
from models.synthesis.kinds import Kind
from models.synthesis.paint import HEAD_GRID
from models.training.pool import PooledHead

Sample = tuple[Tensor, Tensor]


def sample(head: PooledHead, rng: Generator) -> Sample:
    """One scan of one place in the head: float32 [6, j, i] and int64 [j, i]."""
    dz, last = HEAD_GRID.spacing_mm[0], HEAD_GRID.shape[0] - 1
    if head.bloody_slices and rng.random() < 0.55:
        middle = float(rng.choice(head.bloody_slices)) * dz + rng.uniform(-1, 1)
    elif rng.random() < 0.3:
        # The vertex, where bone lies in the slice and mimics blood.
        middle = float(rng.uniform(0.68, 0.97)) * last * dz
    else:
        middle = float(rng.uniform(4, last * dz - 4))
    thickness = float(rng.uniform(1.0, 8.5) if rng.random() < 0.8 else 5.0)
    seen = acquire(head.painted(), draw_scan(rng, _neighbours(middle, thickness, rng), thickness))
    hu, kind = (seen.hu.flip(-1), seen.kind.flip(-1)) if rng.random() < 0.5 else (seen.hu, seen.kind)
    return windowed(_clipped(hu, rng)), ((kind[1] > 0) & (kind[1] < Kind.ISCHAEMIA)).long()


def _neighbours(middle: float, thickness: float, rng: Generator) -> tuple[float, float, float]:
    gap = max(3.5, thickness) * float(rng.uniform(0.95, 1.25))
    mode = rng.random()
    if mode < 0.3:
        return (middle, middle, middle)
    if mode < 0.36:
        return (middle, middle, middle + gap)
    if mode < 0.42:
        return (middle - gap, middle, middle)
    return (middle - gap, middle, middle + gap)


def _clipped(hu: Tensor, rng: Generator) -> Tensor:
    """HU as a viewer or an export may have cut them."""
    low = float(rng.uniform(-120, 6)) if rng.random() < 0.4 else -1024.0
    high = float(rng.uniform(70, 260)) if rng.random() < 0.4 else 3000.0
    return hu.clamp(0, 255) if rng.random() < 0.2 else hu.clamp(low, high)


def batch_of(heads: Sequence[PooledHead], size: int, rng: Generator) -> Sample:
    """``size`` samples of random heads: [n, 6, j, i] and [n, j, i]."""
    chosen = rng.integers(len(heads), size=size)
    inputs, labels = zip(*(sample(heads[int(n)], rng) for n in chosen), strict=True)
    return torch.stack(inputs), torch.stack(labels)


def fixed_batches(heads: Sequence[PooledHead], per_head: int, seed: int) -> list[Sample]:
    """The same samples every time, for validation."""
    rng = np.random.default_rng(seed)
    return [batch_of([head], per_head, rng) for head in heads]
