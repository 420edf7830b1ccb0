"""Blood, painted by where it is found; every painter returns the HU and the blood fraction [k, j, i]."""

from __future__ import annotations

import torch
from torch import Tensor

from models.synthesis.anatomy import Head, irregular
from models.synthesis.fields import Grid, Noise, distance_to, step
from models.synthesis.recipe import Collection, Haematoma, HeadCTRecipe, Spill

Painted = tuple[Tensor, Tensor]


def with_blood(hu: Tensor, brain: Tensor, head: Head, recipe: HeadCTRecipe) -> Painted:
    """Paint all of a recipe's haemorrhage over ``hu``; blood fraction is 0..1."""
    blood = torch.zeros_like(hu)
    for haematoma in recipe.haematomas:
        hu, blood = _with_haematoma(hu, blood, brain, head, haematoma)
    for spill in recipe.spills:
        mask = _spilled(spill, brain, head)
        hu, blood = _filled(hu, blood, mask, spill.hu, (spill.texture, spill.texture_hu), head.grid)
    for collection, thickness in zip(recipe.collections, head.shells_mm, strict=True):
        hu, blood = _with_collection(hu, blood, head, collection, thickness)
    return hu, blood


def _filled(
    hu: Tensor, blood: Tensor, mask: Tensor, density: float, texture: tuple[Noise, float], grid: Grid
) -> Painted:
    mask = mask.clamp(0, 1)
    noise, amplitude = texture
    filling = density + noise.field(grid, hu)[0] * amplitude
    return hu * (1 - mask) + filling * mask, torch.maximum(blood, mask)


def _with_haematoma(hu: Tensor, blood: Tensor, brain: Tensor, head: Head, one: Haematoma) -> Painted:
    level = irregular(one.core, head.brain_at, head.grid)
    oedema = step(level + one.oedema_mm, 1.2) * brain * one.oedema
    hu = hu - (hu - one.oedema_hu).clamp(min=0) * oedema
    mask = step(level, one.core.softness_mm) * head.inside * step(head.depth_mm - 1, 1.0)
    hu, blood = _filled(hu, blood, mask, one.core.hu, (one.texture, one.texture_hu), head.grid)
    if one.level_mm is not None:
        above = mask * step(one.level_mm - head.brain_at[1], 0.7)
        hu = hu * (1 - above) + one.level_hu * above
    return hu, blood


def _with_collection(hu: Tensor, blood: Tensor, head: Head, one: Collection, thickness: Tensor) -> Painted:
    mask = step(thickness - head.depth_mm, 0.5) * step(head.depth_mm, 0.5) * (thickness > 1)
    hu, blood = _filled(hu, blood, mask, one.hu, (one.texture, one.texture_hu), head.grid)
    if one.level_mm is not None:
        above = mask * step(one.level_mm - head.skull_at[1], 4.0)
        hu = hu * (1 - above) + one.level_hu * above
    return hu, blood


def _spilled(spill: Spill, brain: Tensor, head: Head) -> Tensor:
    x, y, _ = head.brain_at
    if spill.where in ("falx", "tentorium"):
        return _sheet(spill, head)
    if spill.where == "ventricle":
        region = step(spill.noise.field(head.grid, x)[0] + spill.bias, 0.3)
        if spill.layered_mm is not None:
            region = step(y - spill.layered_mm, 0.8)
        if spill.side:
            region = region * step(spill.side * x, 2.0)
        return (head.ventricle * 1.3).clamp(0, 1) * region * (1 - brain * 0.6)
    # Blood opens the cisterns and sulci that it fills, so the prior's own fluid counts too.
    space = torch.maximum((1 - brain) * 1.5, (1 - head.grey - head.white) * 1.3)
    fluid = (space * head.inside * (1 - head.ventricle)).clamp(0, 1)
    near = (spill.radius_mm - distance_to(head.brain_at, spill.centre_mm)) / spill.softness_mm
    region = torch.sigmoid(near + spill.noise.field(head.grid, x)[0])
    return fluid * region * step(head.depth_mm - 0.5, 1.0) * spill.strength


def _sheet(spill: Spill, head: Head) -> Tensor:
    """Subdural blood lying along the falx or on the tentorium."""
    x, y, z = head.brain_at
    if spill.where == "falx":
        away = (x - spill.side * spill.thickness_mm / 2).abs()
        extent = step(z - 22 + (y - 15).abs() / 40 * 14, 4.0) * step(-head.cerebellum_mm, 2.0)
    else:
        away = (head.cerebellum_mm + spill.thickness_mm / 2).abs()
        extent = step(y - 22, 4.0) * step(z + 34, 4.0)
    near = (spill.radius_mm - distance_to(head.brain_at, spill.centre_mm)) / spill.softness_mm
    region = torch.sigmoid(near + spill.noise.field(head.grid, x)[0])
    return step(spill.thickness_mm / 2 - away, 0.5) * extent * region * head.inside
