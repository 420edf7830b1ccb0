"""A sampled volume with its true place in the patient."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from numpy.typing import NDArray

from pipeline.domain.geometry import PatientFromVoxel

Voxels: TypeAlias = NDArray[Any]


class VoxelUnit(StrEnum):
    """What one voxel value means."""

    HU = "HU"
    """CT number after rescale (PS3.3 C.8.2.1)."""
    ARBITRARY = "arbitrary"
    """MR signal, without unit."""
    ADC_1E6_MM2_S = "1e-6 mm2/s"
    """Apparent diffusion coefficient in 10^-6 mm2/s."""


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """Voxels ``[k, j, i]`` (slice, row, column), their unit and their affine."""

    voxels: Voxels
    patient_from_voxel: PatientFromVoxel
    unit: VoxelUnit

    def __post_init__(self) -> None:
        if self.voxels.ndim != 3 or 0 in self.voxels.shape:
            raise ValueError("a volume has three axes, none empty: slice, row, column")

    @property
    def shape_kji(self) -> tuple[int, int, int]:
        """Number of slices, rows, columns."""
        k, j, i = self.voxels.shape
        return (k, j, i)
