"""What calling somebody does beside its own rows: the case's history, its warning, and notifications."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from pipeline.database.cases import add_warning, remove_warning
from pipeline.database.events import record_event
from pipeline.database.notifications import drop_calls, queue
from pipeline.database.set_up import read_set_up
from pipeline.database.tables import account
from pipeline.domain.calling import (
    AlarmWhy,
    CallKind,
    ClearAlarm,
    Effect,
    Escalation,
    HandedBack,
    Notify,
    RaiseAlarm,
    StandDown,
    TellRaised,
)
from pipeline.domain.notification import NotificationKind

ALARM = "nobody_found"
"""Code of the warning on a case for which nobody can be found."""

_SENTENCES = {
    AlarmWhy.NOBODY_ON_DUTY: "nobody is on duty for this case",
    AlarmWhy.NOBODY_LEFT: "whoever is on duty has refused this case",
    AlarmWhy.NOBODY_ACKNOWLEDGED: "nobody has acknowledged this case",
}


def announce(
    connection: Connection, known: Row[Any], state: Escalation, effects: Sequence[Effect], now: datetime
) -> None:
    """Carry out what was decided, in the same transaction."""
    for effect in effects:
        match effect:
            case Notify(person, kind):
                _call(connection, known.id, person, kind)
                why = NotificationKind.COORDINATE if kind is CallKind.COORDINATOR else NotificationKind.CALL
                queue(connection, known.id, person, why, state.tier, now)
            case StandDown(person):
                if drop_calls(connection, known.id, person) == 0:
                    queue(connection, known.id, person, NotificationKind.STAND_DOWN, state.tier, now)
            case TellRaised(person):
                queue(connection, known.id, person, NotificationKind.RAISED, state.tier, now)
            case HandedBack(person, by):
                record_event(connection, known.id, "handed_back", {"account": _name(connection, person)})
                queue(connection, known.id, by, NotificationKind.COORDINATE, state.tier, now)
            case RaiseAlarm() | ClearAlarm():
                _alarm(connection, known, effect)


def _alarm(connection: Connection, known: Row[Any], effect: RaiseAlarm | ClearAlarm) -> None:
    match effect:
        case RaiseAlarm(why):
            add_warning(connection, known.id, ALARM, telephone(connection, known.site_id, why))
            record_event(connection, known.id, "alarm", {"why": why.value})
        case ClearAlarm():
            remove_warning(connection, known.id, ALARM)
            record_event(connection, known.id, "alarm_over")


def telephone(connection: Connection, site_id: str, why: AlarmWhy) -> str:
    """What the requester must do now."""
    said = read_set_up(connection)
    number = said.phone_of(site_id) if said else ""
    return f"{_SENTENCES[why]}: telephone {number or 'your usual centre, no fallback number was set up'}"


def _call(connection: Connection, case_id: UUID, person: UUID, kind: CallKind) -> None:
    record_event(connection, case_id, "called", {"account": _name(connection, person), "as": kind.value})


def _name(connection: Connection, person: UUID) -> str:
    name: str = connection.execute(select(account.c.name).where(account.c.id == person)).scalar_one()
    return name
