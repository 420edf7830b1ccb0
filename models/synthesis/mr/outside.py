"""What a diffusion sequence shows outside the inner table: suppressed fat, muscle, eyes, veins."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from models.synthesis.mr.anatomy import Head
from models.synthesis.mr.recipe import Outside
from models.synthesis.prior import Anatomy


@dataclass(frozen=True, slots=True, eq=False)
class OutsideSignal:
    """Signal at b = 0 of tissue and of fluid, and the tissue's diffusion: [k, j, i]."""

    tissue: Tensor
    fluid: Tensor
    adc: Tensor


def outside_signal(head: Head, anatomy: Anatomy, outside: Outside) -> OutsideSignal:
    """Signals of a head as if it held no brain."""
    part = anatomy.sample(head.skull_at, ["soft", "fat", "eye", "spongy", "sinus"])
    mottle = (1 + outside.mottle * outside.noise.field(head.grid, head.depth_mm)[0]).clamp(0.05, 2.5)
    soft = (part["soft"] * outside.soft + part["sinus"] * outside.vein) * mottle
    fat = (part["fat"] * outside.fat + part["spongy"] * outside.marrow) * mottle
    adc = (soft * outside.soft_adc + fat * outside.fat_adc) / (soft + fat + 1e-3)
    return OutsideSignal(soft + fat, part["eye"] * outside.eye, adc)
