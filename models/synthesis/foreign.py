"""Paint what does not belong in a head: tumours, catheters, metal, trapped air."""

from __future__ import annotations

import torch
from torch import Tensor

from models.synthesis.anatomy import Head, irregular
from models.synthesis.fields import step
from models.synthesis.recipe import Blob, HeadCTRecipe, Mass, Tube


def with_masses(hu: Tensor, brain: Tensor, head: Head, masses: tuple[Mass, ...]) -> Tensor:
    """Tumours and abscesses over HU [k, j, i]; none of it is blood."""
    for mass in masses:
        level = irregular(mass.core, head.brain_at, head.grid)
        oedema = step(level + mass.oedema_mm, 2.0) * brain
        hu = hu - (hu - mass.oedema_hu).clamp(min=0) * oedema
        whole = step(level, mass.core.softness_mm) * head.inside
        centre = step(level - mass.rim_mm, mass.core.softness_mm)
        hu = hu + (mass.rim_hu + (mass.core.hu - mass.rim_hu) * centre - hu) * whole
    return hu


def with_devices(hu: Tensor, head: Head, recipe: HeadCTRecipe) -> Tensor:
    """Catheters, metal and trapped air over the whole head, bone included."""
    for tube in recipe.tubes:
        rod = step(tube.radius_mm - _distance_to_rod(head.skull_at, tube), 0.4)
        hu = hu + (tube.hu - hu).clamp(min=0) * rod
    for bubble in recipe.trapped_air:
        hu = hu + (bubble.hu - hu) * _blob_mask(bubble, head) * head.inside
    for piece in recipe.metal:
        hu = hu + (piece.hu - hu).clamp(min=0) * _blob_mask(piece, head)
    return hu


def _blob_mask(blob: Blob, head: Head) -> Tensor:
    return step(irregular(blob, head.skull_at, head.grid), blob.softness_mm)


def _distance_to_rod(at: Tensor, tube: Tube) -> Tensor:
    start = torch.tensor(tube.from_mm, device=at.device).view(3, 1, 1, 1)
    along = torch.tensor(tube.to_mm, device=at.device).view(3, 1, 1, 1) - start
    share = ((at - start) * along).sum(0) / along.square().sum()
    return (at - start - along * share.clamp(0, 1)).square().sum(0).sqrt()
