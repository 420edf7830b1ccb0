"""From a mask to numbered lesions: what is large enough to say, largest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.inference.regions import labelled
from pipeline.domain.finding import HaemorrhageSite

SINGLE_SLICE_MM = 5.0
"""A lone slice has no measured thickness; it counts as this thick when lesions are sized."""

MOST_LESIONS = 255

Box = tuple[slice, slice, slice]


@dataclass(frozen=True, slots=True)
class Component:
    """One lesion: its number in the mask, volume in mL, confidence, and site where the network says so."""

    label: int
    volume_ml: float
    confidence: float
    site: HaemorrhageSite | None = None


def voxel_ml(voxel_volume_ml: float, slices: int, slice_mm: float) -> float:
    """Millilitres one voxel stands for when lesions are sized."""
    if slices > 1:
        return voxel_volume_ml
    return voxel_volume_ml / slice_mm * max(slice_mm, SINGLE_SLICE_MM)


def numbered(
    mask: Tensor,
    probability: Tensor,
    each_ml: float,
    minimum_ml: float,
    peak: float = 0.0,
    least_mean: float = 0.0,
) -> tuple[Tensor, tuple[Component, ...]]:
    """Connected components of [k, j, i]: labels, and what they are.

    Each is at least ``minimum_ml`` large, reaches ``peak`` somewhere, and ``least_mean`` on average.
    Voxels that touch by a corner are one lesion. Beyond `MOST_LESIONS` the smallest are left out.
    Confidence is the mean probability, in the unit that ``probability`` has. The labels are uint8 and stay on
    the mask's device; three figures a component leave it.
    """
    labels = torch.zeros(mask.shape, dtype=torch.uint8, device=mask.device)
    box = box_of(mask)
    if box is None:
        return labels, ()
    parts, count = labelled(mask[box])
    sizes, sums, peaked = _figures(parts, count, probability[box], peak)
    large = (sizes > 0) & (sizes * each_ml >= minimum_ml) & (peaked > 0)
    said = large & (sums >= least_mean * sizes)
    chosen = [int(n) for n in np.argsort(-sizes, kind="stable") if said[n]][:MOST_LESIONS]
    new_label = np.zeros(count + 1, np.uint8)
    new_label[chosen] = np.arange(1, len(chosen) + 1)
    labels[box] = torch.from_numpy(new_label).to(mask.device)[parts.long()]
    found = [
        Component(n, float(sizes[part] * each_ml), float(sums[part] / sizes[part])) for n, part in enumerate(chosen, 1)
    ]
    return labels, tuple(found)


def only(
    labels: Tensor, found: Sequence[Component], kept: Callable[[Component], bool]
) -> tuple[Tensor, tuple[Component, ...]]:
    """The components that are kept, numbered anew in the order they had; uint8 labels [k, j, i]."""
    chosen = [one for one in found if kept(one)]
    if len(chosen) == len(found):
        return labels, tuple(found)
    new_label = torch.zeros(MOST_LESIONS + 1, dtype=torch.uint8)
    for n, one in enumerate(chosen, 1):
        new_label[one.label] = n
    return new_label.to(labels.device)[labels.long()], tuple(replace(one, label=n) for n, one in enumerate(chosen, 1))


def _figures(parts: Tensor, count: int, probability: Tensor, peak: float) -> NDArray[np.float64]:
    """Of every part, the background being the first and empty: voxels, sum of probability, voxels at the peak."""
    flat, values = parts.flatten().long(), probability.flatten().double()
    weights = (torch.ones_like(values), values, (values >= peak).double())
    figures: NDArray[np.float64] = (
        torch.stack([torch.bincount(flat, weight, minlength=count + 1) for weight in weights]).cpu().numpy()
    )
    figures[:, 0] = 0
    return figures


def box_of(mask: Tensor) -> Box | None:
    """The smallest box that holds the mask: labelling only it is several times faster."""
    by_row = mask.any(2)
    used = torch.cat((by_row.any(1), by_row.any(0), mask.any(0).any(0))).cpu().numpy()
    spans = []
    for one in np.split(used, np.cumsum(mask.shape[:2])):
        places = np.flatnonzero(one)
        if not len(places):
            return None
        spans.append(slice(int(places[0]), int(places[-1]) + 1))
    return spans[0], spans[1], spans[2]
