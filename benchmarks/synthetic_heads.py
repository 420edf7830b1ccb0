"""Whole synthetic scans from anatomies that were never trained on, the same every time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.synthesis import prior as priors
from models.synthesis.acquisition import acquire, draw_scan
from models.synthesis.draw import Odds, draw
from models.synthesis.kinds import Kind
from models.synthesis.paint import HEAD_GRID, paint
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.volume import Volume, VoxelUnit

SEED = 20261121
KEPT = 4
"""The last anatomies of a prior are never trained on (`models.training.plan.Plan.held_out`)."""


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticScan:
    """A volume in HU and where its blood is, both [k, j, i]."""

    volume: Volume
    blood: NDArray[np.bool_]

    @property
    def blood_ml(self) -> float:
        """Volume of the blood."""
        return float(self.blood.sum()) * self.volume.patient_from_voxel.voxel_volume_ml


def scans(prior: Path, count: int, haemorrhage: float) -> Iterator[SyntheticScan]:
    """``count`` scans of which this share was meant to bleed; thickness 1.25 to 8 mm, mostly 5."""
    names = sorted(file.stem for file in prior.glob("*.npz"))[-KEPT:]
    anatomies = priors.load(prior, names)
    for number in range(count):
        rng = np.random.default_rng((SEED, round(haemorrhage * 100), number))
        painted = paint(draw(rng, len(anatomies), Odds(haemorrhage=haemorrhage)), anatomies)
        thickness = float(rng.choice([1.25, 2.5, 5.0, 5.0, 5.0, 8.0]))
        centres = tuple(np.arange(2.0, 140.0, thickness).tolist())
        seen = acquire(painted, draw_scan(rng, centres, thickness, calm=True))
        _, dy, dx = HEAD_GRID.spacing_mm
        voxels = np.clip(seen.hu.numpy(), -1024, 3071).round().astype(np.int16)
        affine = PatientFromVoxel(np.diag([dx, dy, thickness, 1.0]))
        blood = (seen.kind > 0) & (seen.kind < Kind.ISCHAEMIA)
        yield SyntheticScan(Volume(voxels, affine, VoxelUnit.HU), blood.numpy())
