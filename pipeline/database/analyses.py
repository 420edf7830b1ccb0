"""The life of one analysis in the database: claimed with a token, ended by whoever holds the newest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from pipeline.database.cases import refresh_case
from pipeline.database.runners_up import let_runners_up_read
from pipeline.database.tables import analysis, finding, instance, role_correction, series, study
from pipeline.domain.analysis import AnalysisState
from pipeline.domain.because import Because
from pipeline.domain.errors import Fenced
from pipeline.domain.haste import Haste
from pipeline.domain.report import SeriesReport
from pipeline.domain.role import COMPANIONS, SeriesRole
from pipeline.jobs import QUICK_QUEUE, WRITE_RESULTS, enqueue

_UNFINISHED = (AnalysisState.WAITING.value, AnalysisState.RUNNING.value)


@dataclass(frozen=True, slots=True)
class Claim:
    """One attempt at an analysis. ``token`` fences out every older attempt; ``expected`` is the number of
    images a header promises, if one does; ``role`` what the first header made of the series, or a person,
    if ``said``."""

    analysis_id: UUID
    series_id: UUID
    token: int
    attempts: int
    expected: int | None
    role: SeriesRole
    haste: Haste = Haste.URGENT
    said: bool = False


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One current image of a series: its place in the vault and what tells its bytes."""

    path: str
    sha256: str
    SOPInstanceUID: str


def claim(connection: Connection, analysis_id: UUID, now: datetime) -> Claim | None:
    """Take an analysis over; None when it has ended already."""
    row = connection.execute(
        update(analysis)
        .where(analysis.c.id == analysis_id, analysis.c.state.in_(_UNFINISHED))
        .values(
            state=AnalysisState.RUNNING.value,
            token=analysis.c.token + 1,
            attempts=analysis.c.attempts + 1,
            started_at=now,
        )
        .returning(analysis.c.series_id, analysis.c.token, analysis.c.attempts, analysis.c.haste)
    ).one_or_none()
    if row is None:
        return None
    refresh_case(connection, case_of_series(connection, row.series_id), now, kind="started")
    said = exists().where(role_correction.c.series_id == series.c.id)
    known = connection.execute(
        select(series.c.expected, series.c.role, said.label("said")).where(series.c.id == row.series_id)
    ).one()
    role, haste = SeriesRole(known.role), Haste(row.haste)
    return Claim(analysis_id, row.series_id, row.token, row.attempts, known.expected, role, haste, known.said)


def is_newest(connection: Connection, held: Claim) -> bool:
    """Whether no later version of the same series' analysis exists."""
    return _is_newest(connection, held.analysis_id, held.series_id)


def _is_newest(connection: Connection, analysis_id: UUID, series_id: UUID) -> bool:
    newest = select(func.max(analysis.c.version)).where(analysis.c.series_id == series_id).scalar_subquery()
    mine = select(analysis.c.version == newest).where(analysis.c.id == analysis_id)
    return bool(connection.execute(mine).scalar_one())


def source_files(connection: Connection, series_id: UUID) -> list[SourceFile]:
    """The current images of a series, in the order they came."""
    rows = connection.execute(
        select(instance.c.path, instance.c.sha256, instance.c.sop_instance_uid)
        .where(instance.c.series_id == series_id, instance.c.standing == "current")
        .order_by(instance.c.received_at, instance.c.id)
    )
    return [SourceFile(row.path, row.sha256, row.sop_instance_uid) for row in rows]


def companion_files(connection: Connection, held: Claim) -> list[list[SourceFile]]:
    """The images of each complete series of the study that may be read together with the one held."""
    mine = select(series.c.study_id).where(series.c.id == held.series_id).scalar_subquery()
    beside = select(series.c.id).where(
        series.c.study_id == mine,
        series.c.id != held.series_id,
        series.c.role.in_(COMPANIONS.get(held.role, ())),
        series.c.arrival == "complete",
        ~series.c.ours,
    )
    found = connection.execute(beside.order_by(series.c.first_image_at)).scalars()
    return [source_files(connection, one) for one in list(found)]


def store_interim(connection: Connection, held: Claim, report: SeriesReport, now: datetime) -> None:
    """Show what the deciding bundle found while others still run, so that an alert waits for none of them.

    The analysis goes on running; its end puts the whole report in place of this. Raises `Fenced`.
    """
    still = (
        update(analysis).where(*_still_held(held)).values(bundle=report.bundle, bundle_version=report.bundle_version)
    )
    if connection.execute(still.returning(analysis.c.id)).first() is None:
        raise Fenced
    _put_findings(connection, held, report)
    refresh_case(connection, case_of_series(connection, held.series_id), now, kind="interim")


