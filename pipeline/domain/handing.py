"""A coordinator names who is to have a case: that person is called, and nobody else is let go for it.

Whoever holds the case keeps it, and whoever is being called stays called, until somebody takes it. So there is
no moment in which naming somebody leaves a case to nobody. When the one who was named stays silent or refuses,
the coordinator hears of it, and the calling goes on as if nobody had been named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pipeline.domain.calling import Call, CallKind, Escalation, Handed, HandedBack, Moment, Notify, Outcome, Phase, Step


def hand(state: Escalation, event: Handed, moment: Moment) -> Step:
    """Call the one who was named, unless the case is over, or he holds it or is called for it already."""
    called = any(call.person == event.to for call in waiting(state))
    if state.phase is Phase.ENDED or state.owner == event.to or called:
        return Step(state)
    due_at = moment.now + moment.rules.silence(state.tier)
    call = Call(event.to, CallKind.HANDED, state.round, moment.now, due_at, by=event.by)
    due = due_at if state.due_at is None else min(due_at, state.due_at)
    return Step(replace(state, calls=(*state.calls, call), due_at=due), (Notify(event.to, CallKind.HANDED),))


def waiting(state: Escalation) -> Iterator[Call]:
    """The calls of which the answer is waited for."""
    return (call for call in state.calls if call.outcome is Outcome.WAITING)


def silenced(state: Escalation, moment: Moment) -> Step:
    """Wait no longer for whoever's time is over."""
    calls = tuple(
        replace(call, outcome=Outcome.SILENT, ended_at=moment.now)
        if call.outcome is Outcome.WAITING and call.due_at <= moment.now
        else call
        for call in state.calls
    )
    return handed_back(state, replace(state, calls=calls))


def handed_back(before: Escalation, state: Escalation) -> Step:
    """Tell the coordinators whose choice no longer is waited for, and has not taken the case."""
    effects = tuple(
        HandedBack(was.person, was.by)
        for was, call in zip(before.calls, state.calls, strict=False)
        if was.by is not None and was.outcome is Outcome.WAITING and call.outcome in (Outcome.SILENT, Outcome.REFUSED)
    )
    return Step(state, effects)


def due_of_the_named(state: Escalation) -> Escalation:
    """Where nobody is called by itself, only the one who was named is waited for."""
    return replace(state, due_at=min((call.due_at for call in waiting(state)), default=None))
