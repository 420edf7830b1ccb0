"""States of an analysis and of a case: an ended result moves no more, and silence is never a negative."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.analysis import (
    AnalysisState,
    CaseState,
    Coverage,
    SeriesOutcome,
    Version,
    case_state,
    case_why,
    in_force,
    may_become,
)
from pipeline.domain.because import Because
from pipeline.domain.finding import Finding, FindingKind, Side
from pipeline.domain.role import SeriesRole


def outcome(state: AnalysisState, role: SeriesRole = SeriesRole.NCCT, why: str = "", **more: object) -> SeriesOutcome:
    return SeriesOutcome(role, state, why=why, **more)  # type: ignore[arg-type]


@given(st.sampled_from(AnalysisState), st.sampled_from(AnalysisState))
def test_an_ended_analysis_moves_no_more(old: AnalysisState, new: AnalysisState) -> None:
    if old not in (AnalysisState.WAITING, AnalysisState.RUNNING):
        assert not may_become(old, new)


def test_a_running_analysis_may_be_taken_over_by_another_attempt() -> None:
    assert may_become(AnalysisState.RUNNING, AnalysisState.RUNNING)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], CaseState.RECEIVING),
        ([AnalysisState.ANALYSED, AnalysisState.WAITING], CaseState.ANALYSING),
        ([AnalysisState.ANALYSED, AnalysisState.NOT_ANALYSED], CaseState.ANALYSED),
        ([AnalysisState.ANALYSED, AnalysisState.FAILED], CaseState.FAILED),
        ([AnalysisState.NOT_ANALYSED], CaseState.NOT_ANALYSED),
        ([AnalysisState.TIMED_OUT], CaseState.FAILED),
    ],
)
def test_a_case_reads_from_its_series(states: list[AnalysisState], expected: CaseState) -> None:
    assert case_state([outcome(state) for state in states]) is expected


def test_a_case_with_a_series_still_arriving_is_receiving() -> None:
    known = [outcome(AnalysisState.ANALYSED), outcome(AnalysisState.WAITING, receiving=True)]
    assert case_state(known) is CaseState.RECEIVING


def test_a_case_says_why_it_was_not_analysed() -> None:
    assert case_why([outcome(AnalysisState.NOT_ANALYSED, why="no model for this role yet")]) == (
        "no model for this role yet"
    )


def test_a_localiser_without_a_model_is_no_news_beside_an_analysed_series() -> None:
    localiser = outcome(AnalysisState.NOT_ANALYSED, SeriesRole.OTHER, why="no model for this role yet")
    assert case_why([outcome(AnalysisState.ANALYSED), localiser]) == ""
    assert case_why([localiser]) != ""


def test_a_result_on_fewer_images_says_how_many_and_where() -> None:
    coverage = Coverage(12, 40, -40.2, 15.1, provisional=True)
    assert case_why([outcome(AnalysisState.ANALYSED, coverage=coverage)]) == (
        "provisional, 12 of 40 images, from -40 to 15 mm"
    )


BLOOD = Finding(FindingKind.HAEMORRHAGE, 30.0, Side.LEFT, 0.9)
UNDER_WAY = (AnalysisState.WAITING, AnalysisState.RUNNING)
versions = st.builds(
    lambda state, found: Version(state, (BLOOD,) if found and state is not AnalysisState.WAITING else ()),
    st.sampled_from(AnalysisState),
    st.booleans(),
)


@given(st.lists(versions, max_size=5))
def test_a_suspicion_counts_until_a_newer_answer_has_come(older: list[Version]) -> None:
    """Whatever is asked for again, and however often: reading again never silences what was found."""
    found = Version(AnalysisState.ANALYSED, (BLOOD,))
    newer = [one for one in older if one.state in UNDER_WAY]
    assert in_force([*newer, found]).findings == (BLOOD,)


@given(st.lists(versions, min_size=1, max_size=5))
def test_an_ended_version_is_the_one_that_counts(newest_first: list[Version]) -> None:
    if newest_first[0].state not in UNDER_WAY:
        assert in_force(newest_first) is newest_first[0]


def test_a_series_in_whose_place_a_better_one_was_read_is_no_news_once_that_one_has_an_answer() -> None:
    behind = outcome(AnalysisState.NOT_ANALYSED, why="a better one", because=Because.BETTER_SERIES)
    assert case_why([behind, outcome(AnalysisState.ANALYSED)]) == ""
    assert case_why([behind, outcome(AnalysisState.RUNNING)]) == "a better one"
    assert case_why([behind, outcome(AnalysisState.ANALYSED, SeriesRole.DWI)]) == "a better one"
