"""How the image planes of a series lie in space: their order, step, tilt, gaps. Pure decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.errors import NotAVolume
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.volumes.source import SourceFrame

SAME_PLACE_MM = 0.02
"""Two planes nearer than this lie at one place: below any slice increment in use (0.1 mm)."""

TILT_FROM_DEGREES = 0.2
"""Below this the step is taken to be along the normal; header rounding alone gives under 0.1 degrees."""

UNEVEN_FROM = 0.05
"""A slice may lie off the even grid by this share of a step (and SAME_PLACE_MM) before it is resampled."""

OFF_LINE_MM = 1.0
"""Slices further from one straight line than this were scanned with the table or patient moved aside."""

MOST_GAPS = 3
"""A grid of more slices than this many times the real ones would be more invention than image."""


@dataclass(frozen=True, slots=True, eq=False)
class Arrangement:
    """Planes in order along their normal, and the even grid that holds them.

    ``along_mm`` is each plane's distance from the first along the step direction; ``step_mm`` the even
    step; ``model_k`` each plane's (fractional) slice index on the even grid of ``slices`` slices;
    ``even`` when these are 0, 1, 2, ...; ``missing`` counts slices that must have been there.
    """

    frames: tuple[SourceFrame, ...]
    along_mm: NDArray[np.float64]
    step_mm: float
    slices: int
    even: bool
    tilt_degrees: float
    missing: int
    from_mm: float
    to_mm: float
    patient_from_voxel: PatientFromVoxel
    notes: tuple[str, ...]

    @property
    def model_k(self) -> NDArray[np.float64]:
        """Each plane's slice index on the even grid, fractional where spacing is uneven."""
        placed: NDArray[np.float64] = self.along_mm / self.step_mm
        return placed

    @property
    def interpolated_k(self) -> tuple[int, ...]:
        """The slices of the even grid that no plane lies near: what they show was never measured there."""
        if self.even:
            return ()
        off = np.abs(np.arange(self.slices)[:, np.newaxis] - self.model_k).min(axis=1)
        return tuple(int(k) for k in np.flatnonzero(off > 0.5 + UNEVEN_FROM))


def consistent(frames: Sequence[SourceFrame]) -> tuple[list[SourceFrame], list[str]]:
    """The largest group of planes that can form one volume, one plane per place, and what was left out."""
    groups: dict[tuple[object, ...], list[SourceFrame]] = defaultdict(list)
    for frame in frames:
        groups[_shape(frame)].append(frame)
    largest = max(_alike(groups), key=len)
    notes = []
    if len(largest) < len(frames):
        notes.append(f"{len(frames) - len(largest)} images of another orientation, matrix or pixel size left out")
    kept = _one_per_place(largest)
    if len(kept) < len(largest):
        notes.append(f"{len(largest) - len(kept)} repeated images at places already filled left out")
    return kept, notes


def arrange(frames: Sequence[SourceFrame]) -> Arrangement:
    """Order consistent planes along their normal and find the even grid that holds them.

    Raises `NotAVolume` when the planes do not lie on one line, or are too few for the gaps between them.
    """
    normal = _normal(frames[0])
    ordered, _ = _along(frames, normal)
    positions = np.array([frame.position_mm for frame in ordered])
    direction = _direction(positions, normal)
    along_mm = (positions - positions[0]) @ direction
    off_line = np.linalg.norm(positions - positions[0] - np.outer(along_mm, direction), axis=1)
    if off_line.max() > OFF_LINE_MM:
        raise NotAVolume(f"the slices do not lie on one line (off by up to {off_line.max():.1f} mm)")
    tilt = float(np.degrees(np.arccos(min(1.0, float(direction @ normal)))))
    step_mm, slices, even = _even_grid(along_mm, ordered[0])
    if slices > MOST_GAPS * len(ordered):
        raise NotAVolume(f"{len(ordered)} slices over {along_mm[-1]:.0f} mm leave too many gaps to form one volume")
    missing = 0 if even else _missing(np.diff(along_mm), step_mm)
    depth = positions @ normal
    return Arrangement(
        frames=tuple(ordered),
        along_mm=along_mm,
        step_mm=step_mm,
        slices=slices,
        even=even,
        tilt_degrees=tilt if tilt >= TILT_FROM_DEGREES else 0.0,
        missing=missing,
        from_mm=float(depth[0]),
        to_mm=float(depth[-1]),
        patient_from_voxel=_affine(ordered[0], positions[0], step_mm * direction),
        notes=_notes(tilt, even=even, missing=missing, gaps=np.diff(along_mm), step_mm=step_mm),
    )


def _shape(frame: SourceFrame) -> tuple[object, ...]:
    return (frame.rows, frame.columns, frame.orientation, frame.spacing_mm, frame.FrameOfReferenceUID)


