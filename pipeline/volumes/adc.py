"""In which unit an ADC map is written, told from its values where its headers are silent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.domain.volume import Volume, VoxelUnit
from pipeline.volumes.series_volume import SeriesVolume

_TO_1E6_MM2_S = (1.0, 1000.0, 1e6, 0.1)
"""Maps are written in 1e-6 or 1e-3 mm2/s, in mm2/s, and by some scanners in 1e-7."""

_PLAUSIBLE = (450.0, 2200.0)
"""The median of a head's ADC in 1e-6 mm2/s: brain 700 to 1000, with fluid (3000) and scalp mixed in."""


def in_adc_units(series: SeriesVolume) -> SeriesVolume:
    """The same ADC map in 1e-6 mm2/s; unchanged, unit unknown, where no factor makes its values plausible."""
    volume = series.volume
    if volume.unit is VoxelUnit.ADC_1E6_MM2_S:
        return series
    factor = _factor(volume)
    if factor is None:
        return series
    voxels = volume.voxels if factor == 1.0 else (volume.voxels * np.float32(factor)).astype(np.float32)
    note = () if factor == 1.0 else (f"ADC values multiplied by {factor:g} to be 1e-6 mm2/s, judged by their median",)
    return replace(
        series,
        volume=Volume(voxels, volume.patient_from_voxel, VoxelUnit.ADC_1E6_MM2_S),
        notes=(*series.notes, *note),
    )


def _factor(volume: Volume) -> float | None:
    measured = volume.voxels[volume.voxels > 0]
    if measured.size < 100:
        return None
    median = float(np.median(measured[:: max(1, measured.size // 100_000)]))
    fitting = [factor for factor in _TO_1E6_MM2_S if _PLAUSIBLE[0] <= median * factor <= _PLAUSIBLE[1]]
    return fitting[0] if fitting else None
