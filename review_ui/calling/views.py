"""How the calling for a case stands, as the desk's JSON shows it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select

from pipeline.database.announcing import telephone
from pipeline.database.calling_tables import call, channel, notification
from pipeline.database.escalations import read_escalation
from pipeline.database.set_up import read_set_up
from pipeline.database.tables import account, case
from pipeline.domain.calling import Alarm, Escalation, Outcome
from pipeline.domain.escalation_rules import escalation_rules
from review_ui.views import Instant


@dataclass(frozen=True, slots=True)
class ToldView:
    """One message about a call: by which channel, what became of it, and when its link was opened."""

    channel: str
    kind: str
    state: str
    sent_at: Instant | None
    opened_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """One person called; ``ended_at`` with outcome "took" is the acknowledgement."""

    person: str
    kind: str
    round: int
    called_at: Instant
    due_at: Instant
    outcome: str
    why: str
    ended_at: Instant | None
    told: list[ToldView]


@dataclass(frozen=True, slots=True)
class AlarmView:
    """Nobody can be found: telephone. ``minutes`` is for how long nobody has held the case."""

    why: str
    at: Instant
    minutes: int
    phone: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallingView:
    """How the calling stands; ``next_at`` is when the next person is called, or the alarm raised."""

    phase: str
    tier: str
    owner: str | None
    since: Instant | None
    next_at: Instant | None
    alarm: AlarmView | None
    calls: list[CallView]
    rules: str


@dataclass(frozen=True, slots=True)
class MyCallView:
    """A call that waits for one's answer."""

    case: UUID
    site: str
    tier: str
    kind: str
    called_at: Instant
    due_at: Instant


def calling_view(connection: Connection, case_id: UUID, site_id: str, now: datetime) -> CallingView:
    """The calling for a case the viewer may see."""
    state = read_escalation(connection, case_id)
    people = {one.person for one in state.calls} | ({state.owner} if state.owner else set())
    names = _names(connection, people)
    told = _told(connection, case_id)
    return CallingView(
        phase=state.phase.value,
        tier=state.tier.value,
        owner=names[state.owner] if state.owner else None,
        since=state.since,
        next_at=state.due_at,
        alarm=_alarm(connection, state, site_id, now) if state.alarm else None,
        calls=[
            CallView(
                person=names[one.person],
                kind=one.kind.value,
                round=one.round,
                called_at=one.called_at,
                due_at=one.due_at,
                outcome=one.outcome.value,
                why=one.why,
                ended_at=one.ended_at,
                told=told.get((one.person, one.called_at), []),
            )
            for one in state.calls
        ],
        rules=escalation_rules().name,
    )


def my_calls(connection: Connection, person: UUID) -> list[MyCallView]:
    """What waits for one person's answer, the longest first."""
    query = (
        select(call, case.c.site_id, case.c.tier)
        .join(case, case.c.id == call.c.case_id)
        .where(call.c.person_id == person, call.c.outcome == Outcome.WAITING.value)
        .order_by(call.c.called_at)
    )
    return [
        MyCallView(row.case_id, row.site_id, row.tier, row.kind, row.called_at, row.due_at)
        for row in connection.execute(query)
    ]


def _alarm(connection: Connection, state: Escalation, site_id: str, now: datetime) -> AlarmView:
    alarm: Alarm | None = state.alarm
    assert alarm is not None  # noqa: S101 - asked by the caller
    said = read_set_up(connection)
    minutes = int((now - (state.since or alarm.at)).total_seconds() // 60)
    return AlarmView(
        why=alarm.why.value,
        at=alarm.at,
        minutes=minutes,
        phone=said.phone_of(site_id) if said else "",
        text=telephone(connection, site_id, alarm.why),
    )


def _names(connection: Connection, people: set[UUID]) -> dict[UUID, str]:
    shown = func.coalesce(func.nullif(account.c.full_name, ""), account.c.name).label("shown")
    return {
        row.id: row.shown for row in connection.execute(select(account.c.id, shown).where(account.c.id.in_(people)))
    }


def _told(connection: Connection, case_id: UUID) -> dict[tuple[UUID, datetime], list[ToldView]]:
    """The messages of each call: made in the transaction that called."""
    query = (
        select(notification, channel.c.name, channel.c.kind.label("channel_kind"))
        .join(channel, channel.c.id == notification.c.channel_id)
        .where(notification.c.case_id == case_id)
        .order_by(channel.c.name)
    )
    found = defaultdict(list)
    for row in connection.execute(query):
        view = ToldView(row.name, row.channel_kind, row.state, row.sent_at, row.opened_at)
        found[row.person_id, row.made_at].append(view)
    return found
