"""The permanent baseline: what is as dense as blood, inside the skull."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from models.inference.components import Component, numbered, voxel_ml
from models.inference.inputs import check_ct
from models.inference.orientation import upright
from models.inference.segmentation import Segmentation
from models.inference.skull import intracranial
from models.inference.slices import network_slices, plan_slices, source_probability
from pipeline.domain.ports import NO_COMPANIONS, Step
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume

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
        turned = upright(volume)
        k, j, i = turned.voxels.shape
        plan = plan_slices((k, j, i), turned.patient_from_voxel.spacing_mm)
        hu = network_slices(turned.voxels, plan, torch.device("cpu")).numpy()
        yield Step("read", 0.4)
        dense = torch.from_numpy(self._dense(hu, plan.spacing_kji_mm[1]).astype(np.float32))
        source = source_probability(dense, plan, 0, plan.source_kji[0]).numpy()
        each = voxel_ml(volume.patient_from_voxel.voxel_volume_ml, k, turned.patient_from_voxel.spacing_mm[2])
        labels, components = numbered(source >= 0.5, source, each, self.minimum_ml)
        sure = tuple(Component(c.label, c.volume_ml, _sureness(c.volume_ml)) for c in components)
        probability = max((c.confidence for c in sure), default=0.05)
        yield Segmentation(turned.back(labels), sure, probability, flags, {"rule": time.monotonic() - started})

    def _dense(self, hu: NDArray[np.float32], pixel_mm: float) -> NDArray[np.bool_]:
        sigma = self.smooth_mm / pixel_mm
        smooth = ndimage.gaussian_filter(np.clip(hu, -20, 120), (0, sigma, sigma))
        inside = intracranial(hu, pixel_mm)
        depth = np.stack([ndimage.distance_transform_edt(mask) for mask in inside]) * pixel_mm
        dense: NDArray[np.bool_] = (smooth >= self.low_hu) & (smooth <= self.high_hu) & (depth > self.margin_mm)
        return dense


def _sureness(volume_ml: float) -> float:
    return float(0.2 + 0.5 * volume_ml / (volume_ml + CERTAIN_ML))
