"""Closing a case, and opening it again for whatever comes to it: a closed case never hides an image."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, update

from pipeline.database.escalations import begin_again, finish
from pipeline.database.events import record_event
from pipeline.database.prior_cases import of_a_prior
from pipeline.database.retention_tables import deletion_order
from pipeline.database.tables import case


def close_case(connection: Connection, case_id: UUID, by: str, now: datetime) -> bool:
    """Close a case: it leaves the worklist, and nobody is called for it any more; whether it was open."""
    still_open = (case.c.id == case_id) & case.c.closed_at.is_(None)
    closed = update(case).where(still_open).values(closed_at=now, version=case.c.version + 1)
    if connection.execute(closed.returning(case.c.id)).first() is None:
        return False
    finish(connection, case_id, now)
    record_event(connection, case_id, "closed", {"account": by})
    return True


def reopen(connection: Connection, case_ids: Collection[UUID], now: datetime, *, by_person: bool = False) -> None:
    """Open the closed ones among these again: new images came to them, or a person says so.

    Earlier studies we asked for stay closed whatever images come. What was to be deleted of them no longer is.
    """
    closed = case.c.id.in_(list(case_ids)) & case.c.closed_at.is_not(None)
    if not by_person:
        closed &= ~of_a_prior()
    opened = update(case).where(closed).values(closed_at=None, version=case.c.version + 1).returning(case.c.id)
    for case_id in connection.execute(opened).scalars().all():
        connection.execute(delete(deletion_order).where(deletion_order.c.case_id == case_id))
        record_event(connection, case_id, "reopened")
        begin_again(connection, case_id, now)
