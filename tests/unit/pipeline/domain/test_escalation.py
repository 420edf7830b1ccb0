"""Calling for an urgent case: somebody is always called, or an alarm says that nobody can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pipeline.domain.calling import (
    AlarmWhy,
    CallKind,
    ClearAlarm,
    Ended,
    Escalation,
    Event,
    Handed,
    HandedBack,
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
from pipeline.domain.escalation import step
from pipeline.domain.escalation_rules import escalation_rules, read_escalation_rules
from pipeline.domain.tier import Tier

RULES = escalation_rules()
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ANNE, BASTIEN, CHLOE, COORDINATOR = (UUID(int=number) for number in range(1, 5))
REACH = Reach((ANNE, BASTIEN), (COORDINATOR,))
PEOPLE = st.sampled_from([ANNE, BASTIEN, CHLOE, COORDINATOR])
REACHES = st.builds(
    Reach,
    st.lists(st.sampled_from([ANNE, BASTIEN, CHLOE]), unique=True).map(tuple),
    st.lists(st.just(COORDINATOR), unique=True).map(tuple),
)


class ACase(RuleBasedStateMachine):
    """Everything that may happen to a case, in any order, with a rota that changes meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.state = Escalation()
        self.reach = REACH
        self.alarm_shown = False

    def happens(self, event: Event) -> Step:
        after = step(self.state, event, Moment(self.now, self.reach, RULES))
        for effect in after.effects:
            if isinstance(effect, RaiseAlarm):
                assert not self.alarm_shown
                self.alarm_shown = True
            if isinstance(effect, ClearAlarm):
                assert self.alarm_shown
                self.alarm_shown = False
        self.state = after.state
        return after

    @rule(reach=REACHES)
    def the_rota_changes(self, reach: Reach) -> None:
        self.reach = reach

    @rule(tier=st.sampled_from(Tier))
    def it_has_a_tier(self, tier: Tier) -> None:
        self.happens(Ranked(tier))

    @rule(by=st.timedeltas(timedelta(), timedelta(minutes=20)))
    def time_passes_and_the_clerk_looks(self, by: timedelta) -> None:
        self.now += by
        due, before = self.state.due_at, self.state
        after = self.happens(TimePassed())
        if due is None or self.now < due:
            assert after.effects == ()
            assert after.state == before

    @rule(by=st.timedeltas(timedelta(), timedelta(minutes=20)))
    def time_passes_and_the_clerk_is_dead(self, by: timedelta) -> None:
        self.now += by

    @rule(by=PEOPLE)
    def somebody_takes_it(self, by: UUID) -> None:
        self.happens(Taken(by))
        if self.state.phase is not Phase.ENDED:
            assert self.state.owner == by

    @rule()
    def it_is_released(self) -> None:
        self.happens(Released())

    @rule(by=PEOPLE)
    def somebody_refuses(self, by: UUID) -> None:
        self.happens(Refused(by, "in another case"))

    @rule(to=PEOPLE)
    def a_coordinator_names_somebody(self, to: UUID) -> None:
        before = self.state
        after = self.happens(Handed(to, COORDINATOR))
        assert self.state.owner == before.owner
        assert self.state.calls[: len(before.calls)] == before.calls, "nobody is let go for it"
        over = before.phase is Phase.ENDED or before.owner == to
        assert over or any(call.person == to and call.outcome is Outcome.WAITING for call in self.state.calls)
        assert set(after.effects) <= {Notify(to, CallKind.HANDED)}

    @rule()
    def it_ends(self) -> None:
        self.happens(Ended())

    @rule()
    def something_more_is_asked(self) -> None:
        self.happens(Reopened())

    @invariant()
    def an_urgent_case_without_an_owner_has_somebody_called_or_an_alarm(self) -> None:
        urgent = self.state.tier in RULES.patience and self.state.phase not in (Phase.HELD, Phase.ENDED)
        if urgent:
            assert self.state.phase is Phase.CALLING
            waiting = [call for call in self.state.calls if call.outcome is Outcome.WAITING]
            assert waiting or self.state.alarm is not None
            assert self.state.due_at is not None

    @invariant()
    def it_has_an_owner_exactly_when_it_is_held(self) -> None:
        if self.state.phase is not Phase.ENDED:
            assert (self.state.owner is not None) == (self.state.phase is Phase.HELD)

    @invariant()
    def for_a_case_that_is_held_nobody_is_called_but_whom_a_coordinator_named_and_for_one_that_is_over_nobody(
        self,
    ) -> None:
        if self.state.phase is not Phase.CALLING:
            waiting = [call for call in self.state.calls if call.outcome is Outcome.WAITING]
            assert all(call.kind is CallKind.HANDED for call in waiting)
            assert not (waiting and self.state.phase is Phase.ENDED)
            assert self.state.alarm is None
            assert self.state.due_at == min((call.due_at for call in waiting), default=None)

    @invariant()
    def whoever_is_called_is_waited_for_no_longer_than_his_time(self) -> None:
        waiting = [call for call in self.state.calls if call.outcome is Outcome.WAITING]
        assert all(self.state.due_at is not None and self.state.due_at <= call.due_at for call in waiting)
        assert len({call.person for call in waiting}) == len(waiting), "nobody is called twice at once"

    @invariant()
    def the_alarm_on_the_page_is_the_alarm_of_the_case(self) -> None:
        assert self.alarm_shown == (self.state.alarm is not None)

    @precondition(lambda self: self.state.phase is Phase.CALLING)
    @rule()
    def the_clerk_looks_for_a_quarter_of_an_hour(self) -> None:
        for _ in range(31):
            self.now += MINUTE / 2
            self.happens(TimePassed())
        assert self.state.alarm is not None


