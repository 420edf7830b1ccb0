"""Grow, shrink and fill masks slice by slice, for a whole stack [k, j, i] at once.

Whole-array shifts are ten times faster here than a structuring element laid on every pixel.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from models.inference.regions import IN_PLANE, labelled


def grown(mask: Tensor, pixels: int) -> Tensor:
    """Every slice dilated by an octagon of that radius: crosses and squares in turn come near a disc."""
    result = mask.clone()
    for step in range(pixels):
        rows = result.clone()
        rows[:, 1:] |= result[:, :-1]
        rows[:, :-1] |= result[:, 1:]
        across = rows if step % 2 else result
        both = rows.clone()
        both[:, :, 1:] |= across[:, :, :-1]
        both[:, :, :-1] |= across[:, :, 1:]
        result = both
    return result


def shrunk(mask: Tensor, pixels: int) -> Tensor:
    """Every slice eroded by that octagon; what lies beyond the image counts as outside."""
    return ~grown(~functional.pad(mask, (1, 1, 1, 1)), pixels)[:, 1:-1, 1:-1]


def opened(mask: Tensor, pixels: int) -> Tensor:
    """What is at least about twice as wide as that."""
    return grown(shrunk(mask, pixels), pixels)


def closed(mask: Tensor, pixels: int) -> Tensor:
    """Gaps up to about twice that are bridged, as if the image went on empty."""
    edge = pixels + 1
    return shrunk(grown(functional.pad(mask, (edge,) * 4), pixels), pixels)[:, edge:-edge, edge:-edge]


def filled(mask: Tensor) -> Tensor:
    """Every slice with its holes filled."""
    parts, _ = labelled(~functional.pad(mask, (1, 1, 1, 1)), IN_PLANE, corners=False)
    # The added border makes the outside of each slice the part of its first pixel.
    outside = parts == parts[:, :1, :1]
    return ~outside[:, 1:-1, 1:-1]
