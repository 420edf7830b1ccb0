"""Apparent diffusion from two weightings, where no map was sent."""

from __future__ import annotations

import numpy as np

from pipeline.domain.volume import Volume, VoxelUnit

_FAINTEST_SHARE = 0.05
"""Signal under this share of the b0's brightest is noise, whose ratio means nothing."""
_LARGEST_1E6_MM2_S = 4000.0
"""Free water at 37 degrees Celsius is 3000e-6 mm2/s; more is noise."""


def diffusivity(weighted: Volume, b0: Volume, b_value: float) -> Volume | None:
    """ADC in 1e-6 mm2/s as ``ln(S0 / S) / b`` (Stejskal and Tanner 1965), 0 where there is no signal.

    ``b_value`` is the difference of both weightings in s/mm2. None where the two do not lie on the
    same voxels or the weighting is too weak to tell.
    """
    same = weighted.shape_kji == b0.shape_kji and np.allclose(
        weighted.patient_from_voxel.matrix, b0.patient_from_voxel.matrix, atol=0.05
    )
    if not same or b_value < 100.0:
        return None
    plain, dark = b0.voxels.astype(np.float32), weighted.voxels.astype(np.float32)
    seen = plain > _FAINTEST_SHARE * float(np.percentile(plain, 99))
    ratio = np.log(np.maximum(plain, 1e-3) / np.maximum(dark, 1e-3))
    values = np.clip(ratio / np.float32(b_value * 1e-6), 0.0, _LARGEST_1E6_MM2_S)
    adc = np.where(seen, values, 0.0).astype(np.float32)
    return Volume(adc, weighted.patient_from_voxel, VoxelUnit.ADC_1E6_MM2_S)
