"""Head CT as a network sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from models.inference.ct_look import look
from models.inference.familiarity import Familiar
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
    """Reads HU; looks at each slice and its neighbours through two windows.

    ``familiar`` says what the bundle was taught; without it nothing is called strange.
    """

    familiar: Familiar | None = None

    def read(
        self,
        volume: Volume,
        companions: Mapping[SeriesRole, Volume],  # noqa: ARG002 - CT needs none
        device: torch.device,
    ) -> Scan:
        """The scan of a CT, as `ScanReader` says."""
        flags = check_ct(volume)
        frame = frame_of(volume)
        hu = network_slices(frame.slices(AIR_HU, device), frame.plan)
        inside = intracranial(hu, frame.plan.spacing_kji_mm[1])
        box = box_around(hu > TISSUE_HU, HEAD_MARGIN_PIXELS)
        if self.familiar is None:
            return Scan(frame, hu[None], inside, box, flags)
        judged = self.familiar.judge(look(hu, inside, frame.plan.spacing_kji_mm[1]))
        return Scan(frame, hu[None], inside, box, (*flags, *judged.flags), judged.score)

    def channels(self, images: Tensor) -> Tensor:
        """Two windows of three neighbouring slices, as `ScanReader` says."""
        hu = images[0]
        return windowed(torch.stack((hu[:-2], hu[1:-1], hu[2:]), dim=1))
