"""The network's view of HU: neighbouring slices, each in two windows, as channels."""

from __future__ import annotations

import torch
from torch import Tensor

NEIGHBOURS = 3
"""Slices the network sees at once: the one to label and one on each side."""

CHANNELS = 2 * NEIGHBOURS


def windowed(hu: Tensor) -> Tensor:
    """Two windows of [..., slice, j, i] in HU, stacked before the rows: [..., 2 * slice, j, i].

    0 to 80 HU shows blood against brain, -100 to 220 HU shows fat, calcium and bone.
    """
    narrow = hu.clamp(0, 80) / 20 - 2
    wide = hu.clamp(-100, 220) / 60 - 0.6
    return torch.cat((narrow, wide), dim=-3)


def triples(stack: Tensor) -> Tensor:
    """Each slice of [k, j, i] with its neighbours, the ends repeated: [k, 3, j, i]."""
    before = torch.cat((stack[:1], stack[:-1]))
    after = torch.cat((stack[1:], stack[-1:]))
    return torch.stack((before, stack, after), dim=1)