def _put_findings(connection: Connection, held: Claim, report: SeriesReport) -> None:
    """The findings of a report in place of those of an interim one, or of an attempt that died."""
    connection.execute(delete(finding).where(finding.c.analysis_id == held.analysis_id))
    for found in report.findings:
        connection.execute(insert(finding).values(analysis_id=held.analysis_id, **asdict(found)))


def commit_report(connection: Connection, held: Claim, report: SeriesReport, now: datetime) -> None:
    """End an analysis with its report: findings and priority together, exactly once.

    Raises `Fenced` when another attempt has taken over; then nothing is written.
    """
    written = update(analysis).where(*_still_held(held)).values(_columns(report, now)).returning(analysis.c.id)
    if connection.execute(written).first() is None:
        raise Fenced
    _put_findings(connection, held, report)
    said = exists().where(role_correction.c.series_id == held.series_id)
    connection.execute(
        update(series)
        .where(series.c.id == held.series_id, ~said)  # a person's word stands, also one said meanwhile
        .values(
            role=report.recognition.role.value,
            role_reason=report.recognition.reason,
            role_confidence=report.recognition.confidence,
            role_reasons=list(report.recognition.reasons),
        )
    )
    if report.findings and report.mask_path is not None:
        enqueue(connection, WRITE_RESULTS, queue=QUICK_QUEUE, analysis_id=str(held.analysis_id))
    if report.state is not AnalysisState.ANALYSED:
        _give_way(connection, held.analysis_id, held.series_id, now)
    refresh_case(connection, case_of_series(connection, held.series_id), now, kind="analysed")


@dataclass(frozen=True, slots=True)
class NoReport:
    """Why an analysis ended without a report, for a person and as a code."""

    state: AnalysisState
    why: str
    because: Because


def end_without_report(connection: Connection, held: Claim, end: NoReport, now: datetime) -> None:
    """End an analysis that has no report, with the reason a person must read. Raises `Fenced`."""
    values = {"state": end.state.value, "why": end.why, "because": end.because.value, "finished_at": now}
    written = update(analysis).where(*_still_held(held)).values(values).returning(analysis.c.id)
    if connection.execute(written).first() is None:
        raise Fenced
    _give_way(connection, held.analysis_id, held.series_id, now)
    refresh_case(connection, case_of_series(connection, held.series_id), now, kind="analysed")


def _give_way(connection: Connection, analysis_id: UUID, series_id: UUID, now: datetime) -> None:
    """A series left without an answer, and no newer analysis to come, lets those read to which it was preferred."""
    if _is_newest(connection, analysis_id, series_id):
        let_runners_up_read(connection, series_id, now)


def give_up(connection: Connection, analysis_id: UUID, why: str, now: datetime) -> None:
    """End an analysis that nobody will try again; one that has ended already stays as it is."""
    values = {
        "state": AnalysisState.FAILED.value,
        "why": why,
        "because": Because.LOST.value,
        "finished_at": now,
        "token": analysis.c.token + 1,
    }
    row = connection.execute(
        update(analysis)
        .where(analysis.c.id == analysis_id, analysis.c.state.in_(_UNFINISHED))
        .values(values)
        .returning(analysis.c.series_id)
    ).one_or_none()
    if row is not None:
        _give_way(connection, analysis_id, row.series_id, now)
        refresh_case(connection, case_of_series(connection, row.series_id), now, kind="analysed")


def case_of_series(connection: Connection, series_id: UUID) -> UUID:
    """The case a series belongs to."""
    query = select(study.c.case_id).join(series, series.c.study_id == study.c.id).where(series.c.id == series_id)
    found: UUID = connection.execute(query).scalar_one()
    return found


def _still_held(held: Claim) -> tuple[Any, ...]:
    return (
        analysis.c.id == held.analysis_id,
        analysis.c.token == held.token,
        analysis.c.state == AnalysisState.RUNNING.value,
    )


def _columns(report: SeriesReport, now: datetime) -> Mapping[str, Any]:
    columns: dict[str, Any] = {
        "state": report.state.value,
        "why": report.why,
        "because": report.because or "",
        "role": report.recognition.role.value,
        "role_reason": report.recognition.reason,
        "role_confidence": report.recognition.confidence,
        "bundle": report.bundle,
        "bundle_version": report.bundle_version,
        "scan_probability": report.scan_probability,
        "flags": list(report.flags),
        "notes": list(report.notes),
        "seconds": dict(report.seconds),
        "mask_path": report.mask_path,
        "results": [asdict(result) for result in report.results],
        "reservations": list(report.reservations),
        "rules": report.rules,
        "midline_shift": None if report.midline_shift is None else asdict(report.midline_shift),
        "companions": list(report.companions),
        "finished_at": now,
    }
    if report.coverage is not None:
        columns["coverage"] = asdict(report.coverage)
    return columns
