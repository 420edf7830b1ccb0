"""Who can be called for a case now: from the rota, shared fairly; and the coordinators."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, func, select

from pipeline.database.calling_tables import call
from pipeline.database.request_tables import request
from pipeline.database.requests import stored
from pipeline.database.rota import absences_between, duties_between, read_experts
from pipeline.database.tables import account, case
from pipeline.domain.access import AccountRole
from pipeline.domain.calling import Reach
from pipeline.domain.fairness import Load, calling_order
from pipeline.domain.rota import Need, Period, Skill, on_duty

_SHIFT = timedelta(hours=24)
"""Calls so long ago still count in sharing the work."""


def reach_for(connection: Connection, case_id: UUID, site_id: str, now: datetime) -> Reach:
    """Who is on duty for what a case asks, in the order of calling; then who coordinates."""
    skill, language = _wanted(connection, case_id)
    instant = Period(now, now + timedelta(microseconds=1))
    duties = duties_between(connection, instant)
    away = [one.absence for one in absences_between(connection, instant)]
    experts = read_experts(connection)
    called = on_duty(duties, away, Need(site_id, skill), now)
    loads = _loads(connection, [one.expert_id for one in called], now)
    coordinating = [one.expert_id for one in on_duty(duties, away, Need(site_id, Skill.COORDINATION), now)]
    return Reach(calling_order(called, experts, loads, language), tuple(coordinating) or _every_coordinator(connection))


def _wanted(connection: Connection, case_id: UUID) -> tuple[Skill, str]:
    """What the newest open request asks for; without one, diagnostic neuroradiology in any language."""
    newest = (
        select(request)
        .where(request.c.case_id == case_id, request.c.state == "open")
        .order_by(request.c.made_at.desc())
        .limit(1)
    )
    row = connection.execute(newest).one_or_none()
    if row is None:
        return Skill.DIAGNOSTIC, ""
    asked = stored(row).asked
    return asked.skill, asked.language


def _loads(connection: Connection, people: Collection[UUID], now: datetime) -> dict[UUID, Load]:
    open_case = case.c.owner_id.in_(people) & case.c.closed_at.is_(None)
    held = select(case.c.owner_id, func.count().label("held")).where(open_case).group_by(case.c.owner_id)
    counts: dict[UUID, int] = {row.owner_id: row.held for row in connection.execute(held)}
    recent = call.c.person_id.in_(people) & (call.c.called_at > now - _SHIFT)
    of_late = (
        select(call.c.person_id, func.count().label("called"), func.max(call.c.called_at).label("last"))
        .where(recent)
        .group_by(call.c.person_id)
    )
    calls = {row.person_id: (row.called, row.last) for row in connection.execute(of_late)}
    return {who: Load(counts.get(who, 0), *calls.get(who, (0, None))) for who in people}


def _every_coordinator(connection: Connection) -> tuple[UUID, ...]:
    """Where no coordinator is on the rota, all of them are called one after the other."""
    wanted = account.c.role == AccountRole.COORDINATOR.value
    return tuple(connection.execute(select(account.c.id).where(wanted).order_by(account.c.name)).scalars())
