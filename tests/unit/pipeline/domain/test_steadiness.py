"""A clock that is set moves deadlines with it, and nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.steadiness import TOLERANCE, Reading, jumped, set_before

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
FIRST = Reading("boot", timedelta(hours=1), NOW)
spans = st.timedeltas(timedelta(), timedelta(days=3))


def later(by: timedelta, jump: timedelta = timedelta(), boot: str = "boot") -> Reading:
    return Reading(boot, FIRST.counted + by, NOW + by + jump)


@given(spans, st.timedeltas(-timedelta(days=2), timedelta(days=2)))
def test_a_jump_is_told_from_time_that_passed(by: timedelta, jump: timedelta) -> None:
    assert jumped(FIRST, later(by, jump)) == (jump if abs(jump) > TOLERANCE else timedelta())


@given(spans, spans)
def test_after_a_start_of_the_machine_the_wall_is_believed(by: timedelta, jump: timedelta) -> None:
    assert jumped(FIRST, later(by, jump, "another boot")) == timedelta()


def test_only_deadlines_of_the_old_clock_move() -> None:
    after = later(timedelta(seconds=1), timedelta(hours=1))
    assert set_before(FIRST, after) == NOW + timedelta(seconds=1) + TOLERANCE
    assert set_before(FIRST, after) < after.wall_at
