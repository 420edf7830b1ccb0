"""Where a volume, its straightened slices and the network's voxels lie: every way there and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models.inference.orientation import Upright, tilt_degrees, upright
from models.inference.slices import HEAD_CT_PITCH, Pitch, SlicePlan, SliceReader, plan_slices
from models.inference.stored import stored
from models.inference.straighten import LARGEST_TILT_DEGREES, Grid, slices_on, straight_grid
from pipeline.domain.geometry import Matrix, PatientFromVoxel
from pipeline.domain.volume import Volume


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A volume turned upright, the grid its slices are read from, and the network's slices of that.

    ``straight`` is the upright volume's own grid, or a patient-aligned one where that is oblique.
    """

    turned: Upright
    straight: Grid
    plan: SlicePlan

    @property
    def source(self) -> Grid:
        """The upright volume's grid."""
        return grid_of(self.turned)

    @property
    def patient_from_network(self) -> Matrix:
        """Patient LPS mm of a network voxel (i, j, k)."""
        matrix: Matrix = self.straight.matrix @ self.plan.source_from_network
        return matrix

    def slices(self, outside: float, device: torch.device) -> SliceReader:
        """Slices of the volume itself on the straight grid."""
        return slices_on(self.straight, stored(self.turned.voxels, device), self.source, outside)

    def companion_slices(self, companion: Volume, outside: float, device: torch.device) -> SliceReader:
        """Slices of another volume of the patient on the straight grid."""
        turned = upright(companion)
        return slices_on(self.straight, stored(turned.voxels, device), grid_of(turned), outside)

    def back(self, labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A mask on the upright voxels as one on the volume's own."""
        return self.turned.back(labels)


def frame_of(volume: Volume, pitch: Pitch = HEAD_CT_PITCH) -> Frame:
    """The frame of a volume; a lone slice is never straightened."""
    turned = upright(volume)
    grid = grid_of(turned)
    if len(turned.voxels) > 1 and tilt_degrees(grid.matrix) > LARGEST_TILT_DEGREES:
        grid = straight_grid(grid)
    return Frame(turned, grid, plan_slices(grid.shape_kji, PatientFromVoxel(grid.matrix).spacing_mm, pitch))


def grid_of(turned: Upright) -> Grid:
    """The grid of an upright volume."""
    k, j, i = turned.voxels.shape
    return Grid(turned.patient_from_voxel.matrix, (k, j, i))
