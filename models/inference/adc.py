"""Diffusivity in one unit, whatever the file says: which image is the ADC map, in what, or from b0."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.domain.errors import OutsideDeclaredInputs

ADC_UNITS = {"mm2/s": 1e3, "1e-3 mm2/s": 1.0, "1e-6 mm2/s": 1e-3}
"""Units that scanners and tools write, and what turns them into 1e-3 mm2/s."""

USUAL_UNIT = "1e-6 mm2/s"
"""What DICOM writes (PS3.16 CID 7180); not worth saying."""

PLAUSIBLE_BRAIN = (0.35, 2.4)
"""Median diffusivity of a brain slice or volume, 1e-3 mm2/s: 0.7 to 0.9 in adults, 1.5 in newborns, more
in a slice full of ventricle."""

SIGNAL_SHARE = 0.08
"""Share of the brightest hundredth below which a voxel is background."""

SWAPPED_BY = 0.3
"""How much more skewed to the bright side the DWI must be than the ADC map to call them swapped.

Fluid is the dark tail of DWI and the bright tail of ADC; on real and synthetic heads the difference is
about -1.4 when they are given right."""

LEAST_COVER = 0.3
LEAST_VOXELS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Diffusion:
    """DWI in grey values and ADC in 1e-3 mm2/s, 0 where unknown: both [k, j, i], and what was noticed."""

    dwi: Tensor
    adc: Tensor
    flags: tuple[str, ...] = ()


def from_map(dwi: Tensor, adc: Tensor) -> Diffusion:
    """Take DWI and an ADC map in any known unit; two that were swapped are swapped back, and that is said.

    Raises `OutsideDeclaredInputs` when the map is not one, or lies elsewhere.
    """
    seen = _signal(dwi) & _signal(adc)
    if int(seen.sum()) < LEAST_COVER * int(_signal(dwi).sum()):
        raise OutsideDeclaredInputs(
            "The ADC map covers less than a third of what the DWI shows: not the same patient or place?"
        )
    flags: tuple[str, ...] = ()
    if _swapped(dwi, adc, seen):
        dwi, adc = adc, dwi
        flags = ("DWI and ADC were given the wrong way round and were swapped back",)
    unit = unit_of(adc[seen])
    if unit is None:
        raise OutsideDeclaredInputs(
            f"The ADC map's median in the head is {float(adc[seen].median()):.3g}: no diffusivity of brain "
            "in mm2/s, 1e-3 mm2/s or 1e-6 mm2/s."
        )
    if unit != USUAL_UNIT:
        flags = (*flags, f"ADC is in {unit}, recognised by its values")
    return Diffusion(dwi, (adc * ADC_UNITS[unit]).clamp(0, 6), flags)


def from_b0(dwi: Tensor, b0: Tensor, b_value: float) -> Diffusion:
    """Compute ADC = ln(b0 / DWI) / b; ``b_value`` in s/mm2.

    Raises `OutsideDeclaredInputs` when b0 is not the same sequence without weighting.
    """
    seen = _signal(dwi) & _signal(b0)
    if int(seen.sum()) < LEAST_COVER * int(_signal(dwi).sum()):
        raise OutsideDeclaredInputs("The b0 image covers less than a third of what the DWI shows.")
    ratio = b0 / dwi.clamp(min=1e-6)
    adc = torch.log(ratio.clamp(1e-3, 1e3)) / b_value * 1e3
    adc = adc.clamp(0, 6) * seen
    median = float(adc[seen].median()) if bool(seen.any()) else 0.0
    low, high = PLAUSIBLE_BRAIN
    if not low <= median <= high:
        raise OutsideDeclaredInputs(
            f"b0 and DWI give a diffusivity of {median:.2f} x 1e-3 mm2/s with b = {b_value:g} s/mm2, which no brain "
            "has: are they one sequence, and is that its b-value?"
        )
    return Diffusion(dwi, adc, (f"ADC was computed from b0 and DWI with b = {b_value:g} s/mm2",))


def unit_of(brain: Tensor) -> str | None:
    """The unit in which these ADC values of a head would be a brain's, or nothing."""
    if not brain.numel():
        return None
    median = float(brain.median())
    low, high = PLAUSIBLE_BRAIN
    return next((unit for unit, scale in ADC_UNITS.items() if low <= median * scale <= high), None)


def skewness(values: Tensor) -> float:
    """Log ratio of the bright tail to the dark one: below 0 where fluid is dark, above where it is bright."""
    low, middle, high = torch.quantile(_thinned(values), values.new_tensor([0.05, 0.5, 0.95])).clamp(min=1e-9).tolist()
    return math.log(high * low / middle**2)


def _swapped(dwi: Tensor, adc: Tensor, seen: Tensor) -> bool:
    if int(seen.sum()) < LEAST_VOXELS or unit_of(dwi[seen]) is None:
        return False
    return skewness(dwi[seen]) - skewness(adc[seen]) > SWAPPED_BY


def _signal(values: Tensor) -> Tensor:
    """Voxels well above the background of an image."""
    positive = values[values > 0]
    if not positive.numel():
        return torch.zeros_like(values, dtype=torch.bool)
    return values > SIGNAL_SHARE * torch.quantile(_thinned(positive), 0.99)


def _thinned(values: Tensor) -> Tensor:
    """At most a million values: quantiles need no more."""
    return values.flatten()[:: max(1, values.numel() // 1_000_000)]
