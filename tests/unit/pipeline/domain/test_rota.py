"""The rota: who is on duty, what nobody covers, and exchanges that lose no minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.rota import (
    Absence,
    Clash,
    Duty,
    Exchange,
    ExchangeAnswer,
    ExchangeState,
    Expert,
    Need,
    Period,
    Skill,
    answer,
    clash,
    gaps,
    hand_over,
    on_duty,
    suits,
)

START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
HOURS = 48
WITHIN = Period(START, START + timedelta(hours=HOURS))
SITES = ("brest", "carhaix")
ANNE, BASTIEN, CHLOE = (UUID(int=number) for number in (1, 2, 3))


def hours(starts: int, ends: int) -> Period:
    return Period(START + timedelta(hours=starts), START + timedelta(hours=ends))


def duty(
    starts: int, ends: int, *, who: UUID = ANNE, rank: int = 1, sites: tuple[str, ...] = (), number: int = 1
) -> Duty:
    return Duty(UUID(int=number), who, "chu-brest", Skill.DIAGNOSTIC, hours(starts, ends), rank, frozenset(sites))


periods = st.tuples(st.integers(-5, HOURS + 5), st.integers(1, 30)).map(lambda one: hours(one[0], one[0] + one[1]))
duties = st.lists(
    st.builds(
        Duty,
        id=st.uuids(),
        expert_id=st.sampled_from([ANNE, BASTIEN, CHLOE]),
        centre=st.sampled_from(["chu-brest", "chu-rennes"]),
        skill=st.sampled_from([Skill.DIAGNOSTIC, Skill.INTERVENTIONAL]),
        period=periods,
        rank=st.integers(1, 2),
        sites=st.frozensets(st.sampled_from(SITES), max_size=2),
    ),
    max_size=8,
)
absences = st.lists(st.builds(Absence, st.sampled_from([ANNE, BASTIEN, CHLOE]), periods), max_size=3)
NEEDS = [Need(site, Skill.DIAGNOSTIC) for site in SITES]


@given(duties, absences)
def test_a_moment_lies_in_a_gap_exactly_when_nobody_is_on_duty(known: list[Duty], away: list[Absence]) -> None:
    found = gaps(known, away, NEEDS, WITHIN)
    for hour in range(HOURS):
        at = START + timedelta(hours=hour, minutes=30)
        for need in NEEDS:
            in_a_gap = any(gap.need == need and gap.period.holds(at) for gap in found)
            assert in_a_gap == (on_duty(known, away, need, at) == [])


@given(duties, absences)
def test_gaps_of_one_need_do_not_touch_each_other(known: list[Duty], away: list[Absence]) -> None:
    found = [gap.period for gap in gaps(known, away, NEEDS[:1], WITHIN)]
    assert all(one.ends_at < other.starts_at for one, other in pairwise(found))


def test_two_weeks_of_alternating_centres_leave_no_gap_and_a_day_taken_out_shows() -> None:
    within = hours(0, 14 * 24)
    known = [duty(day * 24, day * 24 + 24, who=ANNE if day < 7 else BASTIEN, number=day) for day in range(14)]
    assert gaps(known, [], NEEDS, within) == []
    assert [gap.period for gap in gaps(known[:9] + known[10:], [], NEEDS[:1], within)] == [hours(216, 240)]


def test_who_is_away_covers_nothing_and_is_not_called() -> None:
    away = [Absence(ANNE, hours(6, 8))]
    assert [gap.period for gap in gaps([duty(0, HOURS)], away, NEEDS[:1], WITHIN)] == [hours(6, 8)]
    assert on_duty([duty(0, HOURS)], away, NEEDS[0], START + timedelta(hours=7)) == []


def test_lower_ranks_are_called_first() -> None:
    known = [duty(0, 9, who=BASTIEN, rank=2), duty(0, 9, rank=1)]
    assert [one.expert_id for one in on_duty(known, [], NEEDS[0], START)] == [ANNE, BASTIEN]


def test_the_end_of_a_duty_belongs_to_the_next_one() -> None:
    known = [duty(0, 8), duty(8, 16, who=BASTIEN)]
    assert [one.expert_id for one in on_duty(known, [], NEEDS[0], START + timedelta(hours=8))] == [BASTIEN]


def test_two_experts_of_one_rank_clash_unless_their_sites_differ() -> None:
    assert clash(duty(0, 8), duty(4, 9, who=BASTIEN, number=2)) is Clash.SAME_RANK
    assert clash(duty(0, 8), duty(4, 9, number=2)) is Clash.TWICE
    assert clash(duty(0, 8, sites=("brest",)), duty(4, 9, who=BASTIEN, sites=("carhaix",), number=2)) is None
    assert clash(duty(0, 8), duty(8, 9, who=BASTIEN, number=2)) is None
    assert clash(duty(0, 8), duty(0, 8, who=BASTIEN, rank=2, number=2)) is None


def test_an_expert_of_some_sites_cannot_do_a_duty_for_all() -> None:
    of_brest = Expert(ANNE, "Anne", "chu-brest", frozenset({Skill.DIAGNOSTIC}), frozenset({"brest"}))
    assert suits(of_brest, duty(0, 8, sites=("brest",)))
    assert not suits(of_brest, duty(0, 8))
    assert not suits(of_brest, duty(0, 8, sites=("brest", "carhaix")))


@given(st.integers(0, 23), st.integers(1, 24))
def test_an_exchange_moves_a_part_and_loses_no_minute(starts: int, length: int) -> None:
    whole = duty(0, 24)
    part = hours(starts, min(starts + length, 24))
    ids = (UUID(int=100 + number) for number in count())
    pieces = [one.duty for one in hand_over(whole, part, BASTIEN, ids)]
    assert gaps(pieces, [], NEEDS[:1], hours(0, 24)) == []
    assert len({one.id for one in pieces}) == len(pieces)
    for hour in range(24):
        at = START + timedelta(hours=hour)
        (who,) = {one.expert_id for one in on_duty(pieces, [], NEEDS[0], at)}
        assert who == (BASTIEN if part.holds(at) else ANNE)


def test_time_that_is_not_ones_own_cannot_be_given_away() -> None:
    with pytest.raises(ValueError, match="only time of the duty"):
        hand_over(duty(0, 8), hours(6, 10), BASTIEN, iter(()))


def test_only_the_one_who_is_asked_accepts_and_only_once() -> None:
    proposed = Exchange(UUID(int=9), hours(0, 8), ANNE, BASTIEN)
    assert answer(proposed, ExchangeAnswer.ACCEPT, ANNE, organises=False) is None
    assert answer(proposed, ExchangeAnswer.ACCEPT, BASTIEN, organises=False) is ExchangeState.ACCEPTED
    assert answer(proposed, ExchangeAnswer.WITHDRAW, BASTIEN, organises=False) is None
    assert answer(proposed, ExchangeAnswer.WITHDRAW, ANNE, organises=False) is ExchangeState.WITHDRAWN
    assert answer(proposed, ExchangeAnswer.DECLINE, CHLOE, organises=True) is ExchangeState.DECLINED
    declined = Exchange(UUID(int=9), hours(0, 8), ANNE, BASTIEN, ExchangeState.DECLINED)
    assert answer(declined, ExchangeAnswer.ACCEPT, BASTIEN, organises=True) is None
