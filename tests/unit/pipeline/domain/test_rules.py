"""Rules as data: each has a source, and what they decide keeps the promises."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.analysis import AnalysisState, SeriesOutcome
from pipeline.domain.finding import Finding, FindingKind, Side
from pipeline.domain.priority import Tier, deadline, prioritise, reading_key
from pipeline.domain.request import Request, Urgency
from pipeline.domain.reservations import ScanFacts, Standing, standing
from pipeline.domain.role import SeriesRole
from pipeline.domain.rules import priority_rules, read_reservation_rules, reservation_rules

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)

findings = st.builds(
    Finding,
    kind=st.sampled_from(FindingKind),
    volume_ml=st.floats(0.01, 200),
    side=st.sampled_from(Side),
    confidence=st.floats(0, 1),
)
times = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
requests = st.none() | st.builds(Request, urgency=st.sampled_from(Urgency), onset_at=st.none() | times)


def tier_of(*found: Finding) -> Tier:
    outcome = SeriesOutcome(SeriesRole.DWI, AnalysisState.ANALYSED, findings=found)
    return prioritise([outcome], None, NOW).tier


def infarct(volume_ml: float, confidence: float) -> Finding:
    return Finding(FindingKind.INFARCT, volume_ml, Side.RIGHT, confidence)


def test_every_rule_has_an_id_a_source_and_its_file_a_version() -> None:
    for rules in (priority_rules(), reservation_rules()):
        assert rules.id
        assert rules.source
        assert rules.name == f"{rules.id} {rules.version}"
    every = [*priority_rules().findings, *reservation_rules().rules]
    assert all(rule.source for rule in every)
    assert len({rule.id for rule in every}) == len(every)


def test_a_rule_with_an_unknown_end_is_refused() -> None:
    rule = {"id": "x", "fact": "flag", "then": "ignored", "text": "", "source": "none"}
    with pytest.raises(ValueError, match="reservations or not_analysed"):
        read_reservation_rules({"id": "x", "version": "1", "source": "x", "rule": [rule]})


def test_a_suspected_infarct_raises_by_volume_and_confidence() -> None:
    assert tier_of(infarct(3.0, 0.8)) is Tier.RED
    assert tier_of(infarct(0.4, 0.8)) is Tier.ORANGE
    assert tier_of(infarct(8.0, 0.2)) is Tier.ORANGE
    assert tier_of(infarct(2.0, 0.2)) is Tier.YELLOW


@given(st.lists(findings, max_size=4), findings)
def test_what_is_shown_only_never_raises_whatever_its_size(known: list[Finding], extra: Finding) -> None:
    assert tier_of(*known, replace(extra, for_triage=False)) is tier_of(*known)


@given(findings, st.floats(0, 1))
def test_a_surer_model_never_ranks_a_finding_lower(found: Finding, confidence: float) -> None:
    surer = replace(found, confidence=max(found.confidence, confidence))
    assert tier_of(surer).rank <= tier_of(found).rank


def test_a_finding_names_the_rule_that_raised_it_and_the_case_the_rules_version() -> None:
    priority = prioritise(
        [SeriesOutcome(SeriesRole.DWI, AnalysisState.ANALYSED, findings=(infarct(3.0, 0.8),))], None, NOW
    )
    assert priority.reasons[0].rule == "infarct-large-and-sure"
    assert priority.rules == priority_rules().name


def test_what_nobody_told_us_is_listed_as_missing_not_taken_for_a_no() -> None:
    assert prioritise([], None, NOW).missing == ("onset_at", "nihss", "anticoagulant")
    told = Request(Urgency.URGENT, onset_at=NOW, nihss=0, anticoagulant="none")
    assert prioritise([], told, NOW).missing == ()


@given(st.lists(st.tuples(st.sampled_from(Tier), times, times), min_size=2, max_size=6))
def test_ties_are_read_by_deadline_then_by_arrival(rows: list[tuple[Tier, datetime, datetime]]) -> None:
    ordered = sorted(rows, key=lambda row: reading_key(*row))
    for before, after in itertools.pairwise(ordered):
        assert before[0].rank <= after[0].rank
        if before[0] is after[0]:
            assert before[1] <= after[1]
            if before[1] == after[1]:
                assert before[2] <= after[2]


@given(st.sampled_from(Tier), times, requests)
def test_a_more_urgent_tier_never_has_a_later_deadline(tier: Tier, arrived: datetime, request: Request | None) -> None:
    own = deadline(tier, arrived, request, priority_rules())
    assert all(own <= deadline(t, arrived, request, priority_rules()) for t in Tier if t.rank > tier.rank)
    assert own > arrived


def test_an_open_window_for_thrombolysis_brings_the_deadline_forward() -> None:
    request = Request(Urgency.URGENT, onset_at=NOW - timedelta(minutes=265))
    assert deadline(Tier.YELLOW, NOW, request, priority_rules()) == NOW + timedelta(minutes=5)


def test_a_scan_unlike_the_training_without_a_finding_is_not_an_answer() -> None:
    facts = ScanFacts(out_of_distribution=0.95)
    assert standing(facts, reservation_rules()).refused.startswith("these images are unlike")
    with_finding = standing(replace(facts, has_findings=True), reservation_rules())
    assert with_finding.refused == ""
    assert with_finding.reservations == ("these images are unlike what the model was taught (score 0.95)",)


def test_flags_become_reservations_and_a_guessed_role_too() -> None:
    said = standing(ScanFacts(flags=("much metal",), role_confidence=0.5), reservation_rules())
    assert said == Standing(
        reservations=("what this series shows is a guess (confidence 0.50)", "much metal"),
    )


def test_nothing_known_is_no_reservation() -> None:
    assert standing(ScanFacts(), reservation_rules()) == Standing()
