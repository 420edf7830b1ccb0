"""From a model's mask to findings: volume, side, size and place of every lesion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.domain.finding import Finding, FindingKind, MidlineShift, Side
from pipeline.domain.ports import Lesion, Prediction
from pipeline.domain.volume import Volume
from pipeline.stages.extent import abc2_ml, largest_diameter_mm
from pipeline.stages.head_frame import HeadFrame, head_frame
from pipeline.stages.midline import MidSagittalPlane, mid_sagittal_plane
from pipeline.stages.region import region_of
from pipeline.stages.shift import midline_shift

_MIDLINE_WITHIN_MM = 12.0
"""A lesion all of which lies this near the mid-sagittal plane belongs to neither side: the width of the
third ventricle and falx region."""
_MIDLINE_CENTRE_MM = 4.0
_BOTH_SIDES_SHARE = 0.2
"""A lesion with at least this share of its volume on its smaller side is bilateral."""
_SHIFT_FROM_ML = 5.0
"""Less blood than this does not push the midline far enough to be measured."""
_EVEN_ODDS = 255.0
_UNCERTAIN_FROM = 128
"""Uncertainty from here on is nearer to even odds than to sure."""


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """What measuring needs to know of the head itself; either is None where none is found."""

    plane: MidSagittalPlane | None
    frame: HeadFrame | None


def find_head(volume: Volume) -> Head:
    """The head in a volume, looked for once and used for every bundle's findings."""
    plane = mid_sagittal_plane(volume)
    return Head(plane, None if plane is None else head_frame(volume, plane))


def measure(
    prediction: Prediction, volume: Volume, head: Head | None = None, *, for_triage: bool = True
) -> tuple[Finding, ...]:
    """One finding per lesion of a prediction on ``volume``'s grid, the largest first.

    Volumes count voxels times the affine's determinant, which holds under a gantry tilt too. Sides are
    the patient's, from the head's own mid-sagittal plane; `Side.UNKNOWN` where no head is found.
    """
    if prediction.labels.shape != volume.shape_kji:
        raise ValueError("a mask must lie on the grid of its volume")
    if not prediction.lesions:
        return ()
    measuring = _Measuring(prediction, volume, head or find_head(volume), for_triage=for_triage)
    boxes = boxes_of(prediction.labels)
    found = [measuring.finding(lesion, boxes) for lesion in prediction.lesions]
    return tuple(sorted((f for f in found if f is not None), key=lambda finding: -finding.volume_ml))


def shift_of(findings: tuple[Finding, ...], prediction: Prediction, volume: Volume, head: Head) -> MidlineShift | None:
    """The midline shift beside a haemorrhage; None without enough blood or where it cannot be measured."""
    blood = [f for f in findings if f.kind is FindingKind.HAEMORRHAGE and f.centre_mm is not None]
    if head.frame is None or sum(f.volume_ml for f in blood) < _SHIFT_FROM_ML:
        return None
    return midline_shift(volume, prediction.labels > 0, np.array(blood[0].centre_mm), head.frame)


def uncertain_ml(prediction: Prediction, volume: Volume) -> float | None:
    """The volume of which a model is nearer to even odds than to sure; None where it does not say."""
    if prediction.uncertainty is None:
        return None
    return int((prediction.uncertainty >= _UNCERTAIN_FROM).sum()) * volume.patient_from_voxel.voxel_volume_ml


class _Measuring:
    """The lesions of one prediction, one after another."""

    def __init__(self, prediction: Prediction, volume: Volume, head: Head, *, for_triage: bool) -> None:
        self._prediction = prediction
        self._affine = volume.patient_from_voxel
        self._head = head
        self._for_triage = for_triage

    def finding(self, lesion: Lesion, boxes: list[tuple[slice, slice, slice] | None]) -> Finding | None:
        box = boxes[lesion.label - 1] if 0 < lesion.label <= len(boxes) else None
        if box is None:
            return None
        mask = self._prediction.labels[box] == lesion.label
        k, j, i = np.nonzero(mask)
        corner = np.array([box[2].start, box[1].start, box[0].start])
        points_mm = self._affine.patient_mm(np.stack([i, j, k], axis=-1) + corner)
        centre = points_mm.mean(axis=0)
        centre_mm = (float(centre[0]), float(centre[1]), float(centre[2]))
        to_left = None if self._head.plane is None else self._head.plane.to_left_mm(points_mm)
        return Finding(
            kind=lesion.kind,
            volume_ml=len(points_mm) * self._affine.voxel_volume_ml,
            side=Side.UNKNOWN if to_left is None else side_of(to_left),
            confidence=lesion.confidence,
            centre_mm=centre_mm,
            label=lesion.label,
            site=lesion.site,
            bundle=self._prediction.bundle_id,
            bundle_version=self._prediction.bundle_version,
            for_triage=self._for_triage,
            abc2_ml=abc2_ml(mask, self._affine) if lesion.kind is FindingKind.HAEMORRHAGE else None,
            largest_diameter_mm=largest_diameter_mm(mask, self._affine),
            left_share=None if to_left is None else float((to_left > 0).mean()),
            region=None if self._head.frame is None else region_of(centre_mm, self._head.frame),
            uncertainty=self._uncertainty(box, mask),
        )

    def _uncertainty(self, box: tuple[slice, slice, slice], mask: NDArray[np.bool_]) -> float | None:
        if self._prediction.uncertainty is None:
            return None
        return float(self._prediction.uncertainty[box][mask].mean()) / _EVEN_ODDS


def boxes_of(labels: NDArray[np.uint8]) -> list[tuple[slice, slice, slice] | None]:
    """The box of each label of [k, j, i], as `ndimage.find_objects`; it looks closely only at slices that hold any."""
    used = np.flatnonzero(labels.max(axis=(1, 2)))
    if not len(used):
        return []
    first = int(used[0])
    found = ndimage.find_objects(labels[first : int(used[-1]) + 1])
    return [box and (slice(box[0].start + first, box[0].stop + first), box[1], box[2]) for box in found]


def side_of(to_left_mm: NDArray[np.float64]) -> Side:
    """The side of a lesion from its voxels' signed distances to the mid-sagittal plane, left positive."""
    centre = float(to_left_mm.mean())
    if abs(centre) <= _MIDLINE_CENTRE_MM and np.percentile(np.abs(to_left_mm), 95) <= _MIDLINE_WITHIN_MM:
        return Side.MIDLINE
    on_left = float((to_left_mm > 0).mean())
    if min(on_left, 1 - on_left) >= _BOTH_SIDES_SHARE:
        return Side.BILATERAL
    return Side.LEFT if centre > 0 else Side.RIGHT
