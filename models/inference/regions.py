"""Connected regions of a mask [k, j, i], numbered on the device where the mask lies."""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

WHOLE = (0, 1, 2)
IN_PLANE = (1, 2)


def labelled(mask: Tensor, axes: tuple[int, ...] = WHOLE, *, corners: bool = True) -> tuple[Tensor, int]:
    """Number the regions of a bool mask [k, j, i] from 1, in the order of their first voxels; and how many there are.

    Voxels are neighbours along ``axes``, with ``corners`` by an edge or corner too. The processor runs scipy's
    scan, which no graphics processor can; that gives the same numbers by `by_propagation`.
    """
    if mask.device.type != "cpu":
        return by_propagation(mask, axes, corners=corners)
    parts, count = ndimage.label(mask.numpy(), _structure(axes, corners=corners))
    return torch.from_numpy(parts), int(count)


def by_propagation(mask: Tensor, axes: tuple[int, ...] = WHOLE, *, corners: bool = True) -> tuple[Tensor, int]:
    """`labelled` in whole-array steps: every region takes the least number among its own and its neighbours'.

    Numbers point at voxels, and pointers are followed to their ends in each round, so that rounds grow with the
    logarithm of a region's length.
    """
    beyond = mask.numel()
    numbers = torch.arange(beyond, device=mask.device).view(mask.shape).masked_fill(~mask, beyond)
    places = torch.nonzero(mask.flatten())[:, 0]
    own = places
    while len(places):
        near = _least_near(numbers, axes, corners=corners).flatten()[places]
        parent = torch.arange(beyond + 1, device=mask.device).scatter_reduce(0, own, near, "amin")
        own, before = _ends(parent)[own], own
        if torch.equal(own, before):
            break
        numbers.view(-1)[places] = own
    firsts = (own == places).cumsum(0)
    parts = torch.zeros(beyond, dtype=torch.int32, device=mask.device)
    order = torch.searchsorted(places, own)
    parts[places] = firsts[order].int()
    return parts.view(mask.shape), int(firsts[-1]) if len(places) else 0


def _ends(parent: Tensor) -> Tensor:
    """Where the pointers lead in the end."""
    while True:
        further = parent[parent]
        if torch.equal(further, parent):
            return parent
        parent = further


def _least_near(numbers: Tensor, axes: tuple[int, ...], *, corners: bool) -> Tensor:
    """The least number of each voxel and its neighbours."""
    least = numbers
    for axis in axes:
        source = least if corners else numbers
        count = source.shape[axis]
        ahead, behind = source.narrow(axis, 1, count - 1), source.narrow(axis, 0, count - 1)
        merged = least.clone()
        for part, other in ((merged.narrow(axis, 0, count - 1), ahead), (merged.narrow(axis, 1, count - 1), behind)):
            torch.minimum(part, other, out=part)
        least = merged
    return least


def _structure(axes: tuple[int, ...], *, corners: bool) -> np.ndarray:
    """What `ndimage.label` is told of neighbours: bool [3, 3, 3]."""
    away = np.abs(np.indices((3, 3, 3)) - 1)
    along = away[list(axes)].sum(0) == away.sum(0)
    structure: np.ndarray = along & (away.sum(0) <= (3 if corners else 1))
    return structure
