"""Batches of what a network sees: three neighbouring slices, and the classes of the middle one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from models.training.pool import PooledHead

Sample = tuple[Tensor, Tensor]
Sampler = Callable[[PooledHead, Generator], Sample]
"""One scan of one place in a head: float32 [channel, j, i] and int64 [j, i]."""


def batch_of(sample: Sampler, heads: Sequence[PooledHead], size: int, rng: Generator) -> Sample:
    """``size`` samples of random heads: [n, channel, j, i] and [n, j, i]."""
    chosen = rng.integers(len(heads), size=size)
    inputs, labels = zip(*(sample(heads[int(n)], rng) for n in chosen), strict=True)
    return torch.stack(inputs), torch.stack(labels)


def fixed_batches(sample: Sampler, heads: Sequence[PooledHead], per_head: int, seed: int) -> list[Sample]:
    """The same samples every time, for validation."""
    rng = np.random.default_rng(seed)
    return [batch_of(sample, [head], per_head, rng) for head in heads]