TestACase = ACase.TestCase
TestACase.settings = settings(max_examples=60, stateful_step_count=25)


def after(state: Escalation, event: Event, minutes: float = 0, reach: Reach = REACH) -> Step:
    return step(state, event, Moment(NOW + minutes * MINUTE, reach, RULES))


def red(reach: Reach = REACH) -> Escalation:
    return after(Escalation(), Ranked(Tier.RED), reach=reach).state


def test_the_first_on_duty_is_called_at_once_and_the_next_after_the_tiers_minutes() -> None:
    begun = after(Escalation(), Ranked(Tier.RED))
    assert begun.effects == (Notify(ANNE, CallKind.EXPERT),)
    assert begun.state.due_at == NOW + 3 * MINUTE
    assert after(begun.state, TimePassed(), 2.99).effects == ()
    late = after(begun.state, TimePassed(), 3)
    assert late.effects == (Notify(BASTIEN, CallKind.EXPERT),)
    assert [call.outcome for call in late.state.calls] == [Outcome.SILENT, Outcome.WAITING]


def test_then_a_coordinator_then_the_requester_is_told_to_telephone_then_all_again() -> None:
    state, said = red(), []
    for half_minutes in range(1, 41):
        later = after(state, TimePassed(), half_minutes / 2)
        said += [(half_minutes / 2, effect) for effect in later.effects]
        state = later.state
    assert said == [
        (3, Notify(BASTIEN, CallKind.EXPERT)),
        (6, Notify(COORDINATOR, CallKind.COORDINATOR)),
        (9, RaiseAlarm(AlarmWhy.NOBODY_ACKNOWLEDGED)),
        (14, Notify(ANNE, CallKind.EXPERT)),
        (17, Notify(BASTIEN, CallKind.EXPERT)),
        (20, Notify(COORDINATOR, CallKind.COORDINATOR)),
    ]


def test_the_alarm_comes_in_its_time_however_many_are_still_to_be_called() -> None:
    many = Reach(tuple(UUID(int=number) for number in range(10, 30)), (COORDINATOR,))
    state = red(many)
    for half_minutes in range(1, 21):
        state = after(state, TimePassed(), half_minutes / 2, many).state
    assert state.alarm is not None
    assert state.alarm.at == NOW + 10 * MINUTE
    assert state.calls[-1].outcome is Outcome.WAITING


