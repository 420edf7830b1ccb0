"""Densities inside the skull before any blood: brain, fluid, old and new infarcts, dura, vessels, calcium."""

from __future__ import annotations

import torch
from torch import Tensor

from models.synthesis.anatomy import Head, irregular
from models.synthesis.fields import blur, distance_to, step
from models.synthesis.recipe import Blob, Dura, HeadCTRecipe, Tissue


def brain_fraction(head: Head, tissue: Tissue) -> Tensor:
    """How much of each voxel is brain and not fluid, sulci opened or closed by the recipe."""
    brain = (head.grey + head.white).clamp(0, 1)
    wobble = tissue.sulcus_noise.field(head.grid, brain)[0] * 0.16
    sharp = torch.sigmoid((brain - tissue.sulcus_threshold - wobble) * tissue.sulcus_sharpness)
    return torch.where(head.ventricle > 0.3, torch.minimum(brain, sharp), sharp) * head.inside


def brain_hu(head: Head, brain: Tensor, recipe: HeadCTRecipe) -> tuple[Tensor, Tensor]:
    """HU inside the skull without dura, vessels and blood, and the fraction that is acutely ischaemic."""
    tissue = recipe.tissue
    white = (head.white / (head.grey + head.white + 1e-3)).clamp(0, 1)
    parenchyma = tissue.white_hu + (1 - white) * tissue.grey_step_hu
    parenchyma = parenchyma + tissue.texture.field(head.grid, parenchyma)[0] * tissue.texture_hu
    if tissue.leukoaraiosis_hu:
        around = (blur((head.ventricle > 0.4).float(), (2.5, 4, 4)) * 3).clamp(0, 1)
        parenchyma = parenchyma - around * white * tissue.leukoaraiosis_hu
    for scar in recipe.scars:
        mask = step(irregular(scar, head.brain_at, head.grid), scar.softness_mm)
        parenchyma = parenchyma + (scar.hu - parenchyma) * mask
    ischaemia = torch.zeros_like(parenchyma)
    for infarct in recipe.infarcts:
        mask = step(irregular(infarct, head.brain_at, head.grid), infarct.softness_mm)
        parenchyma = parenchyma - (parenchyma - infarct.hu).clamp(min=0) * mask
        ischaemia = torch.maximum(ischaemia, mask)
    return brain * parenchyma + (1 - brain) * tissue.csf_hu, ischaemia


def tightened(hu: Tensor, head: Head, tissue: Tissue, blood: Tensor) -> Tensor:
    """Brain that touches the inner table: fluid there gives way to parenchyma.

    Without it a network learns that any brain beside bone is a subdural haematoma.
    """
    if not tissue.tight_width_mm:
        return hu
    target = tissue.white_hu + tissue.grey_step_hu
    near = step(tissue.tight_width_mm - head.depth_mm, 0.85) * tissue.tight_strength * (1 - blood)
    return hu + (target - hu).clamp(min=0) * near


def cupping(head: Head, tissue: Tissue) -> Tensor:
    """HU that beam hardening leaves near bone, most where the skull lies in the plane of the slice.

    At the vertex and over the orbits rays run along the bone: there real scans show a broad bright
    band, which a network that never saw it calls subdural.
    """
    (slope,) = torch.gradient(head.depth_mm, spacing=head.grid.spacing_mm[0], dim=0)
    along = slope.abs().clamp(0, 1)
    fall = torch.exp(-head.depth_mm.clamp(min=0) / (tissue.cupping_length_mm * (1 + along * tissue.vertex_reach)))
    height = tissue.cupping_hu + along * tissue.vertex_hu
    return torch.where(head.depth_mm > -0.3, height * fall, torch.zeros_like(fall))


def with_dura(hu: Tensor, head: Head, dura: Dura, veins: Tensor) -> Tensor:
    """Add falx, tentorium, venous sinuses and large arteries: normal and dense."""
    x, y, z = head.brain_at
    falx = torch.exp(-((x / dura.falx_width_mm) ** 2)) * step(z - 22 + (y - 15).abs() / 40 * 14, 4.0)
    falx = falx * step(-head.cerebellum_mm, 2.0) * (head.depth_mm < dura.falx_depth_mm)
    tent = torch.exp(-((head.cerebellum_mm / dura.tentorium_width_mm) ** 2)) * step(y - 28, 4.0) * step(z + 32, 4.0)
    for mask in (falx * dura.falx, tent * dura.tentorium):
        hu = hu + (dura.hu - hu).clamp(min=0) * (mask * head.inside).clamp(0, 1)
    for mask in (*_sinuses(head, dura), veins * dura.sinus):
        hu = hu + (dura.sinus_hu - hu) * mask.clamp(0, 1)
    return _with_arteries(hu, head, dura)


def _sinuses(head: Head, dura: Dura) -> tuple[Tensor, Tensor]:
    x, y, z = head.skull_at
    near = (head.depth_mm - 2) ** 2
    sagittal = step(dura.sinus_radius_mm - ((x / 1.1) ** 2 + near).sqrt(), 0.8) * ((z > 0) | (y > 60))
    across = ((head.depth_mm - 3) ** 2 + head.cerebellum_mm**2).sqrt()
    transverse = step(dura.sinus_radius_mm - across, 0.8) * ((y > 25) & (z < 5))
    return sagittal * head.inside * dura.sinus, transverse * head.inside * dura.sinus


def _with_arteries(hu: Tensor, head: Head, dura: Dura) -> Tensor:
    at = head.brain_at
    basilar = dura.basilar_radius_mm - distance_to(at, (0, 10, -30), (1, 1, 4))
    hu = hu + (dura.artery_hu - hu).clamp(min=0) * step(basilar, 0.5)
    for side, radius, reach in zip((-1, 1), dura.cerebral_radius_mm, dura.cerebral_reach_mm, strict=True):
        dense = dura.dense_artery_hu if side == dura.dense_artery_side else dura.artery_hu
        middle = radius - distance_to(at, (side * reach, 1.0, -18.0), (5, 1, 1))
        hu = hu + (dense - hu).clamp(min=0) * step(middle, 0.5)
    return hu


def with_calcium(hu: Tensor, head: Head, calcifications: tuple[Blob, ...]) -> Tensor:
    """Add calcifications: dense, and never haemorrhage."""
    for spot in calcifications:
        mask = step(irregular(spot, head.brain_at, head.grid), spot.softness_mm) * head.inside
        hu = hu + (spot.hu - hu) * mask
    return hu
