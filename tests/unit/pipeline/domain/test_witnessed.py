"""Time that was lived through does not follow a clock that is set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.steadiness import Reading
from pipeline.domain.witnessed import lived

START = datetime(2026, 11, 22, tzinfo=UTC)
seconds = st.floats(0, 1e7).map(lambda one: timedelta(seconds=one))
walls = st.integers(-10_000, 10_000).map(lambda days: START + timedelta(days=days))


@given(seconds, seconds, walls, walls)
def test_only_what_was_counted_passed_whatever_the_wall_says(
    first: timedelta, more: timedelta, wall: datetime, later: datetime
) -> None:
    assert lived(Reading("a", first, wall), Reading("a", first + more, later)) == (first + more) - first


@given(seconds, seconds, walls)
def test_across_a_start_only_the_time_since_it_is_sure(before: timedelta, since: timedelta, wall: datetime) -> None:
    assert lived(Reading("a", before, START), Reading("b", since, wall)) == since


def test_a_first_reading_and_a_count_that_went_back_add_nothing() -> None:
    assert lived(None, Reading("a", timedelta(days=400), START)) == timedelta()
    assert lived(Reading("a", timedelta(days=2), START), Reading("a", timedelta(days=1), START)) == timedelta()
