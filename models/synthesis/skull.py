"""Everything outside the inner table: bone, air spaces, soft tissue, scalp, head rest."""

from __future__ import annotations

import torch
from torch import Tensor

from models.synthesis.anatomy import Head, irregular
from models.synthesis.fields import step
from models.synthesis.prior import Anatomy
from models.synthesis.recipe import Skull

_OUTSIDE = ("bone", "spongy", "soft", "fat", "eye", "sinus")


def outside_hu(head: Head, anatomy: Anatomy, skull: Skull) -> tuple[Tensor, Tensor]:
    """HU [k, j, i] of a head as if it held no brain, and the fraction of dural veins among it."""
    tissue = anatomy.sample(head.skull_at, _OUTSIDE)
    scalp = _soft_hu(head, skull)
    dense = {"bone": skull.bone_hu, "spongy": skull.spongy_hu, "eye": skull.eye_hu, "fat": skull.fat_hu}
    filled = torch.stack([tissue[name] for name in (*dense, "soft")]).sum(0).clamp(0, 1)
    hu = tissue["soft"] * scalp + (1 - filled) * skull.air_hu
    for name, density in dense.items():
        hu = hu + tissue[name] * density
    table = step(skull.minimum_bone_mm + head.depth_mm, 0.5) * (1 - tissue["bone"])
    hu = hu + (skull.bone_hu * 0.9 - hu).clamp(min=0) * table
    return _with_extras(hu, head, skull), tissue["sinus"]


def _soft_hu(head: Head, skull: Skull) -> Tensor:
    """Muscle and fat, mixed by a smooth noise."""
    fatty = skull.scalp_noise.field(head.grid, head.depth_mm)[0] > skull.scalp_fat
    muscle = torch.full_like(head.depth_mm, skull.soft_hu)
    return torch.where(fatty, torch.full_like(muscle, skull.fat_hu), muscle)


def _with_extras(hu: Tensor, head: Head, skull: Skull) -> Tensor:
    if skull.defect is not None:
        hole = step(irregular(skull.defect, head.skull_at, head.grid), 1.0)
        hu = torch.where(hu > 100, hu + (skull.defect.hu - hu) * hole, hu)
    if skull.scalp_swelling is not None:
        swollen = step(irregular(skull.scalp_swelling, head.skull_at, head.grid), 1.0)
        soft = (hu > -300) & (hu < 100)
        hu = torch.where(soft, hu + (skull.scalp_swelling.hu - hu) * swollen, hu)
    if skull.headrest_hu is not None:
        away = -head.depth_mm - 14 - skull.headrest_gap_mm
        rest = torch.exp(-((away / 1.2) ** 2)) * (head.skull_at[1] > 60)
        hu = hu + (skull.headrest_hu - hu) * rest
    return hu
