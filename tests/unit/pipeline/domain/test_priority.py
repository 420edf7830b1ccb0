"""Priority: AI only raises, more blood never ranks lower, unknown never reads as negative."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.analysis import AnalysisState, Coverage, SeriesOutcome
from pipeline.domain.because import Because
from pipeline.domain.finding import Finding, FindingKind, Side
from pipeline.domain.priority import Tier, prioritise
from pipeline.domain.request import Request, Urgency
from pipeline.domain.role import SeriesRole

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)

findings = st.builds(
    Finding,
    kind=st.sampled_from(FindingKind),
    volume_ml=st.floats(0.01, 200),
    side=st.sampled_from(Side),
    confidence=st.floats(0, 1),
)
outcomes = st.builds(
    SeriesOutcome,
    role=st.sampled_from(SeriesRole),
    state=st.sampled_from(AnalysisState),
    why=st.text(max_size=10),
    findings=st.lists(findings, max_size=3).map(tuple),
    coverage=st.none() | st.builds(Coverage, images=st.integers(1, 50), provisional=st.booleans()),
    receiving=st.booleans(),
)
requests = st.none() | st.builds(Request, urgency=st.sampled_from(Urgency), onset_at=st.none() | st.just(NOW))


@given(st.lists(outcomes, max_size=4), requests)
def test_whatever_a_model_says_never_lowers_a_case_below_its_request(
    known: list[SeriesOutcome], request: Request | None
) -> None:
    base = prioritise([], request, NOW).tier
    assert prioritise(known, request, NOW).tier.rank <= base.rank


@given(st.lists(outcomes, max_size=4), requests, findings)
def test_one_more_finding_never_lowers_a_case(
    known: list[SeriesOutcome], request: Request | None, found: Finding
) -> None:
    more = [*known, SeriesOutcome(SeriesRole.NCCT, AnalysisState.ANALYSED, findings=(found,))]
    assert prioritise(more, request, NOW).tier.rank <= prioritise(known, request, NOW).tier.rank


@given(findings, st.floats(0, 100), requests)
def test_more_blood_never_ranks_lower(found: Finding, more_ml: float, request: Request | None) -> None:
    larger = Finding(found.kind, found.volume_ml + more_ml, found.side, found.confidence)

    def tier(one: Finding) -> Tier:
        outcome = SeriesOutcome(SeriesRole.NCCT, AnalysisState.ANALYSED, findings=(one,))
        return prioritise([outcome], request, NOW).tier

    assert tier(larger).rank <= tier(found).rank


@given(st.lists(outcomes, max_size=4), st.sampled_from(Tier))
def test_a_later_result_never_takes_back_what_an_earlier_one_raised(known: list[SeriesOutcome], tier: Tier) -> None:
    assert prioritise(known, None, NOW, raised_to=tier).tier.rank <= tier.rank


@given(st.sampled_from([AnalysisState.NOT_ANALYSED, AnalysisState.FAILED, AnalysisState.TIMED_OUT]), requests)
def test_unanalysed_never_ranks_below_analysed_without_finding(state: AnalysisState, request: Request | None) -> None:
    blind = SeriesOutcome(SeriesRole.NCCT, state, why="the model died")
    clear = SeriesOutcome(SeriesRole.NCCT, AnalysisState.ANALYSED)
    assert prioritise([blind], request, NOW).tier.rank <= prioritise([clear], request, NOW).tier.rank


def test_without_a_request_images_are_yellow() -> None:
    assert prioritise([], None, NOW).tier is Tier.YELLOW


def test_only_a_persons_request_makes_a_case_grey() -> None:
    assert prioritise([], Request(Urgency.DIFFERED), NOW).tier is Tier.GREY


def test_a_large_confident_haemorrhage_is_red_and_says_so_first() -> None:
    found = Finding(FindingKind.HAEMORRHAGE, 32.04, Side.LEFT, 0.9)
    outcome = SeriesOutcome(SeriesRole.NCCT, AnalysisState.ANALYSED, findings=(found,))
    priority = prioritise([outcome], None, NOW)
    assert priority.tier is Tier.RED
    assert priority.reasons[0].text == "suspected haemorrhage, 32.0 mL, left (AI, to be confirmed)"


def test_a_small_haemorrhage_is_orange() -> None:
    found = Finding(FindingKind.HAEMORRHAGE, 0.6, Side.RIGHT, 0.9)
    outcome = SeriesOutcome(SeriesRole.NCCT, AnalysisState.ANALYSED, findings=(found,))
    assert prioritise([outcome], None, NOW).tier is Tier.ORANGE


def test_a_small_and_unsure_suspicion_is_said_but_raises_nothing() -> None:
    found = Finding(FindingKind.HAEMORRHAGE, 0.3, Side.RIGHT, 0.4)
    outcome = SeriesOutcome(SeriesRole.NCCT, AnalysisState.ANALYSED, findings=(found,))
    priority = prioritise([outcome], None, NOW)
    assert priority.tier is Tier.YELLOW
    assert "suspected_haemorrhage" in [reason.code for reason in priority.reasons]


def test_a_large_but_unsure_suspicion_is_orange() -> None:
    found = Finding(FindingKind.HAEMORRHAGE, 8.0, Side.RIGHT, 0.4)
    outcome = SeriesOutcome(SeriesRole.NCCT, AnalysisState.ANALYSED, findings=(found,))
    assert prioritise([outcome], None, NOW).tier is Tier.ORANGE


def test_why_a_series_has_no_answer_is_also_a_code_that_the_desk_translates() -> None:
    silent = SeriesOutcome(SeriesRole.NCCT, AnalysisState.FAILED, "it died", because=Because.CRASHED)
    (reason,) = [one for one in prioritise([silent], None, NOW).reasons if one.code == "failed"]
    assert reason.values == {"role": "ncct", "why": "it died", "because": "crashed"}


def test_what_was_not_analysed_and_what_is_provisional_are_among_the_reasons() -> None:
    known = [
        SeriesOutcome(SeriesRole.DWI, AnalysisState.NOT_ANALYSED, why="no model for this role yet"),
        SeriesOutcome(
            SeriesRole.NCCT, AnalysisState.ANALYSED, coverage=Coverage(12, 40, -40.0, 15.0, provisional=True)
        ),
    ]
    texts = [reason.text for reason in prioritise(known, None, NOW).reasons]
    assert "dwi: not analysed, because no model for this role yet" in texts
    assert "ncct: provisional, 12 of 40 images, from -40 to 15 mm" in texts


def test_the_time_since_onset_is_a_reason() -> None:
    request = Request(Urgency.URGENT, onset_at=NOW - timedelta(minutes=95))
    assert "symptoms began 95 min ago" in [reason.text for reason in prioritise([], request, NOW).reasons]
