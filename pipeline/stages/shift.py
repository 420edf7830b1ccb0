"""How far a bleeding pushes the brain's midline off the skull's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.domain.finding import MidlineShift, Side
from pipeline.domain.volume import Volume, VoxelUnit
from pipeline.stages.head_frame import HeadFrame

METHOD = "local axis of symmetry of the middle of the brain, against the skull's mid-sagittal plane"
LIMITS = (
    "not validated on patients; true to about 3 mm on synthetic heads, at most 15 mm; unsure after surgery, "
    "with squeezed ventricles or where blood crosses the midline"
)

_LARGEST_MM = 15.0
_STEP_MM = 0.5
_ASIDE_MM = 26.0
"""How far from an axis its two sides are compared: across the ventricles and the falx."""
_NEAREST_MM = 1.5
_LEVELS_MM = np.arange(-30.0, 31.0, 5.0)
"""Heights looked at, from the blood's own centre."""
_TOGETHER = 4
"""Heights judged together: ventricles and falx reach over more than one."""
_SHIFTS_MM = np.arange(-_LARGEST_MM, _LARGEST_MM + _STEP_MM / 2, _STEP_MM)
_SOFT_HU = (0.0, 50.0)
_BONE_HU = 90.0
_BETTER_BY = 0.12
"""An axis off the plane must be so much more symmetric than the plane to be believed."""
_FEWEST_POINTS = 400

Grid = NDArray[np.float64]


def midline_shift(
    volume: Volume, blood: NDArray[np.bool_], blood_centre_mm: Grid, frame: HeadFrame
) -> MidlineShift | None:
    """The shift at the height where it is largest, within 3 cm of the blood; None where it cannot be measured.

    ``blood`` lies on the volume's grid and is left out of the comparison. A shift under the method's own
    error reads as 0.
    """
    if volume.unit is not VoxelUnit.HU:
        return None
    height = float(frame.of(blood_centre_mm)[2])
    levels = np.stack([_unlikeness_at(volume, blood, frame, height + level) for level in _LEVELS_MM])
    together = [levels[k : k + _TOGETHER] for k in range(len(levels) - _TOGETHER + 1)]
    shifts = [_best_mm(np.nansum(some, axis=0)) for some in together if np.isfinite(some).all(axis=1).sum() >= 2]
    if not shifts:
        return None
    shift_mm = max(shifts, key=abs)
    side = Side.MIDLINE if shift_mm == 0 else Side.LEFT if shift_mm > 0 else Side.RIGHT
    return MidlineShift(abs(shift_mm), side, METHOD, LIMITS)


def _best_mm(unlike: Grid) -> float:
    """The most symmetric axis, mm to the left of the plane; 0 unless it is clearly better than the plane."""
    at_plane, best = unlike[len(_SHIFTS_MM) // 2], int(unlike.argmin())
    return float(_SHIFTS_MM[best]) if unlike[best] <= (1 - _BETTER_BY) * at_plane else 0.0


def _unlikeness_at(volume: Volume, blood: NDArray[np.bool_], frame: HeadFrame, height_mm: float) -> Grid:
    """How unlike the two sides of each axis of `_SHIFTS_MM` are at one height; NaN where too little is known."""
    reach = _LARGEST_MM + _ASIDE_MM
    across = np.arange(-reach, reach + _STEP_MM / 2, _STEP_MM)
    length = frame.back_mm - frame.front_mm
    along = np.arange(frame.front_mm + 0.25 * length, frame.front_mm + 0.7 * length, 2.0)
    own = np.stack(np.meshgrid(across, along, [height_mm], indexing="ij"), axis=-1)[:, :, 0]
    values, known = _sampled(volume, blood, frame.to_patient(own))
    centres = [len(across) // 2 + round(shift / _STEP_MM) for shift in _SHIFTS_MM]
    unlike = np.array([_unlikeness(values, known, centre) for centre in centres])
    everywhere: Grid = unlike if np.isfinite(unlike).all() else np.full(len(unlike), np.nan)
    return everywhere


def _unlikeness(values: Grid, known: NDArray[np.bool_], centre: int) -> float:
    """Mean difference of the two sides of an axis, ``values[x, y]`` read outwards from ``centre``."""
    near, far = round(_NEAREST_MM / _STEP_MM), round(_ASIDE_MM / _STEP_MM)
    one, other = slice(centre + near, centre + far), slice(centre - far + 1, centre - near + 1)
    both = known[one] & known[other][::-1]
    if both.sum() < _FEWEST_POINTS:
        return float("nan")
    return float(np.abs(values[one] - values[other][::-1])[both].mean())


def _sampled(volume: Volume, blood: NDArray[np.bool_], points_mm: Grid) -> tuple[Grid, NDArray[np.bool_]]:
    """Soft-tissue HU at patient points, smoothed over about 2 mm, and where they are brain or fluid."""
    ijk = volume.patient_from_voxel.voxel_ijk(points_mm)
    kji = np.moveaxis(ijk[..., ::-1], -1, 0)
    hu = ndimage.map_coordinates(volume.voxels, kji, order=1, output=np.float64, mode="constant", cval=-1000.0)
    inked = ndimage.map_coordinates(blood.view(np.uint8), kji, order=0, mode="constant")
    known = (hu > -20) & (hu < _BONE_HU) & ~ndimage.binary_dilation(inked > 0, iterations=2)
    smooth = ndimage.gaussian_filter(np.clip(hu, *_SOFT_HU), (1.0 / _STEP_MM, 0.7))
    return smooth, known
