"""Who reads a case: an installed bundle, or a peer; both answer with a `Prediction`."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from benchmarks.accuracy.metrics import components
from benchmarks.accuracy.scoring import Case
from benchmarks.peers import blast_ct
from models.predict import load
from models.registry import BundleInfo, find
from pipeline.domain.errors import InferenceFailed
from pipeline.domain.finding import FindingKind
from pipeline.domain.ports import Lesion, Prediction


class Reader(Protocol):
    """Somebody who reads cases."""

    @property
    def title(self) -> str:
        """Name and version, as a column of a table says it."""
        ...

    @property
    def signature(self) -> str:
        """Changes whenever its answers may: scores are kept under it."""
        ...

    def can_read(self, case: Case) -> bool:
        """Whether the case is one that this reader was made for."""
        ...

    def read(self, case: Case) -> Prediction:
        """What it says."""
        ...


class BundleReader:
    """An installed bundle on the CPU; ``settings`` replace values of its configuration."""

    def __init__(self, bundle_id: str, settings: Mapping[str, Any] | None = None) -> None:
        self.bundle: BundleInfo = find(bundle_id)
        self.title = f"{self.bundle.id} {self.bundle.version}"
        configuration = (self.bundle.folder / "configs/inference.json").read_bytes()
        changed = json.dumps(settings, sort_keys=True) if settings else ""
        digest = hashlib.sha256(configuration + ((self.bundle.sha256 or "") + changed).encode()).hexdigest()
        self.signature = f"{self.bundle.id}-{digest[:12]}"
        self._predictor = load(self.bundle, "cpu", settings)

    def can_read(self, case: Case) -> bool:  # noqa: ARG002 - see Reader
        """A bundle is asked everything."""
        return True

    def read(self, case: Case) -> Prediction:
        """Run the bundle; raises `InferenceFailed` when it ends without a prediction."""
        for said in self._predictor.steps(case.volume, case.companions):
            if isinstance(said, Prediction):
                return said
        raise InferenceFailed(f"{self.title} ended without a prediction.")


class BlastCT:
    """BLAST-CT v1 on single slices; whole scans would take it minutes each."""

    def __init__(self, weights: Path, networks: int | None) -> None:
        self._networks = blast_ct.load(weights, networks)
        self.title = f"BLAST-CT v1 ({len(self._networks)} of 12 networks)"
        self.signature = f"blast-ct-v1-{len(self._networks)}"

    def can_read(self, case: Case) -> bool:
        """Single slices only."""
        return case.volume.shape_kji[0] == 1

    def read(self, case: Case) -> Prediction:
        """Blood of the one slice, its components numbered; the probability is the slice's highest."""
        started = time.monotonic()
        pixel_mm = case.volume.patient_from_voxel.spacing_mm[0]
        mask, probability = blast_ct.blood_of_slice(self._networks, case.volume.voxels[0], pixel_mm)
        parts, count = components(mask[None])
        labels = np.minimum(parts, 255).astype(np.uint8)
        lesions = tuple(Lesion(n, FindingKind.HAEMORRHAGE, probability) for n in range(1, min(count, 255) + 1))
        seconds = {"total": time.monotonic() - started}
        return Prediction(labels, lesions, probability, "blast-ct", "1", seconds=seconds)