def _alike(groups: dict[tuple[object, ...], list[SourceFrame]]) -> list[list[SourceFrame]]:
    """Groups whose orientation and pixel size differ by the rounding of their headers alone, put together."""
    rounded: dict[tuple[object, ...], list[SourceFrame]] = defaultdict(list)
    for group in groups.values():
        first = group[0]
        orientation = tuple(round(value, 3) + 0.0 for value in first.orientation)
        spacing = tuple(round(value, 4) for value in first.spacing_mm)
        rounded[first.rows, first.columns, orientation, spacing, first.FrameOfReferenceUID].extend(group)
    return list(rounded.values())


def _normal(frame: SourceFrame) -> NDArray[np.float64]:
    normal = np.cross(frame.orientation[:3], frame.orientation[3:])
    length = float(np.linalg.norm(normal))
    if length < 0.5:
        raise NotAVolume("the orientation of the images is not one (ImageOrientationPatient)")
    unit: NDArray[np.float64] = normal / length
    return unit


def _along(frames: Sequence[SourceFrame], normal: NDArray[np.float64]) -> tuple[list[SourceFrame], NDArray[np.float64]]:
    """Planes in order along the normal, and how far along each one lies in mm."""
    along_mm = np.array([frame.position_mm for frame in frames]) @ normal
    order = np.argsort(along_mm, kind="stable")
    return [frames[index] for index in order], along_mm[order]


def _one_per_place(frames: Sequence[SourceFrame]) -> list[SourceFrame]:
    """Of planes at one place keep the first acquired; in order along their normal."""
    ordered, along_mm = _along(frames, _normal(frames[0]))
    kept: list[SourceFrame] = []
    place_mm = -np.inf
    for frame, at_mm in zip(ordered, along_mm.tolist(), strict=True):
        if at_mm - place_mm < SAME_PLACE_MM:
            kept[-1] = min(kept[-1], frame, key=_acquired)
        else:
            kept.append(frame)
            place_mm = at_mm
    return kept


def _acquired(frame: SourceFrame) -> tuple[int, int, int, int]:
    return (frame.kind.moment, frame.acquisition, frame.instance, frame.frame)


def _direction(positions: NDArray[np.float64], normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """The unit vector from the first to the last plane: the normal itself unless the gantry was tilted."""
    step = positions[-1] - positions[0]
    length = float(np.linalg.norm(step))
    if length < SAME_PLACE_MM:
        return normal
    unit: NDArray[np.float64] = step / length
    off_degrees = np.degrees(np.arccos(np.clip(unit @ normal, -1, 1)))
    return normal if off_degrees < TILT_FROM_DEGREES else unit


def _even_grid(along_mm: NDArray[np.float64], first: SourceFrame) -> tuple[float, int, bool]:
    """(step, slices, even) of the grid; a single plane is as thick as its header says, else 5 mm."""
    count = len(along_mm)
    if count == 1:
        return (first.thickness_mm or 5.0), 1, True
    mean_step = float(along_mm[-1]) / (count - 1)
    off = np.abs(along_mm - mean_step * np.arange(count)).max()
    if off <= max(UNEVEN_FROM * mean_step, SAME_PLACE_MM):
        return mean_step, count, True
    common = _common_gap_mm(np.diff(along_mm))
    slices = round(float(along_mm[-1]) / common) + 1
    return float(along_mm[-1]) / (slices - 1), slices, False


def _common_gap_mm(gaps: NDArray[np.float64]) -> float:
    """The finest spacing that a fifth of the slices share, so that one odd gap does not set the grid."""
    return float(np.sort(gaps)[int(0.2 * len(gaps))])


def _missing(gaps: NDArray[np.float64], step_mm: float) -> int:
    """How many slices are missing from an otherwise even series; 0 when spacing is simply uneven."""
    multiples = gaps / step_mm
    whole = np.round(multiples)
    if np.abs(multiples - whole).max() > 2 * UNEVEN_FROM or (whole == 1).mean() < 0.5:
        return 0
    return int((whole - 1).sum())


def _affine(first: SourceFrame, origin: NDArray[np.float64], k_step: NDArray[np.float64]) -> PatientFromVoxel:
    along_i, along_j = np.asarray(first.orientation[:3]), np.asarray(first.orientation[3:])
    between_rows_mm, between_columns_mm = first.spacing_mm
    return PatientFromVoxel.from_columns(along_i * between_columns_mm, along_j * between_rows_mm, k_step, origin)


def _notes(tilt: float, *, even: bool, missing: int, gaps: NDArray[np.float64], step_mm: float) -> tuple[str, ...]:
    notes = []
    if tilt >= TILT_FROM_DEGREES:
        notes.append(f"gantry tilt {tilt:.1f} degrees")
    if missing:
        slices = "slice is" if missing == 1 else "slices are"
        notes.append(f"{missing} {slices} missing inside the series, interpolated from the neighbours")
    elif not even:
        notes.append(
            f"uneven slice spacing, {gaps.min():.2f} to {gaps.max():.2f} mm, resampled to an even {step_mm:.2f} mm"
        )
    return tuple(notes)
