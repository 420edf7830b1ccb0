"""The table of events, read so that none is missed.

Ids are given when a row is inserted, not when it is committed: event 12 can become visible before
event 11. Whoever has seen everything up to 12 therefore looks back once more, over the events whose
transactions began up to `LOOK_BACK` before that of event 12. Every event carries the whole case, so a
second look costs a little and harms nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from pipeline.database.tables import event
from review_ui.cases.select import cases_by_id
from review_ui.views import case_json

LOOK_BACK = timedelta(minutes=1)
"""Longer than any of our transactions lasts."""

_LOOK_BACK_EVENTS = 50_000
"""More than happen in that time."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One event: its id and its case."""

    id: int
    case_id: UUID


@dataclass(frozen=True, slots=True)
class Update:
    """What a browser is told: the case as it is now, as JSON, and the newest event it follows from.

    ``site_id`` decides who may be told, ``version`` which of two updates of a case is newer.
    """

    event_id: int
    case_id: UUID
    site_id: str
    version: int
    data: bytes


def latest(connection: Connection) -> int:
    """The newest event's id, 0 when nothing has happened yet."""
    return connection.scalar(select(func.max(event.c.id))) or 0


def after(connection: Connection, event_id: int) -> list[Happened]:
    """Every event newer than this one, and those that may have become visible only after it."""
    if event_id > latest(connection):  # an id of another database, or of one restored from a backup
        event_id = 0
    began = select(event.c.at).where(event.c.id == event_id).scalar_subquery()
    late = (event.c.at >= began - LOOK_BACK) & (event.c.id != event_id)
    recent = event.c.id > event_id - _LOOK_BACK_EVENTS  # so that the primary key finds them
    return _read(connection, recent & or_(event.c.id > event_id, late))


def these(connection: Connection, event_ids: Collection[int]) -> list[Happened]:
    """The events of these ids."""
    return _read(connection, event.c.id.in_(event_ids))


def updates(connection: Connection, happened: Iterable[Happened]) -> list[Update]:
    """One update per case, in the order of their newest events."""
    newest: dict[UUID, int] = {}
    for one in happened:
        newest[one.case_id] = max(one.id, newest.get(one.case_id, 0))
    found = cases_by_id(connection, list(newest)) if newest else []
    told = [Update(newest[row.id], row.id, row.site, row.version, case_json(row)) for row in found]
    return sorted(told, key=lambda update: update.event_id)


def _read(connection: Connection, which: ColumnElement[bool]) -> list[Happened]:
    rows: Iterable[Row[Any]] = connection.execute(select(event.c.id, event.c.case_id).where(which))
    return [Happened(row.id, row.case_id) for row in rows]
