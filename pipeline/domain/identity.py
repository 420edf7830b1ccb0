"""Who the images say the patient is, and what two different answers for one image mean."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class PatientIdentity:
    """The demographics of one instance, as its data set has them (PS3.3 C.7.1.1), decoded."""

    PatientID: str
    IssuerOfPatientID: str
    PatientName: str
    PatientBirthDate: str
    PatientSex: str

    @property
    def key(self) -> tuple[str, str]:
        """What tells two patients of one site apart; two keys are merged only by a person."""
        return (self.IssuerOfPatientID, self.PatientID)


class SameInstance(StrEnum):
    """What a second arrival under one SOPInstanceUID is."""

    DUPLICATE = "duplicate"
    """The same bytes: accepted silently."""
    IDENTITY_CORRECTION = "identity_correction"
    """The same pixels with other demographics: a person confirms it; nothing is analysed again."""
    CONFLICT = "conflict"
    """Different bytes: both are kept and flagged."""


@dataclass(frozen=True, slots=True)
class InstanceContent:
    """What is compared: digests of the whole data set and of its pixels, and the demographics."""

    sha256: str
    pixel_sha256: str | None
    identity: PatientIdentity


def compare(known: InstanceContent, arrived: InstanceContent) -> SameInstance:
    """Say what a second arrival under a known SOPInstanceUID is."""
    if known.sha256 == arrived.sha256:
        return SameInstance.DUPLICATE
    same_pixels = known.pixel_sha256 is not None and known.pixel_sha256 == arrived.pixel_sha256
    if same_pixels and known.identity != arrived.identity:
        return SameInstance.IDENTITY_CORRECTION
    return SameInstance.CONFLICT
