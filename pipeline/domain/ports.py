"""The seams between rooms: what a model, a vault and an index must do, and nothing of how."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.finding import FindingKind, HaemorrhageSite
from pipeline.domain.receipt import Arrival, Receipt
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume


@dataclass(frozen=True, slots=True)
class Step:
    """A model has finished one step; between two steps a more urgent job may go first.

    ``fraction`` is the share of the work done, from 0 to 1.
    """

    name: str
    fraction: float


@dataclass(frozen=True, slots=True, eq=False)
class Lesion:
    """One connected component of a mask: its label value, kind, and calibrated confidence from 0 to 1."""

    label: int
    kind: FindingKind
    confidence: float
    site: HaemorrhageSite | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a model saw, on the grid of the volume it was given.

    ``labels`` is uint8 ``[k, j, i]``: 0 is background, n is ``lesions`` with ``label == n``.
    ``scan_probability`` is the chance, 0 to 1, that anything is there at all.
    ``flags`` are reservations in words; they never suppress the mask.
    ``out_of_distribution`` is 0 for what the model was taught to 1 for what it cannot know; None where
    the bundle has no such score. ``uncertainty``, where the bundle gives it, is uint8 ``[k, j, i]``:
    0 is sure, 255 is even odds.
    """

    labels: NDArray[np.uint8]
    lesions: tuple[Lesion, ...]
    scan_probability: float
    bundle_id: str
    bundle_version: str
    flags: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    out_of_distribution: float | None = None
    uncertainty: NDArray[np.uint8] | None = None


NO_COMPANIONS: Mapping[SeriesRole, Volume] = MappingProxyType({})
"""Most models read one volume."""


class Predictor(Protocol):
    """A loaded model."""

    def steps(
        self, volume: Volume, companions: Mapping[SeriesRole, Volume] = NO_COMPANIONS
    ) -> Iterator[Step | Prediction]:
        """Yield a `Step` after each piece of work and, last, the one `Prediction`, on ``volume``'s voxels.

        ``companions`` are other images of the same patient, each on its own voxels: a diffusion model
        reads the trace image and takes ADC, b0 or FLAIR from here.
        Raises `NotAnalysable` when the volume is outside the model's declared inputs.
        """
        ...


class Vault(Protocol):
    """Keeps bytes. The sender's success depends on `append` and on nothing else."""

    def append(self, part10_body: bytes, arrival: Arrival) -> Receipt:
        """Make one instance durable, then say so.

        ``part10_body`` is the data set as it was sent, in ``arrival.TransferSyntaxUID``.
        Raises `UnreadableInstance` when it names no study, series or instance, `VaultFull` above the
        watermark, `VaultError` when the disk fails. After any of these it may be sent again, and no
        earlier copy is touched.
        """
        ...

    def pending(self) -> Iterator[Receipt]:
        """Receipts not yet acknowledged by the index, oldest first; they survive a crash."""
        ...

    def settle(self, receipts: Iterable[Receipt]) -> None:
        """Return once every process can read the files of these receipts at their paths.

        Durable they are since `append`. Raises `VaultError` when that takes long; it may be asked again.
        """
        ...

    def indexed(self, receipts: Iterable[Receipt]) -> None:
        """Forget that these receipts are pending."""
        ...

    def read(self, path: str) -> bytes:
        """The whole Part 10 file of a receipt's ``path``."""
        ...


class Index(Protocol):
    """Knows what is in the vault. Idempotent, and replayable from the vault alone."""

    def record(self, receipts: Iterable[Receipt]) -> None:
        """Make receipts known; recording one twice changes nothing.

        Raises `DatabaseUnavailable` when it should be tried again later.
        """
        ...

    def association_closed(self, association_id: str) -> None:
        """Take note that this association was released by its sender: its series may now be complete.

        Called after the association's receipts were recorded, and not for one that was cut.
        Raises `DatabaseUnavailable`.
        """
        ...
