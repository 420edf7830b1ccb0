"""What the pixels of a CT say of it: bright vessels, metal, motion, and whether a whole head is there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.domain.volume import Volume, VoxelUnit

_GRID_MM = 2.0
"""Everything is judged on a grid of about 2 mm: vessels of interest and head are larger, and it is quick."""

_SKIN_HU, _BONE_HU, _METAL_HU = -300, 300, 2900
"""Metal saturates the 12-bit scale (3071 HU); enamel, the hardest tissue, stays near 2500."""

_BRAIN_HU = (0, 80)
_VESSEL_HU = (150, 600)
"""Iodine in head arteries measures 200 to 450 HU, a fresh clot at most 90."""

_BELOW_VERTEX_MM = (25.0, 90.0)
"""From below the slanting vault down to about the circle of Willis; the thin bone of the base looks like vessels."""

_NEAR_BONE_MM = 6.0
_WIDEST_VESSEL_CM2 = 2.0
VESSELS_FROM_ML = 1.5
"""Calcified choroid plexus, pineal gland and falx stay under 1 mL at these densities."""

_METAL_FROM_ML = 0.15
_JUMP_MM = 4.0
"""A head's outline moves by less between neighbouring places 5 mm apart, even at the skull base."""

_VERTEX_SHARE = 0.55
"""Near the vertex a slice shows at most this share of the head's largest slice."""


@dataclass(frozen=True, slots=True)
class PixelEvidence:
    """``vessels_ml`` and ``brain_ml`` inside the skull below the vertex; ``jump_mm`` the largest shift of the
    head's outline from one place to the next; ``vertex`` says that the slices reach the top of the head."""

    vessels_ml: float
    brain_ml: float
    metal_ml: float
    jump_mm: float
    vertex: bool
    extent_mm: float

    @property
    def bright_vessels(self) -> bool:
        """Whether iodine must have been in the arteries."""
        return self.vessels_ml >= VESSELS_FROM_ML

    @property
    def metal(self) -> bool:
        """Whether there is metal in the head, with its streaks."""
        return self.metal_ml >= _METAL_FROM_ML

    @property
    def motion(self) -> bool:
        """Whether the head moved between slices."""
        return self.jump_mm >= _JUMP_MM


def look(volume: Volume) -> PixelEvidence | None:
    """Look at a CT's voxels; None when they are not in HU or show no head."""
    if volume.unit is not VoxelUnit.HU:
        return None
    voxels, spacing_mm = _coarse(volume)
    head = voxels > _SKIN_HU
    area = head.sum(axis=(1, 2)) * spacing_mm[0] * spacing_mm[1] / 100.0
    if area.max() < 50:  # cm2: less than a child's head
        return None
    voxel_ml = float(np.prod(spacing_mm)) / 1000.0
    upper = voxels[_below_vertex(area, spacing_mm[2], upwards=_upwards(volume))]
    inside = _inside_skull(upper, spacing_mm)
    return PixelEvidence(
        vessels_ml=float(_vessels(upper, inside, spacing_mm).sum()) * voxel_ml,
        brain_ml=float((inside & (upper >= _BRAIN_HU[0]) & (upper <= _BRAIN_HU[1])).sum()) * voxel_ml,
        metal_ml=float((voxels > _METAL_HU).sum()) * voxel_ml,
        jump_mm=_largest_jump_mm(head, area, spacing_mm),
        vertex=_reaches_vertex(area, upwards=_upwards(volume)),
        extent_mm=(volume.shape_kji[0] - 1) * volume.patient_from_voxel.spacing_mm[2],
    )


def _coarse(volume: Volume) -> tuple[NDArray[np.float32], tuple[float, float, float]]:
    """Every n-th voxel so that steps are near 2 mm, and the steps along i, j, k."""
    steps = [max(1, round(_GRID_MM / mm)) for mm in volume.patient_from_voxel.spacing_mm]
    i, j, k = steps
    spacing_mm = tuple(mm * step for mm, step in zip(volume.patient_from_voxel.spacing_mm, steps, strict=True))
    return volume.voxels[::k, ::j, ::i], (spacing_mm[0], spacing_mm[1], spacing_mm[2])


def _upwards(volume: Volume) -> bool:
    return bool(volume.patient_from_voxel.matrix[2, 2] > 0)


def _below_vertex(area: NDArray[np.float64], step_mm: float, *, upwards: bool) -> slice:
    """The slices that hold the brain's vessels and neither vault nor base, counted from the topmost of the head."""
    shown = np.flatnonzero(area > 10)
    near, far = (round(mm / step_mm) for mm in _BELOW_VERTEX_MM)
    if upwards:
        return slice(max(0, int(shown[-1]) - far), max(0, int(shown[-1]) - near) + 1)
    return slice(int(shown[0]) + near, int(shown[0]) + far + 1)


def _inside_skull(voxels: NDArray[np.float32], spacing_mm: tuple[float, float, float]) -> NDArray[np.bool_]:
    """What bone encloses in its own slice, at a distance from it."""
    bone = voxels > _BONE_HU
    apart = max(1, round(_NEAR_BONE_MM / spacing_mm[0]))
    inside = np.zeros_like(bone)
    for k, slice_bone in enumerate(bone):
        closed = ndimage.binary_closing(slice_bone, iterations=1)
        near = ndimage.binary_dilation(_large(slice_bone), iterations=apart)
        inside[k] = ndimage.binary_fill_holes(closed) & ~near
    return inside


def _large(bone: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Bone without small bright spots, which may be vessels themselves."""
    labels, count = ndimage.label(bone)
    if not count:
        return bone
    sizes = np.bincount(labels.ravel())
    kept: NDArray[np.bool_] = bone & (sizes[labels] >= max(30, int(0.05 * sizes[1:].max())))
    return kept


def _vessels(
    voxels: NDArray[np.float32], inside: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> NDArray[np.bool_]:
    """Bright spots that hang together with no bone of their slice and are no wider than a vessel."""
    found = np.zeros_like(inside)
    widest = _WIDEST_VESSEL_CM2 * 100 / (spacing_mm[0] * spacing_mm[1])
    for k, values in enumerate(voxels):
        labels, count = ndimage.label(values >= _VESSEL_HU[0])
        if not count:
            continue
        whole, within = np.bincount(labels.ravel()), np.bincount(labels[inside[k]], minlength=count + 1)
        fits = (within == whole) & (whole <= widest)
        fits[0] = False
        found[k] = fits[labels] & (values <= _VESSEL_HU[1])
    return found


def _largest_jump_mm(
    head: NDArray[np.bool_], area: NDArray[np.float64], spacing_mm: tuple[float, float, float]
) -> float:
    """The largest shift of the head's middle against the line through its neighbours' middles."""
    shown = np.flatnonzero(area > 0.4 * area.max())
    if len(shown) < 5:
        return 0.0
    middles = np.array([ndimage.center_of_mass(head[k]) for k in shown]) * (spacing_mm[1], spacing_mm[0])
    bend = middles[1:-1] - (middles[:-2] + middles[2:]) / 2
    return float(np.linalg.norm(bend, axis=1).max())


def _reaches_vertex(area: NDArray[np.float64], *, upwards: bool) -> bool:
    top = area[-1] if upwards else area[0]
    return bool(top < _VERTEX_SHARE * area.max())
