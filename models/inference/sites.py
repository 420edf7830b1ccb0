"""Which of the network's classes a lesion is, and where one lesion is two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.inference.components import MOST_LESIONS, Component
from pipeline.domain.finding import HaemorrhageSite

SITES = tuple(HaemorrhageSite)
"""In the order of the network's channels after the background: IPH, IVH, SAH, SDH, EDH."""

OWN_SHARE = 0.25
OWN_ML = 2.0
"""A second compartment stands on its own with this share of a lesion's probability and this volume."""


@dataclass(frozen=True, slots=True, eq=False)
class LesionVoxels:
    """The voxels of all lesions in a row: label [n] and class probability [n, sites]."""

    labels: NDArray[np.uint8]
    classes: NDArray[np.float32]


def by_site(
    voxels: LesionVoxels, components: Sequence[Component], each_ml: float
) -> tuple[NDArray[np.uint8], tuple[Component, ...]]:
    """Give every lesion its site; blood that clearly fills two compartments becomes two lesions.

    Returns the new label of every voxel and the lesions, the largest first.
    """
    standing = _standing(voxels, len(components), each_ml)
    site = np.where(standing[voxels.labels], voxels.classes, -1.0).argmax(1)
    pairs, which, sizes = np.unique(
        voxels.labels.astype(np.intp) * len(SITES) + site, return_inverse=True, return_counts=True
    )
    order = np.argsort(-sizes, kind="stable")[:MOST_LESIONS]
    new_label = np.zeros(len(pairs), np.uint8)
    new_label[order] = np.arange(1, len(order) + 1)
    confidence = {component.label: component.confidence for component in components}
    found = [
        Component(
            n, float(sizes[pair] * each_ml), confidence[int(pairs[pair]) // len(SITES)], SITES[pairs[pair] % len(SITES)]
        )
        for n, pair in enumerate(order, 1)
    ]
    return new_label[which], tuple(found)


def _standing(voxels: LesionVoxels, lesions: int, each_ml: float) -> NDArray[np.bool_]:
    """Which classes stand on their own in which label: bool [labels, sites]; the strongest always does."""
    columns = [
        np.bincount(voxels.labels, weights=voxels.classes[:, site], minlength=lesions + 1) for site in range(len(SITES))
    ]
    mass: NDArray[Any] = np.stack(columns, axis=1)
    whole_ml = np.bincount(voxels.labels, minlength=lesions + 1)[:, None] * each_ml
    share = mass / np.maximum(mass.sum(1, keepdims=True), 1e-9)
    standing: NDArray[np.bool_] = (share >= OWN_SHARE) & (share * whole_ml >= OWN_ML)
    standing[np.arange(lesions + 1), mass.argmax(1)] = True
    return standing
