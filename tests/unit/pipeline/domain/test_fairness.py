"""The order of calling: ranks are kept, and inside a rank nobody is called twice while another waits."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.fairness import Load, calling_order
from pipeline.domain.rota import Duty, Expert, Period, Skill

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
PEOPLE = [UUID(int=number) for number in range(1, 5)]
EXPERTS = {
    one: Expert(one, str(one), "chu", frozenset(Skill), languages=("fr", "zh") if one == PEOPLE[3] else ("fr",))
    for one in PEOPLE
}


def duty(who: UUID, rank: int = 1) -> Duty:
    return Duty(UUID(int=rank), who, "chu", Skill.DIAGNOSTIC, Period(NOW, NOW + timedelta(days=1)), rank)


@given(
    st.dictionaries(st.sampled_from(PEOPLE), st.builds(Load, st.integers(0, 9), st.integers(0, 9))),
    st.permutations(PEOPLE),
)
def test_ranks_are_kept_and_everybody_is_called_once(loads: dict[UUID, Load], people: list[UUID]) -> None:
    ranks = {who: number % 2 + 1 for number, who in enumerate(people)}
    order = calling_order([duty(who, ranks[who]) for who in people] + [duty(people[0], 9)], EXPERTS, loads)
    assert sorted(order) == PEOPLE
    assert [ranks[who] for who in order] == sorted(ranks.values())


def test_whoever_holds_least_and_was_called_least_comes_first() -> None:
    loads = {PEOPLE[0]: Load(1, 0), PEOPLE[1]: Load(0, 2), PEOPLE[2]: Load(0, 1, NOW)}
    assert calling_order([duty(who) for who in PEOPLE[:3]], EXPERTS, loads) == (PEOPLE[2], PEOPLE[1], PEOPLE[0])


def test_a_language_is_preferred_and_never_required() -> None:
    assert calling_order([duty(who) for who in PEOPLE], EXPERTS, {}, "zh")[0] == PEOPLE[3]
    assert len(calling_order([duty(who) for who in PEOPLE], EXPERTS, {}, "br")) == 4


def test_a_night_of_calls_is_shared_evenly() -> None:
    calls: Counter[UUID] = Counter()
    last: dict[UUID, datetime] = {}
    for number in range(40):
        loads = {who: Load(0, calls[who], last.get(who)) for who in PEOPLE}
        who = calling_order([duty(one) for one in PEOPLE], EXPERTS, loads)[0]
        calls[who] += 1
        last[who] = NOW + timedelta(minutes=number)
    assert set(calls.values()) == {10}
