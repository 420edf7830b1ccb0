"""Where the inside of the skull is, from the HU alone."""

from __future__ import annotations

import torch
from torch import Tensor

from models.inference.morphology import closed, filled, opened, shrunk

BONE_HU = 120.0
GAP_MM = 5.0
"""Openings of the skull up to about twice this, in one slice, are bridged."""

SCALP_MM = 12.0
"""Scalp and skull together, where the skull gives no ring."""

ENCLOSED_SHARE = 0.3
"""A ring that encloses less of the head's area than this is not the skull's."""

VERTEX_SHARE = 0.5
"""A slice more than this share bone is the top of the vault, where brain is blurred with bone."""


def intracranial(hu: Tensor, pixel_mm: float) -> Tensor:
    """What bone encloses in each slice of [k, j, i]: bool, on the device of ``hu``.

    Where the ring is open (surgery, the orbits) it is the head less `SCALP_MM` and less bone. Works on
    HU cut to a display range too: bone is then whatever reached its upper end.
    """
    steps = max(1, round(GAP_MM / pixel_mm))
    bone = hu >= min(BONE_HU, 0.98 * float(hu.max()))
    inside = filled(closed(bone, steps)) & ~bone & (hu > -100)
    air_below = (hu.amin((1, 2), keepdim=True) + 8).clamp(min=-100)
    head = filled(opened(hu > air_below, steps))
    ringless = inside.sum((1, 2)) < ENCLOSED_SHARE * head.sum((1, 2))
    without_scalp = shrunk(head, max(1, round(SCALP_MM / pixel_mm))) & ~bone
    inside = torch.where(ringless[:, None, None], without_scalp, inside)
    vertex = bone.sum((1, 2)) > VERTEX_SHARE * head.sum((1, 2))
    return opened(inside & ~vertex[:, None, None], max(1, round(2.0 / pixel_mm)))
