"""Measurements of diffusion MR that tell whether it is a head as the model knows them; each explains itself."""

from __future__ import annotations

from torch import Tensor

from models.inference.diffusion import PARENCHYMA_ADC
from models.inference.morphology import shrunk
from models.inference.quantiles import median
from models.inference.texture import noise, texture

MARGIN_MM = 6.0
FLUID_ADC = 2.0
BRIGHT = 2.5
"""DWI, in brain medians, that only lesions and artefacts reach."""

LIKE_BRAIN = (0.6, 1.5)
OWN_SLICES = 5

LEAST_PIXELS = 300
"""With less brain than this to measure, a figure is not given."""

LEAST_FLUID_PIXELS = 40
LEAST_SLICES = 3


def look(bright: Tensor, adc: Tensor, inside: Tensor, pixel_mm: float) -> dict[str, float]:
    """Figures of network slices [k, j, i]: DWI in brain medians, ADC in 1e-3 mm2/s, and the brain with a margin.

    A figure that cannot be measured is left out. Noise is not among them: interpolation takes it away.
    """
    core = shrunk(inside, max(1, round(MARGIN_MM / pixel_mm)))
    known = core & (adc > 0)
    figures = {"brain_cm2": float(inside.sum((1, 2)).max()) * pixel_mm**2 / 100}
    if known.sum() < LEAST_PIXELS:
        return figures
    figures["brain_adc"] = median(adc[known])
    figures["bright_share"] = float((bright[core] > BRIGHT).float().mean())
    return {**figures, **_tissue(bright, adc, known), **_fluid(bright, adc, known)}


def _tissue(bright: Tensor, adc: Tensor, known: Tensor) -> dict[str, float]:
    tissue = known & (adc > PARENCHYMA_ADC[0]) & (adc < PARENCHYMA_ADC[1])
    if tissue.sum() < LEAST_PIXELS:
        return {}
    return {"dwi_texture": texture(bright.clamp(0, BRIGHT), tissue)}


def noise_of(own: Tensor) -> dict[str, float]:
    """Noise of a few of the scan's own slices [k, j, i], DWI in brain medians, in what is as bright as brain."""
    like_brain = shrunk((own > LIKE_BRAIN[0]) & (own < LIKE_BRAIN[1]), 1)
    return {"dwi_noise": noise(own, like_brain)} if like_brain.sum() >= LEAST_PIXELS / 3 else {}


def _fluid(bright: Tensor, adc: Tensor, known: Tensor) -> dict[str, float]:
    fluid = known & (adc > FLUID_ADC)
    figures = {}
    if len(adc) >= LEAST_SLICES:
        figures["fluid_share"] = float(fluid.sum() / known.sum())
    if fluid.sum() >= LEAST_FLUID_PIXELS:
        figures["fluid_brightness"] = median(bright[fluid])
    return figures
