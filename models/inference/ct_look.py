"""Measurements of a head CT that tell whether it is one as the model knows them: cheap, and each explains itself."""

from __future__ import annotations

import torch
from torch import Tensor

from models.inference.morphology import filled, grown, shrunk
from models.inference.quantiles import quantiles
from models.inference.regions import IN_PLANE, labelled
from models.inference.skull import BONE_HU
from models.inference.texture import filtered, gaussian, noise, texture

HEAD_HU = -300.0
BRAIN_HU = (0.0, 60.0)
ENHANCED_HU = (105.0, 600.0)
"""Contrast medium in vessels; clotted blood stays below (haematocrit bounds it near 95 HU), bone is above."""

VESSEL_PIXELS = (4, 60)
"""A slice counts as enhanced with this many pixels of vessel; a larger patch is calcium or bone."""

LEAST_SLICES = 3
"""Calcium fills a slice or two, vessels all of them: fewer slices cannot tell."""

METAL_HU = 2500.0
FAT_HU = (-150.0, -30.0)
DEEP_PIXELS = 5
SCALP_PIXELS = 9
"""Where the skull gives no ring, the inside was taken to begin about this far within the head."""

SMOOTH_PIXELS = 2.5

LEAST_PIXELS = 400
"""With less brain than this to measure, a figure is not given."""


def look(hu: Tensor, inside: Tensor, pixel_mm: float) -> dict[str, float]:
    """Figures of network slices in HU [k, j, i]; ``inside`` is what the skull encloses.

    A figure that cannot be measured (no brain, values cut below it) is left out.
    """
    head = filled(hu > max(HEAD_HU, float(hu.min()) + 8))
    bone = hu >= min(BONE_HU, 0.98 * float(hu.max()))
    # What is as dense as bone but lies within brain is a vessel or calcium, and counts.
    deep = _deep(filled(inside))
    return {
        **_shape(head, bone, inside, pixel_mm),
        **_brain(hu, deep),
        **_shares(hu, head, inside),
        **_enhancement(hu, deep),
    }


def _deep(inside: Tensor) -> Tensor:
    """What lies well away from bone."""
    return shrunk(inside, DEEP_PIXELS)


def _shape(head: Tensor, bone: Tensor, inside: Tensor, pixel_mm: float) -> dict[str, float]:
    cm2 = pixel_mm**2 / 100
    rim = grown(inside, 1) & ~inside
    near_bone = grown(bone, SCALP_PIXELS)
    figures = {"head_cm2": float(head.sum((1, 2)).max()) * cm2}
    if rim.sum() > LEAST_PIXELS / 4:
        figures["skull_share"] = _share(near_bone, rim)
    return figures


def _brain(hu: Tensor, deep: Tensor) -> dict[str, float]:
    brain = deep & (hu > BRAIN_HU[0]) & (hu < BRAIN_HU[1])
    if brain.sum() < LEAST_PIXELS:
        return {}
    soft = hu.clamp(-20, 80)
    smooth = filtered(soft, rows=gaussian(SMOOTH_PIXELS), columns=gaussian(SMOOTH_PIXELS))
    low, middle, high = quantiles(smooth[brain], (0.1, 0.5, 0.9))
    return {
        "noise_hu": noise(hu, brain),
        "brain_hu": middle,
        "contrast_hu": high - low,
        "texture_hu": texture(soft, brain),
    }


def _shares(hu: Tensor, head: Tensor, inside: Tensor) -> dict[str, float]:
    figures = {
        "inside_share": float(inside.sum() / head.sum().clamp(min=1)),
        "brain_share": _share((hu > BRAIN_HU[0]) & (hu < BRAIN_HU[1]), inside),
    }
    if hu.min() < FAT_HU[0]:
        figures["fat_share"] = _share((hu > FAT_HU[0]) & (hu < FAT_HU[1]), head)
    if hu.max() > METAL_HU:
        figures["metal_share"] = _share(hu > METAL_HU, head)
    return figures


def _share(what: Tensor, of: Tensor) -> float:
    """Which share of one mask another covers; 0 of an empty one."""
    return float((what & of).sum() / of.sum().clamp(min=1))


def _enhancement(hu: Tensor, deep: Tensor) -> dict[str, float]:
    """Share of slices in which something as bright as an enhanced vessel lies away from bone."""
    deep_pixels = deep.sum((1, 2))
    counted = deep_pixels > LEAST_PIXELS
    if counted.sum() < LEAST_SLICES or hu.max() <= ENHANCED_HU[0]:
        return {}
    bright = deep & (hu > ENHANCED_HU[0]) & (hu < ENHANCED_HU[1])
    by_bone = grown(hu >= ENHANCED_HU[1], 3)
    parts, count = labelled(bright, IN_PLANE)
    sizes = torch.bincount(parts.flatten(), minlength=count + 1)
    vessel = sizes <= VESSEL_PIXELS[1]
    vessel[parts[bright & by_bone].long()] = False
    vessel[0] = False
    enhanced = vessel[parts.long()].sum((1, 2))[counted] >= VESSEL_PIXELS[0]
    return {"enhanced_slices": float(enhanced.float().mean())}
