"""T2, diffusion and water of the brain: healthy, changed by look-alikes, infarcted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.synthesis.fields import blur, step
from models.synthesis.mr.anatomy import Head
from models.synthesis.mr.masks import MaskLibrary, placed
from models.synthesis.mr.recipe import HeadMRRecipe, Infarct, Patch
from models.synthesis.mr.shapes import Box, covered
from pipeline.domain.errors import ConfigurationError

WHOLE: Box = (slice(None), slice(None), slice(None))


@dataclass(slots=True, eq=False)
class Parenchyma:
    """Brain while it is painted, each [k, j, i].

    ``t2_ms``, ``adc`` in 1e-3 mm2/s, water ``density``, ``signal`` left by susceptibility, and ``brain``,
    how much of a voxel is brain.
    """

    t2_ms: Tensor
    adc: Tensor
    density: Tensor
    signal: Tensor
    brain: Tensor


def healthy(head: Head, recipe: HeadMRRecipe) -> Parenchyma:
    """The brain before any lesion but the white matter changes of age."""
    tissue, white = recipe.tissue, head.white
    texture = tissue.texture.field(head.grid, white, channels=2)
    cerebellum = 1 + (tissue.cerebellum_t2 - 1) * step(head.cerebellum_mm, 1.0)
    t2 = (tissue.grey_t2_ms + (tissue.white_t2_ms - tissue.grey_t2_ms) * white) * cerebellum
    t2 = t2 * (1 + tissue.texture_t2 * texture[0])
    adc = (tissue.grey_adc + (tissue.white_adc - tissue.grey_adc) * white) * (1 + tissue.texture_adc * texture[1])
    density = 1 + (tissue.white_density - 1) * white
    found = Parenchyma(t2, adc, density, torch.ones_like(t2), head.brain.clone())
    if tissue.leukoaraiosis:
        _leukoaraiosis(found, head, recipe)
    return found


def _leukoaraiosis(found: Parenchyma, head: Head, recipe: HeadMRRecipe) -> None:
    tissue = recipe.tissue
    around = (blur((head.ventricle > 0.4).float(), (2.5, 3.5, 3.5)) * 3).clamp(0, 1)
    patchy = (1 + 0.6 * tissue.leukoaraiosis_noise.field(head.grid, around)[0]).clamp(0, 2)
    amount = around * head.white * patchy * tissue.leukoaraiosis
    found.t2_ms *= 1 + amount
    found.adc *= 1 + 0.9 * amount


def changed(found: Parenchyma, patch: Patch, head: Head) -> None:
    """Paint one patch that is no infarct."""
    place = covered(patch.shape, head.skull_at if patch.push else head.brain_at)
    if place is None:
        return
    box, amount = place
    if patch.white_only:
        amount = amount * head.white[box]
    if patch.solid:
        amount = amount * head.inside[box]
        found.brain[box] = found.brain[box] + (1 - found.brain[box]) * amount
    target = found.adc[box] * patch.adc_ratio if patch.adc is None else torch.full_like(amount, patch.adc)
    found.adc[box] = found.adc[box] + (target - found.adc[box]) * amount
    found.t2_ms[box] = found.t2_ms[box] * (1 + (patch.t2_ratio - 1) * amount)
    found.signal[box] = found.signal[box] * (1 - (1 - patch.signal) * amount)


def infarcted(found: Parenchyma, infarcts: Sequence[Infarct], head: Head, masks: MaskLibrary | None) -> Tensor:
    """Paint the infarcts; returns how much of each voxel is infarct, 0..1."""
    whole = torch.zeros_like(found.adc)
    for infarct in infarcts:
        place = _place(infarct, head, masks)
        if place is None:
            continue
        box, amount = place
        amount = amount * _limits(infarct, head, box)
        _injure(found, infarct, amount, head, box)
        whole[box] = torch.maximum(whole[box], amount)
    return whole


def _place(infarct: Infarct, head: Head, masks: MaskLibrary | None) -> tuple[Box, Tensor] | None:
    if infarct.mask is None:
        return None if infarct.shape is None else covered(infarct.shape, head.brain_at)
    if masks is None:
        raise ConfigurationError("this head was drawn with real infarct masks: give their folder (--lesion-masks).")
    return WHOLE, placed(masks.read(infarct.mask.name), infarct.mask, head.brain_at)


def _limits(infarct: Infarct, head: Head, box: Box) -> Tensor:
    """How much of the tissue in a box the infarct may take: a hemisphere, above the tentorium, grey or white."""
    white = head.white[box]
    share = white * infarct.white_share + (1 - white) * infarct.grey_share
    if infarct.side:
        share = share * step(infarct.side * head.brain_at[0][box], 0.8)
    if infarct.above_tentorium:
        share = share * step(-head.cerebellum_mm[box], 0.8)
    return share


def _injure(found: Parenchyma, infarct: Infarct, amount: Tensor, head: Head, box: Box) -> None:
    mottle = torch.ones_like(amount)
    if infarct.mottle and amount.numel() > LEAST_MOTTLED:
        k, j, i = amount.shape
        grid = head.grid if box is WHOLE else head.grid.box((k, j, i))
        mottle = (1 + infarct.mottle * infarct.mottle_noise.field(grid, amount)[0]).clamp(0.45, 1.5)
    strength = amount * mottle
    found.adc[box] = found.adc[box] * (1 + (infarct.adc_ratio - 1) * strength).clamp(min=0.3)
    found.t2_ms[box] = found.t2_ms[box] * (1 + (infarct.t2_ratio - 1) * strength)
    if infarct.bled:
        found.signal[box] = found.signal[box] * (1 - infarct.bled * (strength - 0.9).clamp(0, 0.4))


LEAST_MOTTLED = 600
"""Voxels of a box below which an infarct is even."""
