"""The moments of one case: in order, never more than was told, and no slip of the date taken for a treatment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.figures import INTERVALS, CaseFacts
from pipeline.domain.timeline import MOMENTS, Treatment, intervals_min, moments, refused

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CASE = CaseFacts(site="carhaix", tier="red", opened_at=NOW)

told = st.none() | st.integers(-600, 600).map(lambda minutes: NOW + minutes * MINUTE)


@given(st.fixed_dictionaries(dict.fromkeys(MOMENTS, told)))
def test_moments_are_in_order_and_no_interval_runs_backwards(times: dict[str, datetime | None]) -> None:
    facts = replace(CASE, **times)
    known = moments(facts)
    assert list(known.values()) == sorted(known.values())
    assert set(known) == {name for name, at in times.items() if at is not None}
    for name, minutes in intervals_min(facts).items():
        starts, ends = INTERVALS[name]
        assert minutes >= 0
        assert known[ends] - known[starts] == timedelta(minutes=minutes)


def test_opinion_to_needle_and_door_in_door_out_follow_from_what_is_told_afterwards() -> None:
    facts = replace(
        CASE, door_at=NOW, signed_at=NOW + 30 * MINUTE, needle_at=NOW + 42 * MINUTE, departed_at=NOW + 75 * MINUTE
    )
    assert intervals_min(facts) == {"opinion_to_needle": 12.0, "door_to_needle": 42.0, "door_in_door_out": 75.0}


def test_a_time_to_come_and_one_days_away_cannot_be_meant() -> None:
    assert refused(Treatment(needle_at=NOW + 4 * MINUTE), NOW, NOW) == {}
    assert refused(Treatment(needle_at=NOW + 6 * MINUTE), NOW, NOW) == {"needle_at": "future"}
    later = NOW + timedelta(days=40)
    assert refused(Treatment(departed_at=NOW + timedelta(days=31)), NOW, later) == {"departed_at": "far"}
    assert refused(Treatment(puncture_at=NOW - timedelta(days=3)), NOW, later) == {"puncture_at": "far"}
