"""Calling for a case, on locked rows: what the domain decides is written down in the transaction of what happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.database.announcing import announce
from pipeline.database.calling_tables import call, escalation
from pipeline.database.reaching import reach_for
from pipeline.database.request_tables import request
from pipeline.database.tables import case
from pipeline.domain.calling import (
    Alarm,
    AlarmWhy,
    Call,
    CallKind,
    Effect,
    Ended,
    Escalation,
    Event,
    Handed,
    Moment,
    Outcome,
    Phase,
    Ranked,
    Refused,
    Released,
    Reopened,
    Taken,
    TimePassed,
)
from pipeline.domain.escalation import step
from pipeline.domain.escalation_rules import escalation_rules
from pipeline.domain.tier import Tier


@dataclass(frozen=True, slots=True)
class Looked:
    """How the calling for a case stands after somebody looked."""

    state: Escalation
    effects: tuple[Effect, ...] = ()


def cases_to_look_at(connection: Connection, now: datetime) -> list[UUID]:
    """Cases of which the calling no longer fits the case, or of which a deadline has passed."""
    tiers = [tier.value for tier in escalation_rules().patience]
    open_ended = escalation.c.phase == Phase.ENDED.value
    changed = or_(escalation.c.tier != case.c.tier, escalation.c.owner_id.is_distinct_from(case.c.owner_id))
    wanted = or_(
        case.c.closed_at.is_(None) & escalation.c.case_id.is_(None) & case.c.tier.in_(tiers) & ~case.c.test,
        case.c.closed_at.is_(None) & ~open_ended & changed,
        case.c.closed_at.is_(None) & open_ended & _asked_of(case.c.id),
        case.c.closed_at.is_not(None) & ~open_ended,
        escalation.c.due_at <= now,
    )
    query = select(case.c.id).outerjoin(escalation, escalation.c.case_id == case.c.id).where(wanted)
    return list(connection.execute(query.order_by(case.c.first_image_at)).scalars())


def look(connection: Connection, case_id: UUID, now: datetime) -> Looked:
    """Let the calling follow its case and the time; harmless however often it is done."""
    known = _locked(connection, case_id)
    state = _read(connection, case_id)
    if state is None and (known.test or Tier(known.tier) not in escalation_rules().patience):
        return Looked(Escalation(owner=known.owner_id))
    return _happen(connection, known, state or Escalation(), (), now)


def refuse(connection: Connection, case_id: UUID, by: UUID, why: str, now: datetime) -> Looked:
    """Somebody cannot; an owner gives the case back with it."""
    known = _locked(connection, case_id)
    if known.owner_id == by:
        connection.execute(
            update(case).where(case.c.id == case_id).values(owner_id=None, taken_at=None, version=case.c.version + 1)
        )
    state = _read(connection, case_id) or Escalation()
    return _happen(connection, _locked(connection, case_id), state, (Refused(by, why),), now)


def hand(connection: Connection, case_id: UUID, to: UUID, by: UUID, now: datetime) -> Looked:
    """A coordinator names who is to have the case; no effect where that person holds it or is called already."""
    known = _locked(connection, case_id)
    state = _read(connection, case_id) or Escalation()
    return _happen(connection, known, state, (Handed(to, by),), now)


def was_named(connection: Connection, case_id: UUID, person: UUID) -> bool:
    """Whether a coordinator named somebody for a case, and his answer is waited for."""
    waiting = (call.c.outcome == Outcome.WAITING.value) & (call.c.kind == CallKind.HANDED.value)
    named = select(call.c.id).where(call.c.case_id == case_id, call.c.person_id == person, waiting)
    return connection.execute(named).first() is not None


def finish(connection: Connection, case_id: UUID, now: datetime) -> Looked:
    """The case was answered: nobody is called any more, until something more is asked."""
    known = _locked(connection, case_id)
    state = _read(connection, case_id) or Escalation()
    return _happen(connection, known, state, (Ended(),), now)


def begin_again(connection: Connection, case_id: UUID, now: datetime) -> Looked:
    """A case that was ended is open again: whoever must be called for it is."""
    state = _read(connection, case_id) or Escalation()
    return _happen(connection, _locked(connection, case_id), state, (Reopened(),), now)


def read_escalation(connection: Connection, case_id: UUID) -> Escalation:
    """How the calling for a case stands; quiet where there never was any."""
    return _read(connection, case_id) or Escalation()


def _happen(
    connection: Connection, known: Row[Any], state: Escalation, said: tuple[Event, ...], now: datetime
) -> Looked:
    reach = reach_for(connection, known.id, known.site_id, now)
    moment = Moment(now, reach, escalation_rules())
    before = state
    effects: list[Effect] = []
    for event in chain(said, _differences(known, state)):
        after = step(state, event, moment)
        state = after.state
        effects += after.effects
    if state != before or before == Escalation():
        _write(connection, known.id, before, state, now)
    announce(connection, known, state, effects, now)
    return Looked(state, tuple(effects))


def _differences(known: Row[Any], state: Escalation) -> Iterator[Event]:
    """What happened to the case since the calling was last looked at; saying it twice changes nothing."""
    if known.closed_at is not None:
        yield Ended()
        return
    if state.phase is Phase.ENDED:
        if not known.asked:
            return
        yield Reopened()
    if known.owner_id is not None and known.owner_id != state.owner:
        yield Taken(known.owner_id)
    if known.owner_id is None and state.owner is not None:
        yield Released()
    yield Ranked(Tier(known.tier))
    yield TimePassed()


def _locked(connection: Connection, case_id: UUID) -> Row[Any]:
    query = select(case, _asked_of(case.c.id).label("asked")).where(case.c.id == case_id)
    return connection.execute(query.with_for_update(of=case)).one()


def _asked_of(case_id: Any) -> Any:
    return exists().where(request.c.case_id == case_id, request.c.state == "open")


def _read(connection: Connection, case_id: UUID) -> Escalation | None:
    row = connection.execute(select(escalation).where(escalation.c.case_id == case_id)).one_or_none()
    if row is None:
        return None
    calls = connection.execute(select(call).where(call.c.case_id == case_id).order_by(call.c.number))
    return Escalation(
        phase=Phase(row.phase),
        tier=Tier(row.tier),
        owner=row.owner_id,
        calls=tuple(_call(one) for one in calls),
        round=row.round,
        since=row.since,
        due_at=row.due_at,
        alarm=Alarm(AlarmWhy(row.alarm_why), row.alarm_at) if row.alarm_why else None,
    )


def _call(row: Row[Any]) -> Call:
    return Call(
        person=row.person_id,
        kind=CallKind(row.kind),
        round=row.round,
        called_at=row.called_at,
        due_at=row.due_at,
        outcome=Outcome(row.outcome),
        why=row.why,
        ended_at=row.ended_at,
        by=row.handed_by,
    )


def _write(connection: Connection, case_id: UUID, before: Escalation, state: Escalation, now: datetime) -> None:
    values = {
        "phase": state.phase.value,
        "tier": state.tier.value,
        "owner_id": state.owner,
        "round": state.round,
        "since": state.since,
        "due_at": state.due_at,
        "alarm_why": state.alarm.why.value if state.alarm else None,
        "alarm_at": state.alarm.at if state.alarm else None,
        "rules": escalation_rules().name,
        "set_at": now,
    }
    known = insert(escalation).values(case_id=case_id, **values)
    connection.execute(known.on_conflict_do_update(index_elements=[escalation.c.case_id], set_=values))
    for number, one in enumerate(state.calls):
        if number >= len(before.calls) or before.calls[number] != one:
            _write_call(connection, case_id, number, one)


def _write_call(connection: Connection, case_id: UUID, number: int, one: Call) -> None:
    values = {
        "person_id": one.person,
        "kind": one.kind.value,
        "round": one.round,
        "called_at": one.called_at,
        "due_at": one.due_at,
        "outcome": one.outcome.value,
        "why": one.why,
        "ended_at": one.ended_at,
        "handed_by": one.by,
    }
    known = insert(call).values(case_id=case_id, number=number, **values)
    connection.execute(known.on_conflict_do_update(index_elements=[call.c.case_id, call.c.number], set_=values))
