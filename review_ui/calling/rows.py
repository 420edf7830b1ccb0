"""Who is being called for each case of a worklist."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from pipeline.database.calling_tables import call, escalation
from pipeline.database.set_up import SetUp, read_set_up
from pipeline.database.tables import account, case
from pipeline.domain.calling import Outcome, Phase
from review_ui.views import CalledView


def called(connection: Connection, *where: ColumnElement[bool]) -> Mapping[UUID, CalledView]:
    """For every case that fits and for which somebody is being called: whom, and whether nobody was found.

    A case that is held, or not urgent, has a time to look again only while somebody whom a coordinator named is called.
    """
    standing = connection.execute(
        select(escalation, case.c.site_id)
        .join(case, case.c.id == escalation.c.case_id)
        .where(*where, or_(escalation.c.phase == Phase.CALLING.value, escalation.c.due_at.is_not(None)))
    ).all()
    if not standing:
        return {}
    people = _waited_for(connection, [row.case_id for row in standing])
    said = read_set_up(connection)
    return {row.case_id: _view(row, people[row.case_id], said) for row in standing}


def _waited_for(connection: Connection, case_ids: list[UUID]) -> Mapping[UUID, list[str]]:
    """Whose answer is still waited for, in the order of calling."""
    shown = func.coalesce(func.nullif(account.c.full_name, ""), account.c.name).label("shown")
    query = (
        select(call.c.case_id, shown)
        .join(account, account.c.id == call.c.person_id)
        .where(call.c.case_id.in_(case_ids), call.c.outcome == Outcome.WAITING.value)
        .order_by(call.c.number)
    )
    found = defaultdict(list)
    for row in connection.execute(query):
        found[row.case_id].append(row.shown)
    return found


def _view(row: Row[Any], people: list[str], said: SetUp | None) -> CalledView:
    return CalledView(
        people=people,
        since=row.since,
        next_at=row.due_at,
        alarm_at=row.alarm_at,
        phone=said.phone_of(row.site_id) if said and row.alarm_at else "",
    )
