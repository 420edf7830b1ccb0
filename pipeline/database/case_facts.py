"""What is counted of each case for the monthly figures, read in a few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from pipeline.database.calling_tables import call
from pipeline.database.opinion_tables import opinion, opinion_version
from pipeline.database.opinions import content_from_json
from pipeline.database.request_tables import request
from pipeline.database.requests import from_json
from pipeline.database.tables import account, analysis, case, finding, series, study
from pipeline.database.treatments import StoredTreatment, read_treatments
from pipeline.domain.analysis import AnalysisState
from pipeline.domain.calling import Outcome
from pipeline.domain.figures import CaseFacts
from pipeline.domain.finding import FindingKind
from pipeline.domain.opinion import Content, agreement
from pipeline.domain.role import SeriesRole
from pipeline.domain.rota import Period

_WITHOUT_ANSWER = (AnalysisState.NOT_ANALYSED.value, AnalysisState.FAILED.value, AnalysisState.TIMED_OUT.value)


@dataclass(slots=True)
class _Analysed:
    """What models said of a case's newest analyses."""

    first_image_at: datetime | None = None
    roles: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    not_analysed: list[str] = field(default_factory=list)


def case_facts(connection: Connection, within: Period, site_id: str | None = None) -> list[CaseFacts]:
    """Every case opened in a period, of one site or of all; no test, and none that was left for another."""
    opened = case.c.first_image_at.between(within.starts_at, within.ends_at)
    own = () if site_id is None else (case.c.site_id == site_id,)
    query = select(case).where(opened, ~case.c.test, *own)
    return _facts_of(connection, connection.execute(query.order_by(case.c.first_image_at)).all())


def facts_of_case(connection: Connection, case_id: UUID) -> CaseFacts | None:
    """What is counted of one case; none where it has neither images nor a request."""
    found = _facts_of(connection, connection.execute(select(case).where(case.c.id == case_id)).all())
    return found[0] if found else None


def _facts_of(connection: Connection, rows: Sequence[Row[Any]]) -> list[CaseFacts]:
    ids = [row.id for row in rows]
    asked, models = _requests(connection, ids), _models(connection, ids)
    calls, signed = _calls(connection, ids), _signed(connection, ids)
    treated = read_treatments(connection, ids)
    known = [row for row in rows if row.id in asked or row.id in models]
    return [
        replace(
            _facts(row, asked.get(row.id), models.get(row.id, _Analysed()), calls.get(row.id), signed.get(row.id, ())),
            **asdict(treated.get(row.id, StoredTreatment()).told),
        )
        for row in known
    ]


def _facts(
    row: Row[Any],
    asked: Row[Any] | None,
    models: _Analysed,
    called: Any,
    signed: Sequence[Row[Any]],
) -> CaseFacts:
    told = from_json(asked.content) if asked else None
    said = content_from_json(signed[-1].content) if signed else None
    return CaseFacts(
        site=row.site_id,
        tier=row.tier,
        opened_at=row.first_image_at,
        onset_at=told.onset.clock_starts_at if told else None,
        door_at=told.arrived_at if told else None,
        imaged_at=models.first_image_at,
        requested_at=asked.made_at if asked else None,
        called_at=called.first if called else None,
        taken_at=(called.took if called else None) or row.taken_at,
        signed_at=signed[0].signed_at if signed else None,
        signed_by=(signed[0].full_name or signed[0].name) if signed else "",
        not_analysed=tuple(models.not_analysed),
        **_agreements(said, models),
    )


def _agreements(said: Content | None, models: _Analysed) -> Mapping[str, Any]:
    if said is None:
        return {}
    blood = FindingKind.HAEMORRHAGE.value in models.kinds
    infarct = bool(models.kinds - {FindingKind.HAEMORRHAGE.value})
    return {
        "haemorrhage": agreement(
            present=said.haemorrhage.present, marked=blood, analysed=SeriesRole.NCCT.value in models.roles
        ),
        "ischaemia": agreement(
            present=said.ischaemia.present, marked=infarct, analysed=SeriesRole.DWI.value in models.roles
        ),
    }


def _requests(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Row[Any]]:
    """The first request of each case that was not withdrawn."""
    wanted = request.c.case_id.in_(ids) & (request.c.state != "withdrawn")
    rows = connection.execute(select(request).where(wanted).order_by(request.c.made_at.desc()))
    return {row.case_id: row for row in rows}


def _models(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, _Analysed]:
    newest = (
        select(analysis)
        .ext(distinct_on(analysis.c.series_id))
        .order_by(analysis.c.series_id, analysis.c.version.desc())
        .subquery()
    )
    rows = connection.execute(
        select(study.c.case_id, series.c.first_image_at, newest.c.id, newest.c.state, newest.c.role, newest.c.because)
        .join(series, series.c.study_id == study.c.id)
        .outerjoin(newest, newest.c.series_id == series.c.id)
        .where(study.c.case_id.in_(ids), ~series.c.ours)
    ).all()
    found: dict[UUID, _Analysed] = defaultdict(_Analysed)
    kinds = _kinds(connection, [row.id for row in rows if row.state == AnalysisState.ANALYSED.value])
    for row in rows:
        one = found[row.case_id]
        one.first_image_at = min(one.first_image_at or row.first_image_at, row.first_image_at)
        if row.state == AnalysisState.ANALYSED.value:
            one.roles.add(row.role)
            one.kinds |= kinds.get(row.id, set())
        elif row.state in _WITHOUT_ANSWER:
            one.not_analysed.append(row.because or "other")
    return dict(found)


def _kinds(connection: Connection, analyses: Sequence[UUID]) -> dict[UUID, set[str]]:
    wanted = finding.c.analysis_id.in_(analyses) & finding.c.for_triage
    found: dict[UUID, set[str]] = defaultdict(set)
    for row in connection.execute(select(finding.c.analysis_id, finding.c.kind).where(wanted)):
        found[row.analysis_id].add(row.kind)
    return found


def _calls(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """When somebody was first called for each case, and when a call was first answered by taking it."""
    took = func.min(call.c.ended_at).filter(call.c.outcome == Outcome.TOOK.value)
    rows = connection.execute(
        select(call.c.case_id, func.min(call.c.called_at).label("first"), took.label("took"))
        .where(call.c.case_id.in_(ids))
        .group_by(call.c.case_id)
    )
    return {row.case_id: row for row in rows}


def _signed(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, list[Row[Any]]]:
    """The signed versions of each case, the first signed first."""
    rows = connection.execute(
        select(opinion.c.case_id, opinion_version, account.c.name, account.c.full_name)
        .join(opinion_version, opinion_version.c.opinion_id == opinion.c.id)
        .join(account, account.c.id == opinion_version.c.signed_by)
        .where(opinion.c.case_id.in_(ids))
        .order_by(opinion_version.c.signed_at)
    )
    found: dict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.case_id].append(row)
    return found
