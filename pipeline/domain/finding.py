"""What a model or a person says is there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FindingKind(StrEnum):
    """What was found."""

    HAEMORRHAGE = "haemorrhage"
    INFARCT = "infarct"


class Side(StrEnum):
    """The patient's side, never the screen's."""

    LEFT = "left"
    RIGHT = "right"
    MIDLINE = "midline"
    BILATERAL = "bilateral"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One lesion: what, how large, on which side, how sure the model is.

    ``volume_ml`` is in millilitres; ``confidence`` from 0 to 1 is the bundle's own;
    ``centre_mm`` is the lesion's centroid in patient LPS mm; ``label`` is its value in the mask.
    """

    kind: FindingKind
    volume_ml: float
    side: Side
    confidence: float
    centre_mm: tuple[float, float, float] | None = None
    label: int = 1
