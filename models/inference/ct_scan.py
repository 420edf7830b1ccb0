"""Head CT as a network sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from models.inference.frame import frame_of
from models.inference.inputs import check_ct
from models.inference.scan import Scan, box_around
from models.inference.skull import intracranial
from models.inference.slices import network_slices
from models.inference.windows import windowed
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume

AIR_HU = -1000.0
TISSUE_HU = -300.0
HEAD_MARGIN_PIXELS = 6


@dataclass(frozen=True, slots=True)
class CTReader:
    """Reads HU; looks at each slice and its neighbours through two windows."""

    def read(
        self,
        volume: Volume,
        companions: Mapping[SeriesRole, Volume],  # noqa: ARG002 - CT needs none
        device: torch.device,
    ) -> Scan:
        """The scan of a CT, as `ScanReader` says."""
        flags = check_ct(volume)
        frame = frame_of(volume)
        hu = network_slices(frame.slices(AIR_HU), frame.plan, device)
        inside = intracranial(hu.cpu().numpy(), frame.plan.spacing_kji_mm[1])
        return Scan(frame, hu[None], inside, box_around(hu > TISSUE_HU, HEAD_MARGIN_PIXELS), flags)

    def channels(self, images: Tensor) -> Tensor:
        """Two windows of three neighbouring slices, as `ScanReader` says."""
        hu = images[0]
        return windowed(torch.stack((hu[:-2], hu[1:-1], hu[2:]), dim=1))
