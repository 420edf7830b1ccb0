"""From a model's mask to findings: volume, side and place of every lesion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.domain.finding import Finding, Side
from pipeline.domain.ports import Lesion, Prediction
from pipeline.domain.volume import Volume
from pipeline.stages.midline import MidSagittalPlane, mid_sagittal_plane

_MIDLINE_WITHIN_MM = 12.0
"""A lesion all of which lies this near the mid-sagittal plane belongs to neither side: the width of the
third ventricle and falx region."""
_MIDLINE_CENTRE_MM = 4.0
_BOTH_SIDES_SHARE = 0.2
"""A lesion with at least this share of its volume on its smaller side is bilateral."""


def measure(prediction: Prediction, volume: Volume) -> tuple[Finding, ...]:
    """One finding per lesion of a prediction on ``volume``'s grid, the largest first.

    Volumes count voxels times the affine's determinant, which holds under a gantry tilt too. Sides are
    the patient's, from the head's own mid-sagittal plane; `Side.UNKNOWN` where no head is found.
    """
    if prediction.labels.shape != volume.shape_kji:
        raise ValueError("a mask must lie on the grid of its volume")
    plane = mid_sagittal_plane(volume) if prediction.lesions else None
    boxes = ndimage.find_objects(prediction.labels)
    found = [_finding(lesion, prediction.labels, boxes, volume, plane) for lesion in prediction.lesions]
    return tuple(sorted((f for f in found if f is not None), key=lambda finding: -finding.volume_ml))


def _finding(
    lesion: Lesion,
    labels: NDArray[np.uint8],
    boxes: list[tuple[slice, slice, slice] | None],
    volume: Volume,
    plane: MidSagittalPlane | None,
) -> Finding | None:
    box = boxes[lesion.label - 1] if 0 < lesion.label <= len(boxes) else None
    if box is None:
        return None
    k, j, i = np.nonzero(labels[box] == lesion.label)
    corner = np.array([box[2].start, box[1].start, box[0].start])
    points_mm = volume.patient_from_voxel.patient_mm(np.stack([i, j, k], axis=-1) + corner)
    centre = points_mm.mean(axis=0)
    return Finding(
        kind=lesion.kind,
        volume_ml=len(points_mm) * volume.patient_from_voxel.voxel_volume_ml,
        side=Side.UNKNOWN if plane is None else side_of(plane.to_left_mm(points_mm)),
        confidence=lesion.confidence,
        centre_mm=(float(centre[0]), float(centre[1]), float(centre[2])),
        label=lesion.label,
    )


def side_of(to_left_mm: NDArray[np.float64]) -> Side:
    """The side of a lesion from its voxels' signed distances to the mid-sagittal plane, left positive."""
    centre = float(to_left_mm.mean())
    if abs(centre) <= _MIDLINE_CENTRE_MM and np.percentile(np.abs(to_left_mm), 95) <= _MIDLINE_WITHIN_MM:
        return Side.MIDLINE
    on_left = float((to_left_mm > 0).mean())
    if min(on_left, 1 - on_left) >= _BOTH_SIDES_SHARE:
        return Side.BILATERAL
    return Side.LEFT if centre > 0 else Side.RIGHT
