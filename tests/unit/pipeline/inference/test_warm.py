from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from models.inference.ct_scan import CTReader
from models.inference.diffusion_scan import DiffusionReader
from models.inference.scan import Scan
from pipeline.domain.ports import Step
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume
from pipeline.inference.ready import ReadyModel, ReadyModels
from pipeline.inference.warm import warm


class Reads:
    """A predictor that only reads, as far as its reader goes."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self.scan: Scan | None = None

    def steps(self, volume: Volume, companions: Mapping[SeriesRole, Volume]) -> Iterator[Step]:
        yield Step("begun", 0.0)
        self.scan = self._reader.read(volume, companions, torch.device("cpu"))


class Breaks:
    def read(self, *_: object) -> Scan:
        raise RuntimeError("no kernel image is available")


def test_every_model_reads_a_head_before_the_first_patient_whatever_another_does() -> None:
    ct, broken, diffusion = Reads(CTReader()), Reads(Breaks()), Reads(DiffusionReader())
    models = (
        ReadyModel("broken", "1.0.0", SeriesRole.NCCT, False, broken),
        ReadyModel("ct", "1.0.0", SeriesRole.NCCT, False, ct),
        ReadyModel("dwi", "1.0.0", SeriesRole.DWI, False, diffusion, companions=(SeriesRole.ADC, SeriesRole.B0)),
    )
    warm(ReadyModels(models))
    for reader in (ct, diffusion):
        assert reader.scan is not None
        assert 0.1 < reader.scan.inside.float().mean() < 0.9, "a head with a brain in it"
