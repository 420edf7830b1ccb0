"""Diffusion MR for training: painted heads made small, and scans of one place in them."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.random import Generator

from models.inference.diffusion import brain_median, channels
from models.synthesis import prior as priors
from models.synthesis.mr.acquisition import acquire, draw_scan
from models.synthesis.mr.draw import Odds, draw
from models.synthesis.mr.masks import library
from models.synthesis.mr.paint import MR_GRID, PaintedMR, paint
from models.training.pool import HeadOfSeed, PooledHead, Sources
from models.training.samples import Sample

TRAINED = Odds(pileup=0.7)

LEAST_PIXELS = 3
"""A slice with fewer infarcted pixels is not sought out."""

SEEN_PIXELS = (128, 112)
"""Rows and columns of a sample: a head fits, seldom in the middle."""


def heads(sources: Sources, device: torch.device) -> HeadOfSeed:
    """Heads of which most have an acute infarct; of real shape where masks are given."""
    prior = priors.load(sources.prior, sources.anatomies, device)
    masks = None if sources.lesion_masks is None else library(sources.lesion_masks, kept=sources.kept)

    def head_of_seed(seed: int) -> PooledHead:
        recipe = draw(np.random.default_rng(seed), len(prior), masks, TRAINED)
        return pooled(paint(recipe, prior, masks, device))

    return head_of_seed


def pooled(painted: PaintedMR) -> PooledHead:
    """Everything in half precision, and ``fluid_adc`` as a number."""
    area = (painted.infarct > 0.5).sum((1, 2))
    names = ("tissue", "adc", "fluid", "infarct", "shift_mm", "depth_mm")
    fields = {name: getattr(painted, name).half() for name in names}
    fields["fluid_adc"] = torch.tensor(painted.fluid_adc)
    return PooledHead(fields, tuple(torch.nonzero(area > LEAST_PIXELS)[:, 0].tolist()))


def sample(head: PooledHead, rng: Generator) -> Sample:
    """One scan of one place in the head: float32 [6, j, i] and int64 [j, i]."""
    dz, last = MR_GRID.spacing_mm[0], MR_GRID.shape[0] - 1
    if head.lesion_slices and rng.random() < 0.55:
        middle = float(rng.choice(head.lesion_slices)) * dz + rng.uniform(-1, 1)
    else:
        middle = float(rng.uniform(3, last * dz - 3))
    thickness = float(rng.uniform(2.0, 6.5) if rng.random() < 0.7 else 5.0)
    painted = _painted(head)
    scan = draw_scan(rng, _neighbours(middle, thickness, rng), thickness)
    seen = acquire(painted, scan)
    # The median is of a whole head; what of it depends on the coil and on who cut the head is jitter.
    median = _median(painted, scan.b) * math.exp(0.07 * rng.normal())
    inputs, labels = channels(seen.dwi, seen.adc, median), seen.marked[1].long()
    j, i = (int(rng.integers(0, n - m + 1)) for n, m in zip(labels.shape, SEEN_PIXELS, strict=True))
    inputs = inputs[:, j : j + SEEN_PIXELS[0], i : i + SEEN_PIXELS[1]]
    labels = labels[j : j + SEEN_PIXELS[0], i : i + SEEN_PIXELS[1]]
    return (inputs.flip(-1), labels.flip(-1)) if rng.random() < 0.5 else (inputs, labels)


def _painted(head: PooledHead) -> PaintedMR:
    fields = dict(head.fields)
    fluid_adc = float(fields.pop("fluid_adc"))
    return PaintedMR(MR_GRID, fluid_adc=fluid_adc, **fields)


def _median(painted: PaintedMR, b: float) -> float:
    """Median DWI of the brain, from one voxel in some hundred."""
    few = (slice(12, None, 6), slice(None, None, 4), slice(None, None, 4))
    adc = painted.adc[few].float()
    fluid = painted.fluid[few].float()
    dwi = painted.tissue[few].float() * torch.exp(-b * adc) + fluid * math.exp(-b * painted.fluid_adc)
    return brain_median(dwi, torch.where(fluid > 0.3, torch.full_like(adc, painted.fluid_adc), adc))


def _neighbours(middle: float, thickness: float, rng: Generator) -> tuple[float, float, float]:
    gap = thickness * float(rng.uniform(0.95, 1.4))
    mode = rng.random()
    if mode < 0.15:
        return (middle, middle, middle)
    if mode < 0.2:
        return (middle, middle, middle + gap)
    if mode < 0.25:
        return (middle - gap, middle, middle)
    return (middle - gap, middle, middle + gap)
