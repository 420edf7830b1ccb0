"""Every stage of a series has a deadline, and what it waits for is never unclear."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.analysis import AnalysisState
from pipeline.domain.deadlines import SENTENCES, Awaited, SeriesClock, Stage, awaited, deadlines, sentence
from pipeline.domain.haste import PATIENCE, Haste

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LIMITS = deadlines(quiet_time_s=5, analysis_limit_s=120)
WAITING = SeriesClock(NOW, complete_at=NOW, state=AnalysisState.WAITING, enqueued_at=NOW)


def test_each_stage_is_waited_for_in_turn() -> None:
    analysed = SeriesClock(NOW, NOW, AnalysisState.ANALYSED, NOW, finished_at=NOW, writes=True)
    clocks = (SeriesClock(NOW), WAITING, SeriesClock(NOW, NOW, AnalysisState.RUNNING, NOW), analysed)
    assert [one.stage for clock in clocks if (one := awaited(clock, LIMITS))] == list(Stage)


def test_nothing_is_waited_for_once_all_has_come() -> None:
    done = SeriesClock(NOW, NOW, AnalysisState.ANALYSED, NOW, finished_at=NOW, writes=True, written_at=NOW)
    assert awaited(done, LIMITS) is None
    assert awaited(SeriesClock(NOW, NOW, AnalysisState.NOT_ANALYSED, NOW, finished_at=NOW), LIMITS) is None


def test_a_second_attempt_gets_no_second_deadline() -> None:
    running = SeriesClock(NOW, NOW, AnalysisState.RUNNING, NOW)
    assert awaited(running, LIMITS) == Awaited(Stage.ANALYSIS, NOW, NOW + timedelta(seconds=240))


def test_routine_work_may_wait_longer_before_a_person_is_told() -> None:
    routine = awaited(replace(WAITING, lane=Haste.ROUTINE), LIMITS)
    assert routine == Awaited(Stage.START, NOW, NOW + timedelta(seconds=120) + LIMITS.by_lane[Haste.ROUTINE])
    assert awaited(SeriesClock(NOW, lane=Haste.ROUTINE), LIMITS) == awaited(SeriesClock(NOW), LIMITS)


def test_work_promoted_for_its_patience_is_not_late_at_the_moment_it_is_promoted() -> None:
    promoted = awaited(replace(WAITING, lane=Haste.PROMOTED), LIMITS)
    assert promoted is not None
    assert not promoted.is_late(NOW + PATIENCE + LIMITS.limits[Stage.START])
    assert promoted.is_late(NOW + timedelta(hours=1))
    assert set(LIMITS.by_lane) == set(Haste)


@given(st.sampled_from(Stage), st.floats(1, 600), st.floats(1, 600))
def test_every_stage_has_a_limit_and_a_sentence_that_names_it(stage: Stage, quiet: float, analysis: float) -> None:
    limits = deadlines(quiet_time_s=quiet, analysis_limit_s=analysis)
    assert limits.limits[stage] > timedelta(0)
    assert f"{limits.limits[stage].total_seconds():.0f} s" in sentence(Awaited(stage, NOW, NOW + limits.limits[stage]))
    assert set(SENTENCES) == set(Stage) == set(limits.limits)
