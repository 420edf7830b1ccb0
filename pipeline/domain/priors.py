"""Which earlier studies of a patient are fetched to compare with, and when a search is tried again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pipeline.domain.identity import PatientIdentity

MOST_PRIORS = 3
"""Studies fetched of one patient: the newest ones."""
OF_HEADS = frozenset({"CT", "MR"})

_AGAIN_AFTER = (10, 30, 120, 600, 1800)
"""Seconds until a search is tried again; after the last it is given up."""


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """A study that an archive says it has; names are DICOM's, empty where it says nothing."""

    StudyInstanceUID: str
    StudyDate: str
    modalities: frozenset[str]
    PatientID: str
    PatientBirthDate: str


def priors_among(
    found: Sequence[FoundStudy], patient: PatientIdentity, known: Collection[str], before: str
) -> list[FoundStudy]:
    """The newest earlier studies of this very patient, with CT or MR, that we do not have.

    ``known`` are StudyInstanceUIDs, ``before`` a StudyDate. Another PatientID or birth date than asked for is
    another patient, whatever the archive thinks matches.
    """
    earlier = [
        one
        for one in found
        if one.StudyInstanceUID
        and one.StudyInstanceUID not in known
        and one.PatientID.strip() == patient.PatientID
        and (not one.PatientBirthDate or one.PatientBirthDate == patient.PatientBirthDate)
        and one.StudyDate
        and one.StudyDate < before
        and (not one.modalities or one.modalities & OF_HEADS)
    ]
    unique = {one.StudyInstanceUID: one for one in earlier}
    return sorted(unique.values(), key=lambda one: (one.StudyDate, one.StudyInstanceUID), reverse=True)[:MOST_PRIORS]


def again_after(attempts: int) -> timedelta | None:
    """How long to wait after so many failed attempts; none to give up."""
    return timedelta(seconds=_AGAIN_AFTER[attempts - 1]) if attempts <= len(_AGAIN_AFTER) else None
