"""Blood, painted by where it is found."""

from __future__ import annotations

import torch
from torch import Tensor

from models.synthesis.anatomy import Head, irregular
from models.synthesis.fields import Grid, Noise, distance_to, step
from models.synthesis.kinds import Kind
from models.synthesis.recipe import Collection, Haematoma, HeadCTRecipe, Spill

SPILLED = {
    "ventricle": Kind.INTRAVENTRICULAR,
    "cistern": Kind.SUBARACHNOID,
    "sulci": Kind.SUBARACHNOID,
    "falx": Kind.SUBDURAL,
    "tentorium": Kind.SUBDURAL,
}
"""Which kind of haemorrhage a spill is, by where it lies."""


class Bleeding:
    """A head while blood is painted into it: HU, blood fraction 0..1 and `Kind`, each [k, j, i]."""

    def __init__(self, hu: Tensor) -> None:
        self.hu = hu
        self.blood = torch.zeros_like(hu)
        self.kind = torch.zeros_like(hu, dtype=torch.uint8)

    def fill(self, mask: Tensor, kind: Kind, density: float, texture: tuple[Noise, float], grid: Grid) -> None:
        """Blood of one density and texture where ``mask``, 0..1, says; later blood lies over earlier."""
        mask = mask.clamp(0, 1)
        noise, amplitude = texture
        filling = density + noise.field(grid, self.hu)[0] * amplitude
        self.hu = self.hu * (1 - mask) + filling * mask
        self.kind[(mask > 0.5) | (mask > self.blood.clamp(min=0.02))] = int(kind)
        self.blood = torch.maximum(self.blood, mask)

    def settle(self, mask: Tensor, above: Tensor, hu: float) -> None:
        """Serum over a fluid level: what of ``mask`` lies ``above`` takes another density."""
        share = mask * above
        self.hu = self.hu * (1 - share) + hu * share


def with_blood(hu: Tensor, brain: Tensor, head: Head, recipe: HeadCTRecipe) -> Bleeding:
    """Paint all of a recipe's haemorrhage over ``hu``."""
    bleeding = Bleeding(hu)
    for haematoma in recipe.haematomas:
        _add_haematoma(bleeding, brain, head, haematoma)
    for spill in recipe.spills:
        mask = _spilled(spill, brain, head)
        bleeding.fill(mask, SPILLED[spill.where], spill.hu, (spill.texture, spill.texture_hu), head.grid)
    for collection, thickness in zip(recipe.collections, head.shells_mm, strict=True):
        _add_collection(bleeding, head, collection, thickness)
    return bleeding


def _add_haematoma(bleeding: Bleeding, brain: Tensor, head: Head, one: Haematoma) -> None:
    level = irregular(one.core, head.brain_at, head.grid)
    oedema = step(level + one.oedema_mm, 1.2) * brain * one.oedema
    bleeding.hu = bleeding.hu - (bleeding.hu - one.oedema_hu).clamp(min=0) * oedema
    mask = step(level, one.core.softness_mm) * head.inside * step(head.depth_mm - 1, 1.0)
    bleeding.fill(mask, Kind.INTRAPARENCHYMAL, one.core.hu, (one.texture, one.texture_hu), head.grid)
    if one.level_mm is not None:
        bleeding.settle(mask, step(one.level_mm - head.brain_at[1], 0.7), one.level_hu)


def _add_collection(bleeding: Bleeding, head: Head, one: Collection, thickness: Tensor) -> None:
    mask = step(thickness - head.depth_mm, 0.5) * step(head.depth_mm, 0.5) * (thickness > 1)
    kind = Kind.SUBDURAL if one.shape == "crescent" else Kind.EPIDURAL
    bleeding.fill(mask, kind, one.hu, (one.texture, one.texture_hu), head.grid)
    if one.level_mm is not None:
        bleeding.settle(mask, step(one.level_mm - head.skull_at[1], 4.0), one.level_hu)


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
