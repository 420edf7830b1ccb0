"""Requests and the images they are about: linked by the domain's rule, or by a person's word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, exists, select, update

from pipeline.database.cases import add_warning, remove_warning
from pipeline.database.events import record_event
from pipeline.database.request_tables import request
from pipeline.database.requests import StoredRequest, open_case_for, read_request, tell_case
from pipeline.database.tables import case, study
from pipeline.database.threads import join_threads
from pipeline.domain.errors import BadInput
from pipeline.domain.identity import PatientIdentity
from pipeline.domain.linking import AROUND, Candidate, find_link
from pipeline.domain.scheduled import number_of, study_uid_of

UNSURE = "request_unlinked"
"""Code of the warning on a case that a request may belong to."""
_SENTENCE = "a request and images may be of one patient; a person must say whether they are"


class TwoOwners(BadInput):
    """Two people hold the two cases; one of them must release his first."""


@dataclass(frozen=True, slots=True)
class Linking:
    """How a request came to its case: "sure" or "by_hand", by whom."""

    how: str
    at: datetime
    by: UUID | None = None


def candidates(connection: Connection, site_id: str, made_at: datetime, request_id: UUID) -> list[Candidate]:
    """Open cases of a site with images from about the time of a request."""
    numbered = (study.c.study_instance_uid == study_uid_of(request_id)) | (
        study.c.accession_number == number_of(request_id)
    )
    named = exists().where(study.c.case_id == case.c.id, numbered)
    query = select(case, named.label("named")).where(
        case.c.site_id == site_id,
        case.c.closed_at.is_(None),
        case.c.first_image_at.between(made_at - AROUND, made_at + AROUND),
        _has_images(),
    )
    return [Candidate(row.id, _identity(row), row.first_image_at, row.named) for row in connection.execute(query)]


def waiting_requests(connection: Connection, now: datetime) -> list[UUID]:
    """Requests that no person has linked and that may still find their images."""
    query = select(request.c.id).where(
        request.c.state != "withdrawn", request.c.link.in_(("none", "unsure")), request.c.made_at > now - AROUND
    )
    return list(connection.execute(query.order_by(request.c.made_at)).scalars())


def link_if_sure(connection: Connection, request_id: UUID, now: datetime) -> bool:
    """Link a request when its patient and time leave no doubt; else note the cases a person must look at."""
    known = read_request(connection, request_id, lock=True)
    if known is None or known.link not in ("none", "unsure"):
        return False
    if connection.execute(select(_has_images()).where(case.c.id == known.case_id)).scalar():
        _note(connection, known, Linking("sure", now))  # the images were filed on the request's own case
        return True
    link = find_link(known.asked.patient, known.made_at, candidates(connection, known.site_id, known.made_at, known.id))
    if link.case_id is not None and not _two_owners(connection, known.case_id, link.case_id):
        link_to(connection, known, link.case_id, Linking("sure", now))
        return True
    if set(link.unsure) != set(known.unsure):
        _ask_a_person(connection, known, link.unsure)
    return False


def link_to(connection: Connection, known: StoredRequest, case_id: UUID, linking: Linking) -> None:
    """Move a locked request to a case; its own case without images ends, and gives up its owner to that one.

    Raises `TwoOwners` when two people would hold one case.
    """
    if _two_owners(connection, known.case_id, case_id):
        raise TwoOwners
    left = known.case_id
    connection.execute(update(request).where(request.c.id == known.id).values(case_id=case_id))
    _note(connection, known, linking)
    record_event(connection, case_id, "request_linked", {"request": str(known.id), "how": linking.how})
    if left != case_id:
        _leave(connection, left, case_id, linking.at)
    tell_case(connection, case_id, linking.at, kind="requested")


def set_apart(connection: Connection, known: StoredRequest, linking: Linking) -> UUID:
    """Give a locked request a case of its own again: it was not about those images."""
    case_id = open_case_for(connection, known.site_id, known.asked.patient, linking.at)
    connection.execute(update(case).where(case.c.id == case_id).values(visible_at=linking.at))
    connection.execute(update(request).where(request.c.id == known.id).values(case_id=case_id))
    _note(connection, known, linking)
    tell_case(connection, known.case_id, linking.at, kind="request_set_apart")
    tell_case(connection, case_id, linking.at, kind="requested")
    return case_id


def _leave(connection: Connection, left: UUID, joined: UUID, now: datetime) -> None:
    """End a case that has neither images nor requests any more; who held it holds the other one."""
    others = connection.execute(select(request).where(request.c.case_id == left).limit(1)).first()
    row = connection.execute(select(case, _has_images().label("has_images")).where(case.c.id == left)).one()
    if others is not None or row.has_images:
        tell_case(connection, left, now, kind="request_moved")
        return
    if row.owner_id is not None:
        held = {"owner_id": row.owner_id, "taken_at": row.taken_at}
        connection.execute(update(case).where(case.c.id == joined, case.c.owner_id.is_(None)).values(held))
    connection.execute(update(case).where(case.c.id == left).values(closed_at=now, version=case.c.version + 1))
    join_threads(connection, left, joined)
    record_event(connection, left, "joined", {"case": str(joined)})


def _note(connection: Connection, known: StoredRequest, linking: Linking) -> None:
    noted: dict[str, Any] = {"link": linking.how, "unsure": [], "linked_by": linking.by, "linked_at": linking.at}
    connection.execute(update(request).where(request.c.id == known.id).values(noted))
    for case_id in (known.case_id, *known.unsure):
        if not _asked_about(connection, case_id):
            remove_warning(connection, case_id, UNSURE)


def _ask_a_person(connection: Connection, known: StoredRequest, unsure: tuple[UUID, ...]) -> None:
    values = {"link": "unsure" if unsure else "none", "unsure": [str(one) for one in unsure]}
    connection.execute(update(request).where(request.c.id == known.id).values(values))
    for case_id in {known.case_id, *unsure} if unsure else ():
        add_warning(connection, case_id, UNSURE, _SENTENCE)
        record_event(connection, case_id, UNSURE, {"request": str(known.id)})
    for case_id in {known.case_id, *known.unsure} - {*unsure, *([known.case_id] if unsure else [])}:
        if not _asked_about(connection, case_id):
            remove_warning(connection, case_id, UNSURE)


def _asked_about(connection: Connection, case_id: UUID) -> bool:
    """Whether some request still waits for a person's word about a case."""
    about = request.c.unsure.contains([str(case_id)]) | ((request.c.case_id == case_id) & (request.c.link == "unsure"))
    return connection.execute(select(request.c.id).where(about).limit(1)).first() is not None


def _two_owners(connection: Connection, one: UUID, other: UUID) -> bool:
    rows = connection.execute(
        select(case.c.owner_id).where(case.c.id.in_([one, other])).order_by(case.c.id).with_for_update()
    ).scalars()
    return len({owner for owner in rows if owner is not None}) > 1


def _has_images() -> Any:
    return exists().where(study.c.case_id == case.c.id)


def _identity(row: Row[Any]) -> PatientIdentity:
    return PatientIdentity(
        row.patient_id, row.issuer_of_patient_id, row.patient_name, row.patient_birth_date, row.patient_sex
    )
