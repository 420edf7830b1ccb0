"""Which part of the head a point lies in, by its place in the skull alone.

No atlas is fitted: an arterial atlas with a licence that lets it be shipped is not known to us. Borders are
those of an average adult head and true to about two centimetres, so a region says where to look, not which
artery is closed.
"""

from __future__ import annotations

import numpy as np

from pipeline.domain.finding import Region
from pipeline.stages.head_frame import HeadFrame

_TENT_MM = 92.0
"""The tentorium's edge below the vertex in adults, scalp included."""
_DEEP_WITHIN_MM = 37.0
"""Insula to insula is about 75 mm."""


def region_of(centre_mm: tuple[float, float, float], frame: HeadFrame) -> Region | None:
    """The region of a patient point (LPS mm); None where the scan does not reach the vertex."""
    if frame.top_mm is None or frame.back_mm - frame.front_mm < 100.0:
        return None
    left, back, up = (float(value) for value in frame.of(np.array(centre_mm)))
    below = frame.top_mm - up
    behind = (back - frame.front_mm) / (frame.back_mm - frame.front_mm)
    aside = abs(left)
    if below > _TENT_MM and behind > 0.5:
        return Region.POSTERIOR_FOSSA
    if 55.0 < below <= _TENT_MM + 15.0 and aside < _DEEP_WITHIN_MM and 0.3 < behind < 0.65:
        return Region.DEEP
    if below > 80.0 and behind <= 0.7:
        return Region.TEMPORAL if behind > 0.25 else Region.FRONTAL
    if behind > 0.78:
        return Region.OCCIPITAL
    return Region.FRONTAL if behind < 0.45 else Region.PARIETAL
