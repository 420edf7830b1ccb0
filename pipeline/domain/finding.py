"""What a model or a person says is there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FindingKind(StrEnum):
    """What was found."""

    HAEMORRHAGE = "haemorrhage"
    INFARCT = "infarct"
    EARLY_ISCHAEMIA = "early_ischaemia"
    """Early ischaemic change on non-contrast CT."""


class HaemorrhageSite(StrEnum):
    """Where intracranial blood lies (the five classes of Wu 2023, BHSD)."""

    INTRAPARENCHYMAL = "IPH"
    INTRAVENTRICULAR = "IVH"
    SUBARACHNOID = "SAH"
    SUBDURAL = "SDH"
    EPIDURAL = "EDH"


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
    ``centre_mm`` is the lesion's centroid in patient LPS mm; ``label`` is its value in the mask;
    ``site`` is where most of a haemorrhage lies, where the model says so.
    """

    kind: FindingKind
    volume_ml: float
    side: Side
    confidence: float
    centre_mm: tuple[float, float, float] | None = None
    label: int = 1
    site: HaemorrhageSite | None = None
