"""What goes first on a model: unknown is never routine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from models import registry
from pipeline.domain.haste import Haste, WorkFacts, haste_of
from pipeline.domain.role import SeriesRole
from pipeline.jobs import queue_of, read_by_a_model

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
FRESH = WorkFacts(read_by_a_model=True, study_date="20261121", arrived_at=NOW)


def test_a_new_series_of_today_is_urgent() -> None:
    assert haste_of(FRESH) is Haste.URGENT


@pytest.mark.parametrize(
    "facts",
    [replace(FRESH, differed=True), replace(FRESH, study_date="20240301"), replace(FRESH, has_answer=True)],
)
def test_differed_requests_priors_and_what_has_an_answer_are_routine(facts: WorkFacts) -> None:
    assert haste_of(facts) is Haste.ROUTINE


@pytest.mark.parametrize("study_date", ["", "unknown", "20261120", "20270101", "99999999"])
def test_a_date_that_is_missing_broken_recent_or_to_come_makes_nothing_routine(study_date: str) -> None:
    assert haste_of(replace(FRESH, study_date=study_date)) is Haste.URGENT


def test_what_no_model_reads_is_answered_at_once() -> None:
    assert haste_of(replace(FRESH, read_by_a_model=False, differed=True)) is Haste.QUICK


def test_each_haste_has_a_lane_of_its_own_and_what_waited_too_long_takes_the_urgent_one() -> None:
    assert len({queue_of(haste) for haste in (Haste.QUICK, Haste.URGENT, Haste.ROUTINE)}) == 3
    assert queue_of(Haste.PROMOTED) == queue_of(Haste.URGENT)


def test_every_role_that_an_installed_bundle_reads_is_queued_for_a_model() -> None:
    assert {bundle.role for bundle in registry.installed() if bundle.for_triage} <= read_by_a_model()
    assert SeriesRole.NCCT in read_by_a_model()
