"""Diffusion MR of the head as a network sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from models.inference.adc import Diffusion, from_b0, from_map
from models.inference.diffusion import PIXEL_MM, brain_median, channels
from models.inference.diffusion_look import OWN_SLICES, look, noise_of
from models.inference.familiarity import Familiar
from models.inference.frame import Frame, frame_of
from models.inference.inputs import check_diffusion
from models.inference.morphology import filled, grown, opened
from models.inference.regions import labelled
from models.inference.scan import Scan, box_around
from models.inference.slices import Pitch, SliceReader, network_slices
from pipeline.domain.errors import OutsideDeclaredInputs
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume

BRAIN_MARGIN_PIXELS = 8
BRAIN_SHARE = 0.3
"""DWI, as a share of the brain's median, below which there is no brain, infarct or fluid in it."""

BRAIN_MARGIN_MM = 4.0

FAT_ADC = 0.33
FAT_PIXELS = 3
"""Mean ADC, 1e-3 mm2/s, of so many pixels across, under which it is fat: infarcts keep a third of the brain's 0.8."""

DIFFUSION_PITCH = Pitch(PIXEL_MM, slab_mm=3.5, thin_mm=2.5)
"""Slabs thinner than those of CT: on other heads than the frozen ones, Dice .83 against .80 with 5 mm."""


@dataclass(frozen=True, slots=True)
class DiffusionReader:
    """Reads a DWI and its ADC map, or computes that from b0; ``b_value`` in s/mm2 is for then.

    ``familiar`` says what the bundle was taught; without it nothing is called strange.
    """

    b_value: float = 1000.0
    pitch: Pitch = DIFFUSION_PITCH
    familiar: Familiar | None = None

    def read(self, volume: Volume, companions: Mapping[SeriesRole, Volume], device: torch.device) -> Scan:
        """The scan of a DWI, as `ScanReader` says; images are DWI over the brain's median, and ADC."""
        flags = check_diffusion(volume, companions)
        frame = frame_of(volume, self.pitch)
        own = frame.slices(0.0, device)
        found = self.diffusion(network_slices(own, frame.plan).clamp(min=0), frame, companions)
        median = max(brain_median(found.dwi, found.adc), 1e-6)
        bright = found.dwi / median
        inside = brain(bright, frame) & ~fat(found.adc)
        box = box_around(inside, BRAIN_MARGIN_PIXELS)
        scan = Scan(frame, torch.stack((bright, found.adc)), inside, box, (*flags, *found.flags))
        return scan if self.familiar is None else judged(scan, self.familiar, middle_slices(own, frame) / median)

    def diffusion(self, dwi: Tensor, frame: Frame, companions: Mapping[SeriesRole, Volume]) -> Diffusion:
        """DWI [k, j, i] and ADC on the network's voxels; raises `OutsideDeclaredInputs`."""
        for role in (SeriesRole.ADC, SeriesRole.B0):
            if role in companions:
                beside = frame.companion_slices(companions[role], 0.0, dwi.device)
                other = network_slices(beside, frame.plan).clamp(min=0)
                return from_map(dwi, other) if role is SeriesRole.ADC else from_b0(dwi, other, self.b_value)
        raise OutsideDeclaredInputs("This bundle needs an ADC map, or the b0 image to compute it.")

    def channels(self, images: Tensor) -> Tensor:
        """DWI and ADC of three neighbouring slices, as `ScanReader` says."""
        dwi, adc = (torch.stack((one[:-2], one[1:-1], one[2:]), dim=1) for one in images)
        return channels(dwi, adc, 1.0)


def fat(adc: Tensor) -> Tensor:
    """Where [k, j, i] hardly anything diffuses, though ADC is known: fat at the skull base is bright and no infarct."""
    known = (adc > 0).float()
    around = functional.avg_pool2d(torch.stack((adc, known), dim=1), FAT_PIXELS, 1, FAT_PIXELS // 2)
    return (around[:, 1] > 0.9) & (around[:, 0] < FAT_ADC * around[:, 1])


def middle_slices(own: SliceReader, frame: Frame) -> Tensor:
    """A few slices from the middle of a scan."""
    count = frame.plan.source_kji[0]
    return own(max(0, count // 2 - OWN_SLICES // 2), min(count, count // 2 + OWN_SLICES // 2 + 1))


def judged(scan: Scan, familiar: Familiar, own: Tensor) -> Scan:
    """The scan with how far it lies from what the bundle was taught, and why.

    ``own`` are a few slices as scanned, DWI in brain medians: resampled ones have lost their noise.
    """
    bright, adc = scan.images
    figures = noise_of(own) | look(bright, adc, scan.inside, scan.frame.plan.spacing_kji_mm[1])
    said = familiar.judge(figures)
    return replace(scan, flags=(*scan.flags, *said.flags), out_of_distribution=said.score)


def brain(bright: Tensor, frame: Frame) -> Tensor:
    """The largest body of signal in DWI over the brain's median [k, j, i], holes filled, with a margin.

    Everything, where there is none.
    """
    pixel_mm = frame.plan.spacing_kji_mm[1]
    seen = opened(bright > BRAIN_SHARE, max(1, round(2.0 / pixel_mm)))
    parts, count = labelled(seen, corners=False)
    if not count:
        return torch.ones_like(seen)
    sizes = torch.bincount(parts.flatten())
    sizes[0] = 0
    whole = parts == sizes.argmax()
    return grown(filled(whole), max(1, round(BRAIN_MARGIN_MM / pixel_mm)))
