"""Diffusion MR for training: painted heads made small, and scans of one place in them."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.random import Generator

from models.inference.diffusion import brain_median, channels
from models.synthesis import prior as priors
from models.synthesis.fields import Grid
from models.synthesis.mr.acquisition import acquire, draw_scan
from models.synthesis.mr.draw import Odds, draw
from models.synthesis.mr.masks import library
from models.synthesis.mr.paint import MR_GRID, PaintedMR, paint
from models.training.pool import HeadOfSeed, PooledHead, Sources
from models.training.samples import Sample
from models.training.slab import infarcts_z_mm, slab

TRAINED = Odds(pileup=0.7)

SPARSE_GRID = Grid(shape=(10, 36, 30), spacing_mm=(12.0, 6.0, 6.0), first_mm=(-89.25, -92.0, -42.0))
"""Enough of a whole head for the median of its brain, which a slab alone would not give."""

LEAST_PIXELS = 3
"""A slice with fewer infarcted pixels is not sought out."""

PAINTED = ("tissue", "adc", "fluid", "infarct", "shift_mm", "depth_mm")
"""What a scan is made of, of `PaintedMR`."""

SEEN_PIXELS = (128, 112)
"""Rows and columns of a sample: a head fits, seldom in the middle."""


def heads(sources: Sources, device: torch.device) -> HeadOfSeed:
    """Heads of which most have an acute infarct; of real shape where masks are given."""
    prior = priors.load(sources.prior, sources.anatomies, device)
    thinned = [one.thinned() for one in prior]
    masks = None if sources.lesion_masks is None else library(sources.lesion_masks, kept=sources.kept)

    def head_of_seed(seed: int) -> PooledHead:
        rng = np.random.default_rng(seed)
        recipe = draw(rng, len(prior), masks, TRAINED)
        part = slab(MR_GRID, infarcts_z_mm(recipe, masks), "bottom", rng)
        return pooled(paint(recipe, prior, masks, device, part), paint(recipe, thinned, masks, device, SPARSE_GRID))

    return head_of_seed


def pooled(painted: PaintedMR, sparse: PaintedMR) -> PooledHead:
    """A slab in half precision, where it begins, ``fluid_adc`` as a number, and a few voxels of the whole head."""
    area = (painted.infarct > 0.5).sum((1, 2))
    fields = {name: getattr(painted, name).half() for name in PAINTED}
    fields["fluid_adc"] = torch.tensor(painted.fluid_adc)
    fields["first_mm"] = torch.tensor(painted.grid.first_mm)
    fields["sparse"] = torch.stack((sparse.tissue, sparse.adc, sparse.fluid)).half()
    return PooledHead(fields, tuple(torch.nonzero(area > LEAST_PIXELS)[:, 0].tolist()))


def sample(head: PooledHead, rng: Generator) -> Sample:
    """One scan of one place in the head: float32 [6, j, i] and int64 [j, i]."""
    thickness = float(rng.uniform(2.0, 6.5) if rng.random() < 0.7 else 5.0)
    gap = thickness * float(rng.uniform(0.95, 1.4))
    painted = _painted(head)
    middle = _middle(head, painted.grid, rng, gap, thickness)
    scan = draw_scan(rng, there(_neighbours(middle, gap, rng), painted.grid), thickness)
    seen = acquire(painted, scan)
    # The median is of a whole head; what of it depends on the coil and on who cut the head is jitter.
    median = _median(head, scan.b) * math.exp(0.07 * rng.normal())
    inputs, labels = channels(seen.dwi, seen.adc, median), seen.marked[1].long()
    j, i = (int(rng.integers(0, n - m + 1)) for n, m in zip(labels.shape, SEEN_PIXELS, strict=True))
    inputs = inputs[:, j : j + SEEN_PIXELS[0], i : i + SEEN_PIXELS[1]]
    labels = labels[j : j + SEEN_PIXELS[0], i : i + SEEN_PIXELS[1]]
    return (inputs.flip(-1), labels.flip(-1)) if rng.random() < 0.5 else (inputs, labels)


def _middle(head: PooledHead, grid: Grid, rng: Generator, gap: float, thickness: float) -> float:
    """A place in mm above the slab's first slice, often where an infarct is.

    Its neighbours lie in the slab; where that ends with the head, as in a scan, one of them may be wanting.
    """
    low, high = room(grid, gap + thickness / 2, thickness / 2)
    if head.lesion_slices and rng.random() < 0.55:
        middle = float(rng.choice(head.lesion_slices)) * grid.spacing_mm[0] + rng.uniform(-1, 1)
    else:
        middle = float(rng.uniform(low, high))
    return min(max(middle, low), high)


def room(grid: Grid, reach_mm: float, least_mm: float) -> tuple[float, float]:
    """The lowest and highest place that may be asked for: ``least_mm`` from the head's own ends."""
    last = (grid.shape[0] - 1) * grid.spacing_mm[0]
    below = grid.first_mm[2] - MR_GRID.first_mm[2]
    above = (MR_GRID.shape[0] - 1) * MR_GRID.spacing_mm[0] - below - last
    return (reach_mm if below > 0 else least_mm, last - (reach_mm if above > 0 else least_mm))


def there(centres: tuple[float, float, float], grid: Grid) -> tuple[float, float, float]:
    """Beyond the head the middle slice stands in, as it does at the ends of a scan."""
    last = (grid.shape[0] - 1) * grid.spacing_mm[0]
    below, middle, above = centres
    return (below if below >= 0 else middle, middle, above if above <= last else middle)


def _painted(head: PooledHead) -> PaintedMR:
    fields = {name: head.fields[name] for name in PAINTED}
    slices, rows, columns = fields["tissue"].shape
    x, y, z = head.fields["first_mm"].tolist()
    grid = Grid((slices, rows, columns), MR_GRID.spacing_mm, (x, y, z))
    return PaintedMR(grid, fluid_adc=float(head.fields["fluid_adc"]), **fields)


def _median(head: PooledHead, b: float) -> float:
    """Median DWI of the whole head's brain."""
    fluid_adc = float(head.fields["fluid_adc"])
    tissue, adc, fluid = head.fields["sparse"].float()
    dwi = tissue * torch.exp(-b * adc) + fluid * math.exp(-b * fluid_adc)
    return brain_median(dwi, torch.where(fluid > 0.3, torch.full_like(adc, fluid_adc), adc))


def _neighbours(middle: float, gap: float, rng: Generator) -> tuple[float, float, float]:
    mode = rng.random()
    if mode < 0.15:
        return (middle, middle, middle)
    if mode < 0.2:
        return (middle, middle, middle + gap)
    if mode < 0.25:
        return (middle - gap, middle, middle)
    return (middle - gap, middle, middle + gap)
