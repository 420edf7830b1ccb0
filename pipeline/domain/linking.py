"""Whether a request and a case are about one patient: said when sure, asked when unsure, never guessed."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pipeline.domain.identity import PatientIdentity
from pipeline.domain.opinion_request import PatientTold

AROUND = timedelta(hours=24)
"""Images so long before or after the request may belong to it."""


class Likeness(StrEnum):
    """Whether two descriptions are of one patient."""

    SAME = "same"
    UNSURE = "unsure"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open case of the requesting site, and when its images began to come.

    ``named``: its images carry the study or accession number that the worklist offered for the request.
    """

    case_id: UUID
    identity: PatientIdentity
    first_image_at: datetime
    named: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """The case a request surely belongs to, or those that a person must choose among; both empty: none yet."""

    case_id: UUID | None = None
    unsure: tuple[UUID, ...] = ()


def find_link(told: PatientTold, made_at: datetime, candidates: Sequence[Candidate]) -> Link:
    """Link a request by the worklist's numbers, else by patient and time; two cases that fit are a person's choice.

    Images that carry the numbers and another patient are a scanner's entry picked by mistake: a person looks.
    """
    named = [one for one in candidates if one.named]
    if named:
        sure = len(named) == 1 and likeness(told, named[0].identity) is not Likeness.OTHER
        return Link(named[0].case_id) if sure else Link(None, tuple(one.case_id for one in named))
    near = [one for one in candidates if abs(one.first_image_at - made_at) <= AROUND]
    by = {level: [one.case_id for one in near if likeness(told, one.identity) is level] for level in Likeness}
    if len(by[Likeness.SAME]) == 1:
        return Link(by[Likeness.SAME][0])
    return Link(None, (*by[Likeness.SAME], *by[Likeness.UNSURE]))


def likeness(told: PatientTold, images: PatientIdentity) -> Likeness:
    """Same: the number, the birth date and the name all agree. Unsure: some do. Other: none that counts."""
    number = bool(told.PatientID) and _plain(told.PatientID) == _plain(images.PatientID)
    born = bool(told.PatientBirthDate) and told.PatientBirthDate == images.PatientBirthDate
    family, given = _name(told, images.PatientName)
    if number and born and family and given:
        return Likeness.SAME
    undated = not (told.PatientBirthDate and images.PatientBirthDate)
    alike = number or (family and (born or (given and undated)))
    return Likeness.UNSURE if alike else Likeness.OTHER


def _name(told: PatientTold, PatientName: str) -> tuple[bool, bool]:
    """Whether family and given name agree in any of the name's three representations (PS3.5 6.2.1)."""
    family, given = _words(told.FamilyName), _words(told.GivenName)
    for group in PatientName.split("="):
        known_family, known_given = (_words(part) for part in [*group.split("^"), ""][:2])
        if family and family == known_family:
            return True, given[:1] == known_given[:1]
    return False, False


def _words(name: str) -> list[str]:
    """A name's words without case, accents and hyphens."""
    bare = "".join(one for one in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(one))
    return "".join(one if one.isalnum() else " " for one in bare).split()


def _plain(number: str) -> str:
    return number.strip().casefold()
