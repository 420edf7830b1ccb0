"""Synthetic slices for the gallery: painted and scanned as for training, other heads for every seed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.gallery.slices import Sample
from models.inference.diffusion import PARENCHYMA_ADC, brain_median
from models.inference.skull import intracranial
from models.synthesis import acquisition, draw, paint
from models.synthesis import prior as priors
from models.synthesis.fields import Grid
from models.synthesis.mr import acquisition as mr_acquisition
from models.synthesis.mr import draw as mr_draw
from models.synthesis.mr import paint as mr_paint
from models.synthesis.mr.masks import MaskLibrary, library
from models.synthesis.prior import Anatomy

THICK_MM = 5.0
LOWEST_MM, HIGHEST_MM = 30.0, 115.0
"""Slices are taken through the brain, between skull base and vertex."""


def anatomies(prior: Path) -> tuple[Anatomy, ...]:
    """All anatomies of a folder."""
    return priors.load(prior)


def ct(prior: Sequence[Anatomy], count: int, seed: int, grid: Grid = paint.HEAD_GRID) -> list[Sample]:
    """``count`` head CT slices of 5 mm, each of another head; where one bleeds, through its blood."""
    return [_ct(prior, np.random.default_rng((seed, n)), n, grid) for n in range(count)]


def _ct(prior: Sequence[Anatomy], rng: np.random.Generator, number: int, grid: Grid) -> Sample:
    painted = paint.paint(draw.draw(rng, len(prior)), prior, grid=grid)
    middle = _through(painted.blood.sum((1, 2)).numpy(), painted.grid.spacing_mm[0], rng)
    centres = (middle - THICK_MM, middle, middle + THICK_MM)
    seen = acquisition.acquire(painted, acquisition.draw_scan(rng, centres, THICK_MM))
    hu = np.clip(seen.hu[1].numpy(), -1024, 3071)
    tissue = intracranial(torch.from_numpy(hu[None]), painted.grid.spacing_mm[2])[0].numpy()
    return Sample(f"head {number}", "CT", hu, tissue, seen.kind[1].numpy() > 0)


def mr(
    prior: Sequence[Anatomy], masks: Path | None, count: int, seed: int, grid: Grid = mr_paint.MR_GRID
) -> list[Sample]:
    """``count`` diffusion slices of 5 mm, each of another head; without masks no infarct has a real shape."""
    known = library(masks, kept=False) if masks else None
    return [_mr(prior, known, np.random.default_rng((seed, n)), n, grid) for n in range(count)]


def _mr(
    prior: Sequence[Anatomy], masks: MaskLibrary | None, rng: np.random.Generator, number: int, grid: Grid
) -> Sample:
    painted = mr_paint.paint(mr_draw.draw(rng, len(prior), masks), prior, masks, grid=grid)
    middle = _through(painted.infarct.sum((1, 2)).numpy(), painted.grid.spacing_mm[0], rng)
    centres = (middle - THICK_MM, middle, middle + THICK_MM)
    seen = mr_acquisition.acquire(painted, mr_acquisition.draw_scan(rng, centres, THICK_MM))
    return diffusion_sample(f"head {number}", seen.dwi[1].numpy(), seen.adc[1].numpy(), seen.marked[1].numpy())


def diffusion_sample(name: str, dwi: NDArray[Any], adc: NDArray[Any], lesion: NDArray[Any]) -> Sample:
    """A diffusion slice [j, i], its DWI over the median of brain; ``adc`` in 1e-3 mm2/s."""
    image = dwi.astype(np.float32)
    median = brain_median(torch.from_numpy(image), torch.from_numpy(adc.astype(np.float32)))
    bright = image / max(median, 1e-6)
    tissue = (bright > 0.3) & (adc > PARENCHYMA_ADC[0]) & (adc < PARENCHYMA_ADC[1])
    return Sample(name, "MR", bright, tissue, lesion.astype(bool), adc.astype(np.float32))


def _through(extent: NDArray[Any], step_mm: float, rng: np.random.Generator) -> float:
    """Height in mm above the grid's first slice: through the lesion where there is one."""
    if extent.sum() > 0:
        return float(np.clip(np.average(np.arange(len(extent)), weights=extent) * step_mm, LOWEST_MM, HIGHEST_MM))
    return float(rng.uniform(LOWEST_MM, HIGHEST_MM))
