"""Requests for an opinion in the database, and the case each belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from pipeline.database.cases import mark_visible, no_test_any_more, refresh_case
from pipeline.database.request_tables import request, request_version
from pipeline.database.tables import case
from pipeline.domain.opinion_request import OpinionRequest, PatientTold
from pipeline.domain.request import Urgency

_CONTENT = TypeAdapter(OpinionRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """A request as it was sent; ``key`` is the sender's own id of it."""

    site_id: str
    asked: OpinionRequest
    by: UUID
    at: datetime
    key: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRequest:
    """A request as it stands."""

    id: UUID
    site_id: str
    case_id: UUID
    state: str
    why: str
    asked: OpinionRequest
    version: int
    link: str
    unsure: tuple[UUID, ...]
    made_by: UUID
    made_at: datetime
    changed_at: datetime
    answered_at: datetime | None


def make_request(connection: Connection, new: NewRequest) -> tuple[UUID, bool]:
    """Store a request on a case of its own until it is linked; its id, and false when it was made before."""
    case_id = open_case_for(connection, new.site_id, new.asked.patient, new.at)
    content = to_json(new.asked)
    values = {
        "site_id": new.site_id,
        "case_id": case_id,
        "key": new.key,
        "content": content,
        "made_by": new.by,
        "made_at": new.at,
        "changed_at": new.at,
    }
    once = upsert(request).values(values).on_conflict_do_nothing().returning(request.c.id)
    made: UUID | None = connection.execute(once).scalar_one_or_none()
    if made is None:
        connection.execute(case.delete().where(case.c.id == case_id))
        known = (request.c.site_id == new.site_id) & (request.c.key == new.key)
        return connection.execute(select(request.c.id).where(known)).scalar_one(), False
    _keep_version(connection, made, 1, content, new.by, new.at)
    tell_case(connection, case_id, new.at, kind="requested")
    mark_visible(connection, [case_id], new.at)
    return made, True


def open_case_for(connection: Connection, site_id: str, patient: PatientTold, now: datetime) -> UUID:
    """A case without images, under the patient's name as it was told; its clock starts with the request."""
    values = {
        "site_id": site_id,
        "patient_id": patient.PatientID,
        "patient_name": patient.PatientName,
        "patient_birth_date": patient.PatientBirthDate,
        "patient_sex": patient.PatientSex,
        "first_image_at": now,
    }
    made: UUID = connection.execute(insert(case).values(values).returning(case.c.id)).scalar_one()
    return made


def read_request(connection: Connection, request_id: UUID, *, lock: bool = False) -> StoredRequest | None:
    """One request; ``lock`` keeps it unchanged by others until the transaction ends."""
    query = select(request).where(request.c.id == request_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else stored(row)


def requests_of(connection: Connection, case_ids: Sequence[UUID]) -> list[StoredRequest]:
    """The requests of some cases, the newest first."""
    query = select(request).where(request.c.case_id.in_(case_ids)).order_by(request.c.made_at.desc(), request.c.id)
    return [stored(row) for row in connection.execute(query)]


def change_request(
    connection: Connection, known: StoredRequest, asked: OpinionRequest, by: UUID, now: datetime
) -> None:
    """Keep a new version of a locked request; nothing of an older one is lost."""
    content, version = to_json(asked), known.version + 1
    connection.execute(
        update(request).where(request.c.id == known.id).values(content=content, version=version, changed_at=now)
    )
    _keep_version(connection, known.id, version, content, by, now)
    tell_case(connection, known.case_id, now, kind="request_changed")


def end_request(connection: Connection, known: StoredRequest, why: str, now: datetime) -> None:
    """Withdraw a locked request: it stays readable, and no longer decides how soon its case is read."""
    connection.execute(
        update(request)
        .where(request.c.id == known.id)
        .values(state="withdrawn", why=why, version=known.version + 1, changed_at=now)
    )
    tell_case(connection, known.case_id, now, kind="request_withdrawn")


def tell_case(connection: Connection, case_id: UUID, now: datetime, *, kind: str) -> None:
    """Let the case's priority follow its requests: the most urgent one that is open, then the newest."""
    standing = [one for one in requests_of(connection, [case_id]) if one.state != "withdrawn"]
    deciding = sorted(standing, key=lambda one: (one.state != "open", one.asked.urgency is not Urgency.URGENT))
    brief = _brief(deciding[0].asked) if deciding else None
    if standing:
        no_test_any_more(connection, case_id)
    connection.execute(update(case).where(case.c.id == case_id).values(request=brief))
    refresh_case(connection, case_id, now, kind=kind)


def stored(row: Row[Any]) -> StoredRequest:
    """A row of the table as it stands."""
    return StoredRequest(
        id=row.id,
        site_id=row.site_id,
        case_id=row.case_id,
        state=row.state,
        why=row.why,
        asked=from_json(row.content),
        version=row.version,
        link=row.link,
        unsure=tuple(UUID(one) for one in row.unsure),
        made_by=row.made_by,
        made_at=row.made_at,
        changed_at=row.changed_at,
        answered_at=row.answered_at,
    )


def to_json(asked: OpinionRequest) -> dict[str, Any]:
    """A request as JSON values."""
    content: dict[str, Any] = _CONTENT.dump_python(asked, mode="json")
    return content


def from_json(content: Mapping[str, Any]) -> OpinionRequest:
    """A request from JSON values of ours."""
    return _CONTENT.validate_python(content)


def _brief(asked: OpinionRequest) -> dict[str, Any]:
    brief = asked.brief
    return {
        "urgency": brief.urgency.value,
        "question": brief.question,
        "onset_at": brief.onset_at.isoformat() if brief.onset_at else None,
        "nihss": brief.nihss,
        "anticoagulant": brief.anticoagulant,
    }


def _keep_version(
    connection: Connection, request_id: UUID, version: int, content: Mapping[str, Any], by: UUID, now: datetime
) -> None:
    row = {"request_id": request_id, "version": version, "content": content, "by": by, "at": now}
    connection.execute(insert(request_version).values(row))
