"""What the participants of a case write to one another: in order, once each, and who has read how far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from pipeline.database.calling_tables import call
from pipeline.database.events import record_event
from pipeline.database.request_tables import request
from pipeline.database.tables import account, case
from pipeline.database.thread_tables import message, message_seen

_A_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message as it was sent; ``key`` is the sender's own id of it."""

    case_id: UUID
    author_id: UUID
    key: UUID
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A message as it stands, with its author's name, role and hospital."""

    id: UUID
    author_id: UUID
    author: str
    role: str
    site_id: str | None
    text: str
    made_at: datetime


def write_message(connection: Connection, new: NewMessage) -> bool:
    """Add a message at the end of its case's thread; false when it was sent before."""
    connection.execute(select(case.c.id).where(case.c.id == new.case_id).with_for_update())
    newest = connection.scalar(select(func.max(message.c.made_at)).where(message.c.case_id == new.case_id))
    made_at = new.at if newest is None else max(new.at, newest + _A_MOMENT)
    row = {"case_id": new.case_id, "author_id": new.author_id, "key": new.key, "text": new.text, "made_at": made_at}
    once = upsert(message).values(row).on_conflict_do_nothing().returning(message.c.id)
    if connection.execute(once).first() is None:
        return False
    connection.execute(update(case).where(case.c.id == new.case_id).values(version=case.c.version + 1))
    name = connection.scalar(select(account.c.name).where(account.c.id == new.author_id))
    record_event(connection, new.case_id, "message", {"account": name})
    mark_seen(connection, new.case_id, new.author_id, made_at, new.at)
    return True


def messages_of(connection: Connection, case_id: UUID) -> list[StoredMessage]:
    """The thread of a case, the oldest first."""
    query = (
        select(message, account.c.name, account.c.full_name, account.c.role, account.c.site_id)
        .join(account, account.c.id == message.c.author_id)
        .where(message.c.case_id == case_id)
        .order_by(message.c.made_at)
    )
    return [
        StoredMessage(
            id=row.id,
            author_id=row.author_id,
            author=row.full_name or row.name,
            role=row.role,
            site_id=row.site_id,
            text=row.text,
            made_at=row.made_at,
        )
        for row in connection.execute(query)
    ]


def readers_of(connection: Connection, case_id: UUID) -> Mapping[UUID, tuple[str, datetime]]:
    """Who has read a case's thread, by name, and until when."""
    query = (
        select(message_seen, account.c.name, account.c.full_name)
        .join(account, account.c.id == message_seen.c.account_id)
        .where(message_seen.c.case_id == case_id)
        .order_by(message_seen.c.until.desc())
    )
    return {row.account_id: (row.full_name or row.name, row.until) for row in connection.execute(query)}


def mark_seen(connection: Connection, case_id: UUID, account_id: UUID, until: datetime, now: datetime) -> bool:
    """Note that a person has read so far; false when he had already read further."""
    known = upsert(message_seen).values(case_id=case_id, account_id=account_id, until=until, at=now)
    further = known.on_conflict_do_update(
        index_elements=[message_seen.c.case_id, message_seen.c.account_id],
        set_={"until": until, "at": now},
        where=message_seen.c.until < until,
    )
    return connection.execute(further.returning(message_seen.c.case_id)).first() is not None


def unread(connection: Connection, account_id: UUID, site_id: str | None) -> Mapping[UUID, int]:
    """How many messages of each open case wait for a person, in the cases that concern him.

    A hospital's are all of its own; anybody else's those he holds, was called for, asked about or has written in.
    """
    ours = case.c.site_id == site_id if site_id is not None else _concerns(account_id)
    seen = (message_seen.c.case_id == message.c.case_id) & (message_seen.c.account_id == account_id)
    query = (
        select(message.c.case_id, func.count().label("n"))
        .join(case, case.c.id == message.c.case_id)
        .outerjoin(message_seen, seen)
        .where(
            ours,
            case.c.closed_at.is_(None),
            message.c.author_id != account_id,
            or_(message_seen.c.until.is_(None), message.c.made_at > message_seen.c.until),
        )
        .group_by(message.c.case_id)
    )
    return {row.case_id: row.n for row in connection.execute(query)}


def join_threads(connection: Connection, left: UUID, joined: UUID) -> None:
    """Move the thread of a case that ends to the case it is joined to, where nobody has read it yet."""
    moved = connection.execute(select(message).where(message.c.case_id == left).order_by(message.c.made_at)).all()
    if not moved:
        return
    taken = set(connection.execute(select(message.c.made_at).where(message.c.case_id == joined)).scalars())
    for row in moved:
        made_at = row.made_at
        while made_at in taken:
            made_at += _A_MOMENT
        taken.add(made_at)
        connection.execute(update(message).where(message.c.id == row.id).values(case_id=joined, made_at=made_at))
    before = moved[0].made_at - _A_MOMENT
    again = (message_seen.c.case_id == joined) & (message_seen.c.until > before)
    connection.execute(update(message_seen).where(again).values(until=before))
    connection.execute(delete(message_seen).where(message_seen.c.case_id == left))


def _concerns(account_id: UUID) -> ColumnElement[bool]:
    called = select(call.c.case_id).where(call.c.person_id == account_id)
    asked = select(request.c.case_id).where(request.c.made_by == account_id)
    wrote = select(message.c.case_id).where(message.c.author_id == account_id)
    return or_(case.c.owner_id == account_id, case.c.id.in_(called), case.c.id.in_(asked), case.c.id.in_(wrote))
