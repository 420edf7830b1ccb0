"""Where the inside of the skull is, from the HU alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

BONE_HU = 120.0
GAP_MM = 5.0
"""Openings of the skull up to about twice this, in one slice, are bridged."""

SCALP_MM = 12.0
"""Scalp and skull together, where the skull gives no ring."""

ENCLOSED_SHARE = 0.3
"""A ring that encloses less of the head's area than this is not the skull's."""

VERTEX_SHARE = 0.5
"""A slice more than this share bone is the top of the vault, where brain is blurred with bone."""

Mask = NDArray[np.bool_]


def intracranial(hu: NDArray[np.float32], pixel_mm: float) -> Mask:
    """What bone encloses in each slice of [k, j, i].

    Where the ring is open (surgery, the orbits) it is the head less `SCALP_MM` and less bone. Works on
    HU cut to a display range too: bone is then whatever reached its upper end.
    """
    threshold = min(BONE_HU, 0.98 * float(hu.max()))
    return np.stack([_enclosed(slice_hu >= threshold, slice_hu, pixel_mm) for slice_hu in hu])


def _enclosed(bone: Mask, hu: NDArray[np.float32], pixel_mm: float) -> Mask:
    steps = max(1, round(GAP_MM / pixel_mm))
    disc = _disc(steps)
    padded = np.pad(bone, steps + 1)
    closed = ndimage.binary_erosion(ndimage.binary_dilation(padded, disc), disc)
    inner = slice(steps + 1, -steps - 1)
    filled = ndimage.binary_fill_holes(closed)[inner, inner]
    inside: Mask = filled & ~bone & (hu > -100)
    air_below = max(-100.0, float(hu.min()) + 8)
    head = ndimage.binary_fill_holes(ndimage.binary_opening(hu > air_below, _disc(steps)))
    if bone.sum() > VERTEX_SHARE * head.sum():
        return np.zeros_like(bone)
    if inside.sum() < ENCLOSED_SHARE * head.sum():
        inside = ndimage.binary_erosion(head, _disc(max(1, round(SCALP_MM / pixel_mm)))) & ~bone
    opened: Mask = ndimage.binary_opening(inside, _disc(max(1, round(2.0 / pixel_mm))))
    return opened


def _disc(radius: int) -> Mask:
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    disc: Mask = x * x + y * y <= radius * radius
    return disc
