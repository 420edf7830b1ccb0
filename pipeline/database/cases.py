"""A case as the worklist shows it, recomputed from its series in the transaction that changed them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on

from pipeline.database.events import record_event
from pipeline.database.tables import analysis, case, finding, series, study
from pipeline.domain.analysis import (
    AnalysisState,
    CaseState,
    Coverage,
    SeriesOutcome,
    Version,
    case_state,
    case_why,
    in_force,
)
from pipeline.domain.because import Because
from pipeline.domain.finding import Finding, FindingKind, HaemorrhageSite, Region, Side
from pipeline.domain.priority import Priority, Tier, deadline, prioritise
from pipeline.domain.request import Request, Urgency
from pipeline.domain.role import SeriesRole
from pipeline.domain.rules import priority_rules


def refresh_case(connection: Connection, case_id: UUID, now: datetime, *, kind: str) -> Priority:
    """Recompute a case's state, reasons and tier, and record one event of ``kind``.

    The case row is locked until the transaction ends, so two results that come at once are both seen.
    """
    known = connection.execute(select(case).where(case.c.id == case_id).with_for_update()).one()
    outcomes = series_outcomes(connection, case_id)
    request = request_of(known.request)
    raised_to = Tier(known.tier) if known.alerted_at is not None else None
    priority = prioritise(outcomes, request, now, raised_to=raised_to)
    state = case_state(outcomes)
    connection.execute(update(case).where(case.c.id == case_id).values(_row(known, priority, state, outcomes, now)))
    record_event(connection, case_id, kind, {"state": state, "tier": priority.tier})
    return priority


def series_outcomes(connection: Connection, case_id: UUID) -> tuple[SeriesOutcome, ...]:
    """What is known of every series of a case that is not of our own making."""
    mine = select(series.c.id).join(study, study.c.id == series.c.study_id).where(study.c.case_id == case_id)
    newest = _newest(analysis.c.series_id.in_(mine))
    before = _newest(analysis.c.series_id.in_(mine), analysis.c.state == AnalysisState.ANALYSED.value)
    rows = connection.execute(
        select(
            series,
            newest.c.id.label("analysis_id"),
            newest.c.state,
            newest.c.why,
            newest.c.because,
            newest.c.coverage,
            newest.c.reservations,
            before.c.id.label("before_id"),
            before.c.reservations.label("reservations_before"),
        )
        .join(study, study.c.id == series.c.study_id)
        .outerjoin(newest, newest.c.series_id == series.c.id)
        .outerjoin(before, and_(before.c.series_id == series.c.id, before.c.id != newest.c.id))
        .where(study.c.case_id == case_id, ~series.c.ours)
        .order_by(series.c.first_image_at)
    ).all()
    ids = [one for row in rows for one in (row.analysis_id, row.before_id) if one]
    findings = findings_of(connection, ids)
    return tuple(_outcome(row, findings) for row in rows)


def _newest(*of: ColumnElement[bool]) -> Any:
    """The newest analysis of each series, of those that meet conditions."""
    return (
        select(analysis)
        .ext(distinct_on(analysis.c.series_id))
        .where(*of)
        .order_by(analysis.c.series_id, analysis.c.version.desc())
        .subquery()
    )


def _row(
    known: Row[Any], priority: Priority, state: CaseState, outcomes: Sequence[SeriesOutcome], now: datetime
) -> dict[str, Any]:
    """The columns of a case that follow from its series."""
    alerted = known.alerted_at
    if alerted is None and priority.tier.rank < _base_rank(known.request, now):
        alerted = now
    return {
        "state": state.value,
        "why": case_why(outcomes),
        "tier": priority.tier.value,
        "reasons": [asdict(reason) for reason in priority.reasons],
        "alerted_at": alerted,
        "rules": priority.rules,
        "missing": list(priority.missing),
        "deadline_at": deadline(priority.tier, known.first_image_at, request_of(known.request), priority_rules()),
        "version": known.version + 1,
    }


def _base_rank(request: Mapping[str, Any] | None, now: datetime) -> int:
    return prioritise((), request_of(request), now).tier.rank


def request_of(stored: Mapping[str, Any] | None) -> Request | None:
    """The clinical request of a case; its onset is kept as ISO 8601 text in UTC."""
    if stored is None:
        return None
    onset = stored.get("onset_at")
    return Request(
        urgency=Urgency(stored["urgency"]),
        question=stored.get("question", ""),
        onset_at=datetime.fromisoformat(onset) if onset else None,
        nihss=stored.get("nihss"),
        anticoagulant=stored.get("anticoagulant"),
    )


def _outcome(row: Row[Any], findings: Mapping[UUID, tuple[Finding, ...]]) -> SeriesOutcome:
    state = AnalysisState(row.state or AnalysisState.WAITING)
    counts = in_force(
        [
            Version(state, findings.get(row.analysis_id, ()), tuple(row.reservations or ())),
            *([_before(row, findings)] if row.before_id else []),
        ]
    )
    return SeriesOutcome(
        role=SeriesRole(row.role),
        state=state,
        why=row.why or "",
        findings=counts.findings,
        coverage=Coverage(**row.coverage) if row.coverage else None,
        receiving=row.arrival == "receiving",
        reservations=counts.reservations,
        because=Because(row.because) if row.because else None,
    )


def _before(row: Row[Any], findings: Mapping[UUID, tuple[Finding, ...]]) -> Version:
    """The newest version that was analysed, other than the newest of all."""
    return Version(AnalysisState.ANALYSED, findings.get(row.before_id, ()), tuple(row.reservations_before or ()))


def findings_of(connection: Connection, analyses: Sequence[UUID]) -> dict[UUID, tuple[Finding, ...]]:
    """The findings of each analysis, largest first."""
    rows = connection.execute(
        select(finding).where(finding.c.analysis_id.in_(analyses)).order_by(finding.c.volume_ml.desc())
    )
    found: dict[UUID, tuple[Finding, ...]] = {}
    for row in rows:
        one = Finding(
            kind=FindingKind(row.kind),
            volume_ml=row.volume_ml,
            side=Side(row.side),
            confidence=row.confidence,
            centre_mm=tuple(row.centre_mm) if row.centre_mm else None,
            label=row.label,
            site=HaemorrhageSite(row.site) if row.site else None,
            bundle=row.bundle,
            bundle_version=row.bundle_version,
            for_triage=row.for_triage,
            abc2_ml=row.abc2_ml,
            largest_diameter_mm=row.largest_diameter_mm,
            left_share=row.left_share,
            region=Region(row.region) if row.region else None,
            uncertainty=row.uncertainty,
        )
        found[row.analysis_id] = (*found.get(row.analysis_id, ()), one)
    return found


def add_warning(connection: Connection, case_id: UUID, code: str, text: str) -> None:
    """Put a warning for a person on a case, once per code."""
    warnings = connection.execute(select(case.c.warnings).where(case.c.id == case_id).with_for_update()).scalar_one()
    if all(warning["code"] != code for warning in warnings):
        changed = [*warnings, {"code": code, "text": text}]
        connection.execute(
            update(case).where(case.c.id == case_id).values(warnings=changed, version=case.c.version + 1)
        )


def remove_warning(connection: Connection, case_id: UUID, code: str) -> None:
    """Take a warning off a case once what it said is no longer so."""
    warnings = connection.execute(select(case.c.warnings).where(case.c.id == case_id).with_for_update()).scalar_one()
    kept = [warning for warning in warnings if warning["code"] != code]
    if kept != warnings:
        connection.execute(update(case).where(case.c.id == case_id).values(warnings=kept, version=case.c.version + 1))


def no_test_any_more(connection: Connection, case_id: UUID) -> None:
    """Take a case for what it is: an image that calls itself no phantom's, or a request, makes it somebody's."""
    real = update(case).where(case.c.id == case_id, case.c.test)
    connection.execute(real.values(test=False, version=case.c.version + 1))


def touch_last_image(connection: Connection, case_id: UUID, received_at: datetime) -> None:
    """Keep when the newest image of a case was received."""
    newest = func.greatest(func.coalesce(case.c.last_image_at, received_at), received_at)
    connection.execute(update(case).where(case.c.id == case_id).values(last_image_at=newest))


def mark_visible(connection: Connection, cases: Iterable[UUID], at: datetime) -> None:
    """Note when new cases became visible: called last in the transaction that commits them."""
    new = update(case).where(case.c.id.in_(list(cases)), case.c.visible_at.is_(None)).values(visible_at=at)
    connection.execute(new)
