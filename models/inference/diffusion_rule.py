"""The permanent baseline for diffusion: brighter than brain, and diffusing less."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch
from scipy import ndimage
from torch import Tensor

from models.inference.diffusion_scan import DiffusionReader
from models.inference.lesions import Field, find_lesions
from models.inference.operating import Operating
from models.inference.segmentation import Segmentation
from models.inference.threshold import NOTHING_SEEN, sureness
from pipeline.domain.ports import NO_COMPANIONS, Step
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume

BRAIN_ADC = (0.4, 1.15)
MAD_TO_SD = 1.4826
READER = DiffusionReader()


@dataclass(frozen=True, slots=True)
class DiffusionRule:
    """An infarct is ``z`` standard deviations above the brain's DWI and diffuses less than ``adc_below``.

    ``adc_below`` is in 1e-3 mm2/s (0.62: Purushotham 2015); the deviation is the brain's median absolute one.
    """

    z: float = 2.0
    adc_below: float = 0.62
    minimum_ml: float = 0.2
    reader: DiffusionReader = READER

    def steps(
        self, volume: Volume, companions: Mapping[SeriesRole, Volume] = NO_COMPANIONS
    ) -> Iterator[Step | Segmentation]:
        """Read, apply the rule, number what is left."""
        started = time.monotonic()
        scan = self.reader.read(volume, companions, torch.device("cpu"))
        yield Step("read", 0.4)
        marked = self._marked(scan.images, scan.inside)
        labels, found = find_lesions(Field(marked), scan.frame, Operating(minimum_ml=self.minimum_ml))
        sure = tuple(replace(one, confidence=sureness(one.volume_ml)) for one in found)
        probability = max((one.confidence for one in sure), default=NOTHING_SEEN)
        seconds = {"rule": time.monotonic() - started}
        yield Segmentation(scan.frame.back(labels), sure, probability, scan.flags, seconds, scan.out_of_distribution)

    def _marked(self, images: Tensor, inside: Tensor) -> Tensor:
        bright, adc = images
        brain = bright[inside & (adc > BRAIN_ADC[0]) & (adc < BRAIN_ADC[1])]
        if not brain.numel():
            return torch.zeros_like(bright)
        middle = brain.median()
        deviation = (brain - middle).abs().median() * MAD_TO_SD
        smooth = torch.from_numpy(ndimage.median_filter(adc.numpy(), (1, 3, 3)))
        dense: Tensor = (bright > middle + self.z * deviation) & (smooth > 0) & (smooth < self.adc_below) & inside
        return dense.float()
