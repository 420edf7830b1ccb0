"""Figures by site and month, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response

from pipeline.database.case_facts import case_facts
from pipeline.domain.access import sees_every_site
from pipeline.domain.figures import Agreed, Figures, Interval, figures
from pipeline.domain.rota import Period
from review_ui.accounts.account import Account
from review_ui.desk import Desk, SignedIn, TheDesk
from review_ui.http.description import sends
from review_ui.http.moments import Moment
from review_ui.http.problems import Problem

router = APIRouter(tags=["figures"])

_PARIS = ZoneInfo("Europe/Paris")
_USUAL, _LONGEST = timedelta(days=92), timedelta(days=400)
When = Annotated[Moment | None, Query()]


@dataclass(frozen=True, slots=True)
class AgreedView:
    """How a model stood to the signed opinions; a share is none where nothing was counted."""

    counts: dict[str, int]
    sensitivity: float | None
    positive_predictive_value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresView:
    """One site in one month (Paris time), site "" for all together; ``experts`` counts who signed first."""

    site: str
    month: str
    cases: int
    tiers: dict[str, int]
    intervals: dict[str, Interval]
    not_analysed: dict[str, int]
    experts: dict[str, int]
    haemorrhage: AgreedView
    ischaemia: AgreedView


@router.get("/figures")
def show(who: SignedIn, at: TheDesk, since: When = None, until: When = None) -> list[FiguresView]:
    """The last three months unless asked otherwise; a hospital sees its own."""
    return [_view(one) for one in _figures(who, at, since, until)]


@router.get("/figures.csv", response_class=Response, responses={200: sends("text/csv")})
def as_csv(who: SignedIn, at: TheDesk, since: When = None, until: When = None) -> Response:
    """The same, one figure a line: month, site, figure, what of it, cases, value."""
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(["month", "site", "figure", "of", "cases", "value"])
    for one in _figures(who, at, since, until):
        lines.writerows([one.month, one.site, *line] for line in _lines(one))
    headers = {"Content-Disposition": 'attachment; filename="neurovigie-figures.csv"'}
    return Response(written.getvalue(), media_type="text/csv", headers=headers)


def _figures(who: Account, at: Desk, since: Moment | None, until: Moment | None) -> list[Figures]:
    ends = until or at.clock()
    starts = since or ends - _USUAL
    if not timedelta() < ends - starts <= _LONGEST:
        raise Problem(422, "period", f"Ask for a time of at most {_LONGEST.days} days.")
    own = None if sees_every_site(who.viewer) else who.site_id or ""
    with at.engine.begin() as connection:
        facts = case_facts(connection, Period(starts, ends), own)
    found = figures(facts, _PARIS)
    return found if own is None else [one for one in found if one.site and one.site == own]


def _lines(one: Figures) -> Iterator[tuple[str, str, int, float | str]]:
    yield "cases", "", one.cases, one.cases
    counted: Mapping[str, Mapping[str, int]] = {
        "tier": one.tiers,
        "not_analysed": one.not_analysed,
        "signed_by": one.experts,
        "haemorrhage": one.haemorrhage.counts,
        "ischaemia": one.ischaemia.counts,
    }
    for figure, counts in counted.items():
        for name, number in counts.items():
            yield figure, _harmless(name), one.cases, number
    for name, interval in one.intervals.items():
        yield "median_min", name, interval.cases, interval.median_min
        yield "p90_min", name, interval.cases, interval.p90_min


def _harmless(name: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return f"'{name}" if name[:1] in {"=", "+", "-", "@", "\t", "\r"} else name


def _view(one: Figures) -> FiguresView:
    return FiguresView(
        site=one.site,
        month=one.month,
        cases=one.cases,
        tiers=dict(one.tiers),
        intervals=dict(one.intervals),
        not_analysed=dict(one.not_analysed),
        experts=dict(one.experts),
        haemorrhage=_agreed(one.haemorrhage),
        ischaemia=_agreed(one.ischaemia),
    )


def _agreed(one: Agreed) -> AgreedView:
    return AgreedView(dict(one.counts), one.sensitivity, one.positive_predictive_value)
