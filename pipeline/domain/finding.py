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


class Region(StrEnum):
    """Where in the head a lesion's centre lies, by its place in the skull alone: no atlas was fitted."""

    POSTERIOR_FOSSA = "posterior_fossa"
    DEEP = "deep"
    FRONTAL = "frontal"
    PARIETAL = "parietal"
    TEMPORAL = "temporal"
    OCCIPITAL = "occipital"


@dataclass(frozen=True, slots=True)
class MidlineShift:
    """How far the brain's own midline is pushed off the skull's mid-sagittal plane, and to which side.

    ``method`` and ``limits`` say how it was measured and how far that is to be trusted.
    """

    mm: float
    to: Side
    method: str
    limits: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One lesion: what, how large, on which side, how sure the model is.

    ``volume_ml`` is in millilitres; ``confidence`` from 0 to 1 is the bundle's own;
    ``centre_mm`` is the lesion's centroid in patient LPS mm; ``label`` is its value in the mask;
    ``site`` is where most of a haemorrhage lies, where the model says so. ``bundle`` saw it; unless
    ``for_triage`` it is shown and raises nothing. ``abc2_ml`` is ABC/2 (Kothari 1996) of a haemorrhage;
    ``left_share`` the part of its volume on the patient's left, 0 to 1; ``uncertainty`` is 0 for sure to 1
    for even odds, averaged over the lesion, where the bundle gives it.
    """

    kind: FindingKind
    volume_ml: float
    side: Side
    confidence: float
    centre_mm: tuple[float, float, float] | None = None
    label: int = 1
    site: HaemorrhageSite | None = None
    bundle: str = ""
    bundle_version: str = ""
    for_triage: bool = True
    abc2_ml: float | None = None
    largest_diameter_mm: float | None = None
    left_share: float | None = None
    region: Region | None = None
    uncertainty: float | None = None
