"""From a mask to numbered lesions: what is large enough to say, largest first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SINGLE_SLICE_MM = 5.0
"""A lone slice has no measured thickness; it counts as this thick when lesions are sized."""

MOST_LESIONS = 255


@dataclass(frozen=True, slots=True)
class Component:
    """One lesion: its number in the mask, volume in mL and mean probability."""

    label: int
    volume_ml: float
    confidence: float


def voxel_ml(voxel_volume_ml: float, slices: int, slice_mm: float) -> float:
    """Millilitres one voxel stands for when lesions are sized."""
    if slices > 1:
        return voxel_volume_ml
    return voxel_volume_ml / slice_mm * max(slice_mm, SINGLE_SLICE_MM)


def numbered(
    mask: NDArray[np.bool_], probability: NDArray[np.float32], each_ml: float, minimum_ml: float
) -> tuple[NDArray[np.uint8], tuple[Component, ...]]:
    """Connected components of [k, j, i], each at least ``minimum_ml``: labels and what they are.

    Voxels that touch by a corner are one lesion. Beyond `MOST_LESIONS` the smallest are left out.
    """
    parts, count = ndimage.label(mask, structure=np.ones((3, 3, 3)))
    labels = np.zeros(mask.shape, np.uint8)
    if not count:
        return labels, ()
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    order = np.argsort(-sizes, kind="stable")
    chosen = [int(n) for n in order if sizes[n] and sizes[n] * each_ml >= minimum_ml][:MOST_LESIONS]
    new_label = np.zeros(count + 1, np.uint8)
    new_label[chosen] = np.arange(1, len(chosen) + 1)
    labels = new_label[parts]
    sums = np.bincount(labels.ravel(), weights=probability.ravel(), minlength=len(chosen) + 1)
    found = [
        Component(n, float(sizes[part] * each_ml), float(sums[n] / sizes[part])) for n, part in enumerate(chosen, 1)
    ]
    return labels, tuple(found)