def test_with_nobody_on_duty_the_alarm_is_immediate_and_the_coordinator_called() -> None:
    alone = after(Escalation(), Ranked(Tier.ORANGE), reach=Reach((), (COORDINATOR,)))
    assert alone.effects == (RaiseAlarm(AlarmWhy.NOBODY_ON_DUTY), Notify(COORDINATOR, CallKind.COORDINATOR))
    nobody = after(Escalation(), Ranked(Tier.ORANGE), reach=Reach())
    assert nobody.effects == (RaiseAlarm(AlarmWhy.NOBODY_ON_DUTY),)
    assert nobody.state.due_at == NOW + 10 * MINUTE
    came = after(nobody.state, TimePassed(), 10, Reach((ANNE,)))
    assert came.effects == (Notify(ANNE, CallKind.EXPERT),)


def test_after_a_refusal_the_next_is_called_at_once_and_the_refuser_not_again() -> None:
    refused = after(red(), Refused(ANNE, "in theatre"), 1)
    assert refused.effects == (Notify(BASTIEN, CallKind.EXPERT),)
    assert (refused.state.calls[0].outcome, refused.state.calls[0].why) == (Outcome.REFUSED, "in theatre")
    none_left = after(refused.state, Refused(BASTIEN, "ill"), 2)
    assert none_left.effects == (Notify(COORDINATOR, CallKind.COORDINATOR),)
    over = after(none_left.state, TimePassed(), 5)
    assert over.effects == (RaiseAlarm(AlarmWhy.NOBODY_ACKNOWLEDGED),)
    again = after(over.state, TimePassed(), 10)
    assert again.effects == (Notify(COORDINATOR, CallKind.COORDINATOR),)


def test_whoever_takes_it_ends_the_calling_and_the_others_hear_of_it() -> None:
    second = after(red(), TimePassed(), 3).state
    taken = after(second, Taken(ANNE), 4)
    assert taken.effects == (StandDown(BASTIEN),)
    assert [call.outcome for call in taken.state.calls] == [Outcome.TOOK, Outcome.STOOD_DOWN]
    over = after(taken.state, Taken(CHLOE), 5)
    assert over.effects == (StandDown(ANNE),)
    assert over.state.owner == CHLOE


def test_a_released_case_is_offered_to_somebody_else_at_once() -> None:
    held = after(red(), Taken(ANNE), 1).state
    free = after(held, Released(), 5)
    assert free.effects == (Notify(BASTIEN, CallKind.EXPERT),)
    assert free.state.since == NOW + 5 * MINUTE


def test_a_case_that_turns_red_has_less_patience_from_then_on() -> None:
    orange = after(Escalation(), Ranked(Tier.ORANGE)).state
    assert orange.due_at == NOW + 5 * MINUTE
    assert after(orange, Ranked(Tier.RED), 1).state.due_at == NOW + 3 * MINUTE
    assert after(orange, Ranked(Tier.RED), 4).state.due_at == NOW + 4 * MINUTE
    held = after(orange, Taken(ANNE), 1).state
    assert after(held, Ranked(Tier.RED), 2).effects == (TellRaised(ANNE),)


def test_a_case_that_a_person_calls_differed_calls_nobody_any_more() -> None:
    calm = after(red(), Ranked(Tier.GREY), 1)
    assert (calm.state.phase, calm.effects) == (Phase.QUIET, (StandDown(ANNE),))


def test_what_ended_calls_nobody_until_something_more_is_asked() -> None:
    ended = after(red(), Ended(), 1).state
    assert after(ended, TimePassed(), 60) == Step(ended)
    assert after(ended, Ranked(Tier.ORANGE), 60).effects == ()
    again = after(ended, Reopened(), 60).state
    assert after(again, Ranked(Tier.ORANGE), 60).effects == (Notify(ANNE, CallKind.EXPERT),)


@given(st.integers(0, 600))
def test_a_clerk_that_was_dead_wakes_up_to_one_call_and_never_skips_a_person(minutes: int) -> None:
    late = after(red(), TimePassed(), minutes)
    called = [effect for effect in late.effects if isinstance(effect, Notify)]
    assert called == ([Notify(BASTIEN, CallKind.EXPERT)] if minutes >= 3 else [])
    assert (late.state.alarm is not None) == (minutes >= 10)


