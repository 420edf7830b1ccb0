"""A clock that is wrong is noticed, and neither old series nor absurd dates make one wrong."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.clock_skew import FEWEST, skew

DAY_S = 86_400.0
_SOON = st.lists(st.floats(1, 300), min_size=12, max_size=40)


def test_too_few_series_say_nothing() -> None:
    assert skew([10.0] * (FEWEST - 1)) is None
    assert skew([]) is None


def test_a_clock_that_is_right_is_not_large() -> None:
    found = skew([20.0, 35.0, 60.0, 400.0, 9000.0, 12.0])
    assert found is not None
    assert not found.is_large


@given(_SOON, st.floats(120, 20_000))
def test_a_clock_ahead_is_found_to_the_delay_of_sending(delays: list[float], ahead: float) -> None:
    found = skew([delay - ahead for delay in delays])
    assert found is not None
    assert found.ahead_s <= ahead <= found.ahead_s + 300
    assert found.is_large == (found.ahead_s > 60)


@given(_SOON, st.lists(st.sampled_from([-70 * 365 * DAY_S, 3 * DAY_S, 400 * DAY_S]), max_size=60))
def test_dates_that_never_were_and_old_series_change_nothing(delays: list[float], others: list[float]) -> None:
    assert skew(delays + others) == skew(delays)


@given(_SOON)
def test_one_lie_of_some_hours_is_not_believed(delays: list[float]) -> None:
    found = skew([*delays, -7200.0])
    assert found is not None
    assert not found.is_large


def test_a_clock_behind_looks_as_images_that_come_late() -> None:
    found = skew([3610.0, 3650.0, 3700.0, 3620.0, 3605.0])
    assert found is not None
    assert found.ahead_s < -3600
    assert found.is_large
