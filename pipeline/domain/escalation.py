"""Calling somebody for an urgent case until one person holds it, or a person is told that nobody can be found.

```
QUIET ──becomes urgent──▶ CALLING ──somebody takes it──▶ HELD ──answered, closed──▶ ENDED
                           │  ▲  ▲                        │
             silent, refuses  │  └────────releases────────┘
                           ▼  │
        the next on duty, then the coordinators, then everybody again
        nobody for too long, or nobody there: ALARM, which stands until somebody takes the case
```

Events in, the new state and what is to be done out. At every moment an urgent case that nobody holds has
somebody called, or an alarm. Nothing here reads a clock: ``now`` is passed in, and nothing happens before
``due_at``. Whom a coordinator names is called beside all this: `pipeline.domain.handing`.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from pipeline.domain.calling import (
    Alarm,
    AlarmWhy,
    Call,
    CallKind,
    ClearAlarm,
    Effect,
    Ended,
    Escalation,
    Event,
    Handed,
    Moment,
    Notify,
    Outcome,
    Phase,
    RaiseAlarm,
    Ranked,
    Reach,
    Refused,
    Released,
    Reopened,
    StandDown,
    Step,
    Taken,
    TellRaised,
    TimePassed,
)
from pipeline.domain.handing import due_of_the_named, hand, handed_back, silenced, waiting
from pipeline.domain.tier import Tier


def step(state: Escalation, event: Event, moment: Moment) -> Step:
    """What becomes of the calling."""
    match event:
        case Ranked(tier):
            after = _rank(state, tier, moment)
        case TimePassed():
            after = _pass_time(state, moment)
        case Ended():
            after = _end(state, Phase.ENDED, moment)
        case Reopened():
            after = Step(_reopened(state))
        case _:
            after = _said(state, event, moment)
    return after


def _said(state: Escalation, event: Taken | Released | Refused | Handed, moment: Moment) -> Step:
    match event:
        case Taken(by):
            after = _take(state, by, moment)
        case Released():
            after = _release(state, moment)
        case Refused(by, why):
            after = _refuse(state, by, why, moment)
        case Handed():
            after = hand(state, event, moment)
    return after


def _reopened(state: Escalation) -> Escalation:
    """As if it were new, but still with whoever held it last."""
    if state.phase is not Phase.ENDED:
        return state
    return replace(state, phase=Phase.QUIET if state.owner is None else Phase.HELD, tier=Tier.GREY)


def _rank(state: Escalation, tier: Tier, moment: Moment) -> Step:
    before, state = state, replace(state, tier=tier)
    if state.phase is Phase.ENDED or tier is before.tier:
        return Step(state)
    if state.phase is Phase.HELD:
        raised = state.owner is not None and tier.rank < before.tier.rank and tier in moment.rules.patience
        return Step(state, (TellRaised(state.owner),) if raised and state.owner else ())
    if tier not in moment.rules.patience:
        return _end(state, Phase.QUIET, moment)
    if state.phase is Phase.QUIET:
        return _begin(state, moment)
    return Step(_with_due(_hurried(state, moment), moment))


def _begin(state: Escalation, moment: Moment) -> Step:
    """Somebody must be found from now on."""
    begun = replace(state, phase=Phase.CALLING, since=moment.now, round=state.round + 1, alarm=None, owner=None)
    if _waiting(begun):  # for somebody a coordinator named
        return Step(_with_due(_hurried(begun, moment), moment))
    return _call_next(begun, moment)


def _hurried(state: Escalation, moment: Moment) -> Escalation:
    """Whoever is called now has the shorter time of the new tier, though never less than none."""
    silence = moment.rules.patience[state.tier].silence
    calls = (
        replace(call, due_at=min(call.due_at, max(moment.now, call.called_at + silence)))
        if call.outcome is Outcome.WAITING
        else call
        for call in state.calls
    )
    return replace(state, calls=tuple(calls))


def _pass_time(state: Escalation, moment: Moment) -> Step:
    if state.due_at is None or moment.now < state.due_at:
        return Step(state)
    if state.phase is not Phase.CALLING:
        quiet = silenced(state, moment)
        return Step(due_of_the_named(quiet.state), quiet.effects)
    state, alarms = _alarm_if_late(state, moment)
    before, (state, back) = state, _apart(silenced(state, moment))
    if _waiting(state):
        return Step(_with_due(state, moment), (*alarms, *back))
    if state.calls == before.calls and _next_person(state, moment.reach) is None:
        state = replace(state, round=state.round + 1)
    after = _call_next(state, moment)
    return Step(after.state, (*alarms, *back, *after.effects))


def _apart(after: Step) -> tuple[Escalation, tuple[Effect, ...]]:
    return after.state, after.effects


def _call_next(state: Escalation, moment: Moment) -> Step:
    """Call whoever comes next in this round; when nobody does, raise the alarm and wait before the next round."""
    effects: list[Effect] = []
    called = _next_person(state, moment.reach)
    no_expert = called is None or called[1] is CallKind.COORDINATOR
    if no_expert and not any(call.kind is CallKind.EXPERT and call.round == state.round for call in state.calls):
        state, raised = _raise(state, _why_no_expert(moment.reach), moment)
        effects += raised
    if called is None:
        state, raised = _raise(state, AlarmWhy.NOBODY_ACKNOWLEDGED, moment)
        return Step(_with_due(state, moment), (*effects, *raised))
    person, kind = called
    due_at = moment.now + moment.rules.patience[state.tier].silence
    call = Call(person, kind, state.round, moment.now, due_at)
    state = replace(state, calls=(*state.calls, call))
    return Step(_with_due(state, moment), (*effects, Notify(person, kind)))


def _why_no_expert(reach: Reach) -> AlarmWhy:
    return AlarmWhy.NOBODY_LEFT if reach.experts else AlarmWhy.NOBODY_ON_DUTY


def _next_person(state: Escalation, reach: Reach) -> tuple[UUID, CallKind] | None:
    """Who has neither refused nor been called in this round."""
    done = {call.person for call in state.calls if call.round == state.round or call.outcome is Outcome.REFUSED}
    for person in reach.experts:
        if person not in done:
            return person, CallKind.EXPERT
    for person in reach.coordinators:
        if person not in done:
            return person, CallKind.COORDINATOR
    return None


def _alarm_if_late(state: Escalation, moment: Moment) -> tuple[Escalation, tuple[Effect, ...]]:
    if state.since is None or moment.now < state.since + moment.rules.patience[state.tier].alarm:
        return state, ()
    return _raise(state, AlarmWhy.NOBODY_ACKNOWLEDGED, moment)


def _raise(state: Escalation, why: AlarmWhy, moment: Moment) -> tuple[Escalation, tuple[Effect, ...]]:
    """The first alarm stands: what it says is still true."""
    if state.alarm is not None:
        return state, ()
    return replace(state, alarm=Alarm(why, moment.now)), (RaiseAlarm(why),)


def _with_due(state: Escalation, moment: Moment) -> Escalation:
    """When to look again: a silence, the alarm, or the next round, whichever comes first."""
    patience = moment.rules.patience[state.tier]
    times = [call.due_at for call in state.calls if call.outcome is Outcome.WAITING]
    if state.alarm is None and state.since is not None:
        times.append(state.since + patience.alarm)
    if not _waiting(state):
        times.append(moment.now + patience.again)
    return replace(state, due_at=min(times))


def _waiting(state: Escalation) -> bool:
    return any(waiting(state))


def _take(state: Escalation, by: UUID, moment: Moment) -> Step:
    if state.phase is Phase.ENDED or state.owner == by:
        return Step(state)
    before = state.owner
    last = max((number for number, call in enumerate(state.calls) if call.person == by), default=None)
    calls = tuple(
        _answered(call, Outcome.TOOK, moment) if number == last and call.outcome in _OPEN_TO_A_LATE_ANSWER else call
        for number, call in enumerate(state.calls)
    )
    held = replace(state, phase=Phase.HELD, owner=by, calls=calls)
    quiet = _stand_down(held, moment)
    told = (StandDown(before),) if before is not None else ()
    return Step(quiet.state, (*quiet.effects, *told))


_OPEN_TO_A_LATE_ANSWER = frozenset({Outcome.WAITING, Outcome.SILENT})


def _answered(call: Call, outcome: Outcome, moment: Moment, why: str = "") -> Call:
    return replace(call, outcome=outcome, ended_at=moment.now, why=why)


def _stand_down(state: Escalation, moment: Moment) -> Step:
    """Nobody is called any more: whoever still is hears of it, and the alarm is over.

    In a case that only is no longer urgent, whom a coordinator named is still wanted.
    """
    kept = {CallKind.HANDED} if state.phase is Phase.QUIET else set()
    gone = [call for call in waiting(state) if call.kind not in kept]
    effects: list[Effect] = [StandDown(call.person) for call in gone]
    calls = tuple(_answered(call, Outcome.STOOD_DOWN, moment) if call in gone else call for call in state.calls)
    if state.alarm is not None:
        effects.append(ClearAlarm())
    quiet = replace(state, calls=calls, alarm=None, since=None)
    return Step(due_of_the_named(quiet), tuple(effects))


def _end(state: Escalation, phase: Phase, moment: Moment) -> Step:
    owner = state.owner if phase is Phase.ENDED else None
    return _stand_down(replace(state, phase=phase, owner=owner), moment)


def _release(state: Escalation, moment: Moment) -> Step:
    """Somebody else must be found, and not first the one who gave it back."""
    if state.phase is not Phase.HELD or state.owner is None:
        return Step(state)
    gave_back = Call(
        state.owner, CallKind.EXPERT, state.round, moment.now, moment.now, Outcome.REFUSED, "released", moment.now
    )
    free = replace(state, owner=None, phase=Phase.QUIET, calls=(*state.calls, gave_back))
    return _begin(free, moment) if free.tier in moment.rules.patience else Step(free)


def _refuse(state: Escalation, by: UUID, why: str, moment: Moment) -> Step:
    """Note that somebody cannot; when he was the one being called, the next is called at once."""
    if state.phase is Phase.HELD and state.owner == by:
        after = _release(state, moment)
        calls = (
            replace(one, why=why) if one.person == by and one.why == "released" else one for one in after.state.calls
        )
        return Step(replace(after.state, calls=tuple(calls)), after.effects)
    last = max((number for number, call in enumerate(state.calls) if call.person == by), default=None)
    if last is None or not _may_still_refuse(state, state.calls[last]):
        return Step(state)
    calls_after = tuple(
        _answered(call, Outcome.REFUSED, moment, why) if number == last else call
        for number, call in enumerate(state.calls)
    )
    state, back = _apart(handed_back(state, replace(state, calls=calls_after)))
    if state.phase is not Phase.CALLING:
        return Step(due_of_the_named(state), back)
    following = Step(_with_due(state, moment)) if _waiting(state) else _call_next(state, moment)
    return Step(following.state, (*back, *following.effects))


def _may_still_refuse(state: Escalation, call: Call) -> bool:
    """Whoever is called may, and also a little late; for a case that is held, only whom a coordinator named."""
    wanted = state.phase is Phase.CALLING or (state.phase is not Phase.ENDED and call.kind is CallKind.HANDED)
    return wanted and call.outcome in _OPEN_TO_A_LATE_ANSWER