@pytest.mark.parametrize("name", ["silence_minutes", "alarm_minutes", "again_minutes"])
def test_rules_without_patience_are_refused(name: str) -> None:
    tier = {"silence_minutes": 1, "alarm_minutes": 1, "again_minutes": 1}
    raw = {"id": "x", "version": "1", "source": "", "tier": {"red": tier | {name: 0}}}
    with pytest.raises(ValueError, match="no patience"):
        read_escalation_rules(raw)


def test_the_shipped_rules_call_for_red_and_orange() -> None:
    assert set(RULES.patience) == {Tier.RED, Tier.ORANGE}
    assert replace(red(), calls=()).phase is Phase.CALLING


def test_whom_a_coordinator_names_is_called_and_nobody_is_let_go_for_it() -> None:
    handed = after(red(), Handed(CHLOE, COORDINATOR), 1)
    assert handed.effects == (Notify(CHLOE, CallKind.HANDED),)
    assert [call.outcome for call in handed.state.calls] == [Outcome.WAITING, Outcome.WAITING]
    taken = after(handed.state, Taken(CHLOE), 2)
    assert taken.effects == (StandDown(ANNE),)
    assert [call.outcome for call in taken.state.calls] == [Outcome.STOOD_DOWN, Outcome.TOOK]


def test_when_the_one_who_was_named_stays_silent_the_coordinator_hears_of_it_and_the_next_is_called() -> None:
    handed = after(red(), Handed(CHLOE, COORDINATOR), 1).state
    assert after(handed, TimePassed(), 3).effects == ()  # Anne's time is over, Chloe's is not
    late = after(after(handed, TimePassed(), 3).state, TimePassed(), 4)
    assert late.effects == (HandedBack(CHLOE, COORDINATOR), Notify(BASTIEN, CallKind.EXPERT))
    refused = after(handed, Refused(CHLOE, "abroad"), 2)
    assert refused.effects == (HandedBack(CHLOE, COORDINATOR),)
    assert refused.state.calls[0].outcome is Outcome.WAITING


def test_whoever_holds_a_case_keeps_it_until_the_one_who_was_named_takes_it() -> None:
    held = after(red(), Taken(ANNE), 1).state
    handed = after(held, Handed(CHLOE, COORDINATOR), 2)
    assert (handed.state.phase, handed.state.owner, handed.state.due_at) == (Phase.HELD, ANNE, NOW + 5 * MINUTE)
    silent = after(handed.state, TimePassed(), 5)
    assert silent.effects == (HandedBack(CHLOE, COORDINATOR),)
    assert (silent.state.owner, silent.state.due_at) == (ANNE, None)
    refused = after(handed.state, Refused(CHLOE, "ill"), 3)
    assert (refused.effects, refused.state.owner) == ((HandedBack(CHLOE, COORDINATOR),), ANNE)
    taken = after(handed.state, Taken(CHLOE), 3)
    assert (taken.effects, taken.state.owner) == ((StandDown(ANNE),), CHLOE)


def test_a_case_that_is_not_urgent_is_handed_too_and_stays_so_when_it_turns_urgent_and_calm_again() -> None:
    handed = after(Escalation(), Handed(CHLOE, COORDINATOR)).state
    assert (handed.phase, handed.due_at) == (Phase.QUIET, NOW + 5 * MINUTE)  # the longest patience there is
    urgent = after(handed, Ranked(Tier.RED), 1)
    assert (urgent.effects, urgent.state.phase, urgent.state.due_at) == ((), Phase.CALLING, NOW + 3 * MINUTE)
    calm = after(urgent.state, Ranked(Tier.GREY), 2)
    assert (calm.effects, calm.state.phase, calm.state.calls[0].outcome) == ((), Phase.QUIET, Outcome.WAITING)


def test_naming_whoever_holds_it_or_is_called_for_it_and_naming_anybody_for_a_case_that_is_over_changes_nothing() -> (
    None
):
    held = after(red(), Taken(ANNE), 1).state
    assert after(held, Handed(ANNE, COORDINATOR), 2) == Step(held)
    assert after(red(), Handed(ANNE, COORDINATOR), 1) == Step(red())
    ended = after(red(), Ended(), 1).state
    assert after(ended, Handed(CHLOE, COORDINATOR), 2) == Step(ended)
