"""The clerk's clocks in the database: when the wall's was set, every deadline of a call moves with it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.database.calling_tables import call, clerk_clock, escalation
from pipeline.domain.calling import Outcome
from pipeline.domain.steadiness import Reading, jumped, set_before


def keep_time(connection: Connection, reading: Reading) -> timedelta:
    """Compare with the last reading, move the deadlines by what the clock was set, and keep this reading."""
    row = connection.execute(select(clerk_clock).with_for_update()).one_or_none()
    jump = timedelta()
    if row is not None:
        before = Reading(row.boot_id, timedelta(seconds=row.counted_s), row.wall_at)
        jump = jumped(before, reading)
        if jump:
            _move(connection, jump, set_before(before, reading))
    values = {"boot_id": reading.boot_id, "counted_s": reading.counted.total_seconds(), "wall_at": reading.wall_at}
    kept = insert(clerk_clock).values(id=1, **values)
    connection.execute(kept.on_conflict_do_update(index_elements=[clerk_clock.c.id], set_=values))
    return jump


def _move(connection: Connection, by: timedelta, until: datetime) -> None:
    """Move what was set on the old clock, so that as much time is left as before."""
    old = (escalation.c.due_at.is_not(None)) & (escalation.c.set_at <= until)
    connection.execute(
        update(call)
        .where(
            call.c.outcome == Outcome.WAITING.value,
            call.c.case_id.in_(select(escalation.c.case_id).where(old)),
            call.c.called_at <= until,
        )
        .values(due_at=call.c.due_at + by)
    )
    moved = {"due_at": escalation.c.due_at + by, "since": escalation.c.since + by, "set_at": escalation.c.set_at + by}
    connection.execute(update(escalation).where(old).values(moved))
