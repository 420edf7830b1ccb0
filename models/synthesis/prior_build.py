"""From masks of tissues on the prior's grid to the channels of an `Anatomy`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from models.synthesis.prior import CHANNELS, PRIOR_GRID, Anatomy, encoded

Mask = NDArray[np.bool_]
Field = NDArray[np.float32]


def signed_distance_mm(mask: Mask) -> Field:
    """Distance to the mask's border in mm, positive inside."""
    step = PRIOR_GRID.spacing_mm
    inside = ndimage.distance_transform_edt(mask, sampling=step)
    outside = ndimage.distance_transform_edt(~mask, sampling=step)
    distance: Field = (inside - outside).astype(np.float32)
    return distance


def assemble(name: str, fractions: Mapping[str, Field], intracranial: Mask, cerebellum: Mask) -> Anatomy:
    """Derive the distance channels and pack all channels.

    ``fractions`` holds, 0..1 and [k, j, i]: grey, white, ventricle and, where known, bone, spongy,
    soft, fat, eye, sinus.
    """
    smooth = ndimage.gaussian_filter
    fields = dict(fractions)
    fields["depth"] = smooth(signed_distance_mm(intracranial), 0.6)
    fields["cerebellum"] = smooth(signed_distance_mm(cerebellum), 0.6)
    fields["to_ventricle"] = smooth(-signed_distance_mm(fields["ventricle"] > 0.5), 1.6)
    empty = np.zeros(PRIOR_GRID.shape, np.float32)
    stack = np.stack([_edged(channel, fields.get(channel, empty)) for channel in CHANNELS])
    return Anatomy(name, torch.from_numpy(stack))


def _edged(channel: str, values: Field) -> NDArray[np.uint8]:
    """Encoded values; tissue stops at the grid's sides, since sampling repeats the border outwards."""
    stored = encoded(channel, values)
    if channel not in ("depth", "cerebellum", "to_ventricle"):
        stored[-1] = 0
        stored[:, [0, -1]] = 0
        stored[:, :, [0, -1]] = 0
    return stored
