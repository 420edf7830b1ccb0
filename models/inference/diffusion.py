"""The network's view of diffusion MR: neighbouring slices, each as DWI over the brain's median and as ADC."""

from __future__ import annotations

import torch
from torch import Tensor

NEIGHBOURS = 3
"""Slices the network sees at once: the one to label and one on each side."""

CHANNELS = 2 * NEIGHBOURS
PIXEL_MM = 1.5

PARENCHYMA_ADC = (0.4, 1.15)
"""Diffusivity of brain without fluid, 1e-3 mm2/s, lesions included."""

SEEN = 0.15
"""Share of the brightest signal below which a voxel is background."""


def brain_median(dwi: Tensor, adc: Tensor) -> float:
    """Median DWI of what diffuses like brain; the same with and without skull.

    ``adc`` is in 1e-3 mm2/s, 0 where unknown. Scalp and fat are darker or diffuse otherwise, so that no
    brain mask is needed. Falls back to everything seen when ADC is unknown, and to 1 when nothing is.
    """
    values, diffusion = dwi.flatten(), adc.flatten()
    every = max(1, values.numel() // 1_000_000)
    values, diffusion = values[::every].float(), diffusion[::every].float()
    positive = values[values > 0]
    if not positive.numel():
        return 1.0
    seen = values > SEEN * torch.quantile(positive, 0.99)
    brain = seen & (diffusion > PARENCHYMA_ADC[0]) & (diffusion < PARENCHYMA_ADC[1])
    chosen = values[brain if int(brain.sum()) > LEAST_BRAIN * int(seen.sum()) else seen]
    # Scalp and noise may outnumber brain but are darker than it.
    return float(chosen[chosen > 0.5 * torch.quantile(chosen, 0.75)].median())


LEAST_BRAIN = 0.05
"""Share of what is seen that must diffuse like brain for ADC to be believed."""


def channels(dwi: Tensor, adc: Tensor, median: float) -> Tensor:
    """[..., slice, j, i] of DWI and of ADC (1e-3 mm2/s), stacked before the rows: [..., 2 * slice, j, i]."""
    bright = (dwi / max(median, 1e-6) - 1).clamp(-1, 5)
    return torch.cat((bright, adc.clamp(0, 3) - 1), dim=-3)
