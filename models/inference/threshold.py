"""The permanent baseline: what is as dense as blood, inside the skull."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from models.inference.components import Component
from models.inference.ct_scan import AIR_HU
from models.inference.frame import frame_of
from models.inference.inputs import check_ct
from models.inference.lesions import Field, find_lesions
from models.inference.operating import Operating
from models.inference.segmentation import Segmentation
from models.inference.skull import intracranial
from models.inference.slices import network_slices
from models.inference.texture import filtered, gaussian
from pipeline.domain.ports import NO_COMPANIONS, Step
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume

NOTHING_SEEN = 0.05
CERTAIN_ML = 10.0
"""A rule has no probability; this much dense volume is called half certain on top of a floor."""


@dataclass(frozen=True, slots=True)
class ThresholdSegmenter:
    """Blood is ``low_hu`` to ``high_hu`` after smoothing, ``margin_mm`` away from bone."""

    low_hu: float = 50.0
    high_hu: float = 100.0
    smooth_mm: float = 1.0
    margin_mm: float = 1.5
    minimum_ml: float = 0.5

    def steps(
        self,
        volume: Volume,
        companions: Mapping[SeriesRole, Volume] = NO_COMPANIONS,  # noqa: ARG002 - reads one volume
    ) -> Iterator[Step | Segmentation]:
        """Read, apply the rule slice by slice, number what is left."""
        started = time.monotonic()
        flags = check_ct(volume)
        frame = frame_of(volume)
        hu = network_slices(frame.slices(AIR_HU, torch.device("cpu")), frame.plan)
        yield Step("read", 0.4)
        dense = self._dense(hu, frame.plan.spacing_kji_mm[1])
        labels, components = find_lesions(Field(dense.float()), frame, Operating(minimum_ml=self.minimum_ml))
        sure = tuple(Component(c.label, c.volume_ml, sureness(c.volume_ml)) for c in components)
        probability = max((c.confidence for c in sure), default=NOTHING_SEEN)
        yield Segmentation(frame.back(labels), sure, probability, flags, {"rule": time.monotonic() - started})

    def _dense(self, hu: Tensor, pixel_mm: float) -> Tensor:
        smoothing = gaussian(self.smooth_mm / pixel_mm)
        smooth = filtered(hu.clamp(-20, 120), rows=smoothing, columns=smoothing)
        inside = intracranial(hu, pixel_mm).numpy()
        depth = torch.from_numpy(np.stack([ndimage.distance_transform_edt(mask) for mask in inside])) * pixel_mm
        return (smooth >= self.low_hu) & (smooth <= self.high_hu) & (depth > self.margin_mm)


def sureness(volume_ml: float) -> float:
    """What a rule says in the place of a probability: more with more volume, never much."""
    return float(0.2 + 0.5 * volume_ml / (volume_ml + CERTAIN_ML))
