"""A head with bleedings and everything that is needed to write its results, for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.domain.finding import Finding, FindingKind, HaemorrhageSite, Side
from pipeline.domain.volume import Voxels
from pipeline.results.mask_file import write_mask
from pipeline.results.requests import SourceImage, WriteResults
from pipeline.testing.head_series import HeadSeries, write_head_series
from pipeline.volumes.build import build_volume
from pipeline.volumes.source import read_header

BLOOD_HU = 75
LEFT_BLOOD = (40.0, 10.0, 0.0)
BLEEDING = HeadSeries(blood_mm=LEFT_BLOOD, along_mm=tuple(range(-32, 33, 8)))
"""A short head with one bleeding on the left, on five of its nine slices."""


def result_request(folder: Path, series: HeadSeries) -> WriteResults:
    """The request after a perfect segmentation of a head series; files are given in a scrambled order."""
    return request_of(folder, write_head_series(folder / "in", series))


def blood(voxels: Voxels) -> NDArray[np.bool_]:
    """Where there is blood."""
    inside: NDArray[np.bool_] = (voxels > 60) & (voxels < 90)
    return inside


def box(voxels: Voxels) -> NDArray[np.bool_]:
    """A box in the middle, for images that show no blood."""
    inside = np.zeros(voxels.shape, dtype=bool)
    inside[tuple(slice(side // 3, side // 2) for side in voxels.shape)] = True
    return inside


def request_of(
    folder: Path, files: Sequence[Path], lesions: Callable[[Voxels], NDArray[np.bool_]] = blood
) -> WriteResults:
    """The request after a perfect segmentation of the lesions in these files, one finding per connected one."""
    volume = build_volume([(file, read_header(file)) for file in files])
    found, count = ndimage.label(lesions(volume.volume.voxels))
    labels = found.astype(np.uint8)
    ml = volume.volume.patient_from_voxel.voxel_volume_ml
    return WriteResults(
        images=tuple(SourceImage(file) for file in files[::-1]),
        mask=write_mask(folder / "out", volume, labels),
        findings=tuple(_finding(label, float((labels == label).sum()) * ml) for label in range(1, count + 1)),
        analysis_id="5f1c",
        bundle="ich-ct",
        bundle_version="0.1.0",
        made_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        out=folder / "out",
        scan_probability=0.93,
        reservations=("gantry tilt 18.5 degrees",),
    )


def _finding(label: int, volume_ml: float) -> Finding:
    return Finding(
        kind=FindingKind.HAEMORRHAGE,
        volume_ml=volume_ml,
        side=Side.LEFT,
        confidence=0.9,
        centre_mm=LEFT_BLOOD,
        label=label,
        site=HaemorrhageSite.INTRAPARENCHYMAL,
        abc2_ml=volume_ml * 1.02,
        largest_diameter_mm=36.0,
    )
