"""What a segmenter gives back, before the bundle's name is put on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.inference.components import Component
from pipeline.domain.ports import NO_COMPANIONS, Step
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """Numbered lesions, uint8 [k, j, i] on the source's voxels, and how likely any is there.

    ``out_of_distribution`` and ``uncertainty`` are as in `pipeline.domain.ports.Prediction`.
    """

    labels: NDArray[np.uint8]
    components: tuple[Component, ...]
    scan_probability: float
    flags: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    out_of_distribution: float | None = None
    uncertainty: NDArray[np.uint8] | None = None


class Segmenter(Protocol):
    """What a bundle's ``inference.json`` builds under the name ``segmenter``."""

    def steps(
        self, volume: Volume, companions: Mapping[SeriesRole, Volume] = NO_COMPANIONS
    ) -> Iterator[Step | Segmentation]:
        """Work in steps; the last one yielded is the segmentation."""
        ...
