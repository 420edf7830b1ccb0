"""A frame of the head's own: millimetres to the left, to the back and upwards, from the mid-sagittal plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.volume import Volume, VoxelUnit
from pipeline.stages.midline import MidSagittalPlane

Points = NDArray[np.float64]

_GRID_MM = 4.0
_HEAD_HU = -300.0
_CLOSED_SHARE = 0.45
"""The top slice shows the vertex when the head's section there is under this share of its largest one."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadFrame:
    """Axes of a head (unit vectors, LPS) and its outermost points along them.

    ``from_patient`` rows are left, back, up; ``at_mm`` is the plane's offset. ``front_mm`` and
    ``back_mm`` bound the head; ``top_mm`` is its vertex, None where the scan ends below it.
    """

    from_patient: Points
    at_mm: float
    front_mm: float
    back_mm: float
    top_mm: float | None

    def of(self, points_mm: Points) -> Points:
        """(left, back, up) in mm of patient points (..., 3); left is signed from the mid-sagittal plane."""
        own: Points = points_mm @ self.from_patient.T
        own[..., 0] -= self.at_mm
        return own

    def to_patient(self, own_mm: Points) -> Points:
        """Patient points (..., 3) of (left, back, up)."""
        moved = own_mm.copy()
        moved[..., 0] += self.at_mm
        back: Points = moved @ self.from_patient
        return back


def head_frame(volume: Volume, plane: MidSagittalPlane) -> HeadFrame | None:
    """The frame of the head in a volume; None where there is none."""
    left = plane.to_left
    back = np.array([0.0, 1.0, 0.0]) - left[1] * left
    back /= np.linalg.norm(back)
    axes = np.stack([left, back, np.cross(left, back)])
    points = _head_points(volume)
    if len(points) < 200:
        return None
    own = points @ axes.T
    up = own[:, 2]
    sections = np.bincount(((up - up.min()) / _GRID_MM).astype(int))
    closed = sections[-3:].min() < _CLOSED_SHARE * np.percentile(sections, 90)
    upper = own[up > up.max() - 110.0]
    front_mm, back_mm = np.percentile(upper[:, 1], [0.2, 99.8])
    return HeadFrame(axes, plane.at_mm, float(front_mm), float(back_mm), float(up.max()) if closed else None)


def _head_points(volume: Volume) -> Points:
    steps = [max(1, round(_GRID_MM / step)) for step in reversed(volume.patient_from_voxel.spacing_mm)]
    coarse = volume.voxels[:: steps[0], :: steps[1], :: steps[2]]
    floor = _HEAD_HU if volume.unit is VoxelUnit.HU else 0.2 * float(np.percentile(coarse, 99))
    k, j, i = np.nonzero(coarse > floor)
    return volume.patient_from_voxel.patient_mm(np.stack([i * steps[2], j * steps[1], k * steps[0]], axis=-1))
