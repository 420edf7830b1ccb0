"""A series is complete on evidence; silence decides only where there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.completeness import MOST_LAG_S, Complete, SeriesEvidence, Signal, StillArriving, judge, silence_s
from pipeline.domain.role import SeriesRole

HALF = SeriesEvidence(SeriesRole.NCCT, images=12, expected=None, extent_mm=60.0, released=True, silent_s=0.1)
WHOLE = replace(HALF, images=30, extent_mm=150.0)

evidences = st.builds(
    SeriesEvidence,
    role=st.sampled_from(SeriesRole),
    images=st.integers(1, 500),
    expected=st.none() | st.integers(1, 500),
    extent_mm=st.none() | st.floats(0, 400),
    released=st.booleans(),
    silent_s=st.floats(0, 20),
)


def test_half_a_head_is_not_complete_because_its_association_ended() -> None:
    assert isinstance(judge(HALF), StillArriving)


def test_a_whole_head_is_complete_when_its_association_ends() -> None:
    assert judge(WHOLE) == Complete(Signal.ASSOCIATION_RELEASED, provisional=False)


def test_a_whole_head_still_being_sent_is_not_complete() -> None:
    assert isinstance(judge(replace(WHOLE, released=False)), StillArriving)


def test_the_last_promised_image_completes_a_series_at_once() -> None:
    assert judge(replace(HALF, images=40, expected=40, released=False)) == Complete(
        Signal.HEADER_COUNT, provisional=False
    )


def test_a_released_association_never_overrules_a_header_that_promises_more() -> None:
    assert isinstance(judge(replace(WHOLE, expected=31)), StillArriving)


def test_fewer_images_than_promised_are_provisional_after_the_quiet_time() -> None:
    assert judge(replace(WHOLE, expected=40, silent_s=5.0)) == Complete(Signal.QUIET_TIME, provisional=True)


def test_half_a_head_is_provisional_after_the_quiet_time() -> None:
    assert judge(replace(HALF, silent_s=5.0)) == Complete(Signal.QUIET_TIME, provisional=True)


def test_a_series_of_no_known_role_is_complete_after_the_quiet_time() -> None:
    other = replace(HALF, role=SeriesRole.OTHER, extent_mm=None, silent_s=5.0)
    assert judge(other) == Complete(Signal.QUIET_TIME, provisional=False)


@given(evidences)
def test_nothing_waits_longer_than_the_quiet_time(evidence: SeriesEvidence) -> None:
    verdict = judge(evidence)
    if isinstance(verdict, StillArriving):
        assert 0 < verdict.look_again_s <= 5.0
        assert isinstance(judge(replace(evidence, silent_s=evidence.silent_s + verdict.look_again_s + 1e-6)), Complete)


@given(st.floats(0, 100), st.floats(0, 100))
def test_silence_is_counted_from_when_the_index_last_heard_of_a_series_but_not_for_ever(ago: float, lag: float) -> None:
    now = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    heard_at = now - timedelta(seconds=ago)
    silent = silence_s(heard_at - timedelta(seconds=lag), heard_at, now)
    assert abs(silent - (ago + max(lag - MOST_LAG_S, 0.0))) < 1e-5
