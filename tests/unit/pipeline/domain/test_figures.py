"""Figures by site and month: on what was told alone, and saying on how many cases they rest."""

from __future__ import annotations

import statistics
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.figures import CaseFacts, Interval, figures, median, percentile
from pipeline.domain.opinion import Agreement

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # already December in Paris
MINUTE = timedelta(minutes=1)
CASE = CaseFacts(
    site="carhaix", tier="red", opened_at=NOW, imaged_at=NOW, signed_at=NOW + 10 * MINUTE, signed_by="Anne"
)


def test_a_month_is_the_zones_and_every_site_stands_beside_the_sum() -> None:
    found = figures([CASE, replace(CASE, site="brest", opened_at=NOW - timedelta(hours=1))], PARIS)
    assert [(one.month, one.site, one.cases) for one in found] == [
        ("2026-11", "", 1),
        ("2026-11", "brest", 1),
        ("2026-12", "", 1),
        ("2026-12", "carhaix", 1),
    ]


def test_an_interval_rests_on_the_cases_in_which_it_was_told() -> None:
    cases = [replace(CASE, signed_at=NOW + minutes * MINUTE) for minutes in range(1, 11)]
    cases += [replace(CASE, signed_at=None), replace(CASE, signed_at=NOW - MINUTE)]
    overall = figures(cases, PARIS)[0]
    assert overall.intervals == {"imaging_to_opinion": Interval(10, 5.5, 9.0)}
    assert overall.cases == 12


def test_agreement_is_counted_where_both_said_something() -> None:
    said = [Agreement.TRUE_POSITIVE] * 3 + [Agreement.FALSE_NEGATIVE, Agreement.FALSE_POSITIVE, None]
    agreed = figures([replace(CASE, haemorrhage=one) for one in said], PARIS)[0].haemorrhage
    assert agreed.sensitivity == pytest.approx(0.75)
    assert agreed.positive_predictive_value == pytest.approx(0.75)
    assert figures([CASE], PARIS)[0].haemorrhage.sensitivity is None


def test_tiers_reasons_and_who_signed_are_counted() -> None:
    cases = [replace(CASE, not_analysed=("no_model", "no_model")), replace(CASE, tier="grey", signed_by="Bastien")]
    overall = figures(cases, PARIS)[0]
    assert (overall.tiers, overall.not_analysed) == ({"grey": 1, "red": 1}, {"no_model": 2})
    assert overall.experts == {"Anne": 1, "Bastien": 1}


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_median_and_percentile_are_the_books(values: list[float]) -> None:
    ordered = sorted(values)
    assert median(ordered) == pytest.approx(statistics.median(ordered))
    p90 = percentile(ordered, 0.9)
    assert sum(one <= p90 for one in ordered) >= 0.9 * len(ordered)
    assert p90 in ordered
