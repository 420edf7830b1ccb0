"""A person's word on what a series is: kept beside what was recognised, and the series read again by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from pipeline.database.cases import refresh_case
from pipeline.database.runners_up import let_runners_up_read
from pipeline.database.starting import read_again_with, start_analysis
from pipeline.database.tables import analysis, case, role_correction, series, study
from pipeline.domain.analysis import Coverage
from pipeline.domain.role import SeriesRole

SAID = "a person said so"


@dataclass(frozen=True, slots=True)
class KnownSeries:
    """A series whose role a person may correct, its row and its case locked."""

    id: UUID
    case_id: UUID
    site_id: str
    role: SeriesRole
    role_reason: str
    complete: bool
    ours: bool
    closed: bool


def known_series(connection: Connection, series_id: UUID) -> KnownSeries | None:
    """The series, locked until the transaction ends; None when there is none."""
    row = connection.execute(
        select(series, study.c.case_id, case.c.site_id, case.c.closed_at)
        .join(study, study.c.id == series.c.study_id)
        .join(case, case.c.id == study.c.case_id)
        .where(series.c.id == series_id)
        .with_for_update(of=series)
    ).one_or_none()
    if row is None:
        return None
    return KnownSeries(
        id=row.id,
        case_id=row.case_id,
        site_id=row.site_id,
        role=SeriesRole(row.role),
        role_reason=row.role_reason,
        complete=row.arrival == "complete",
        ours=row.ours,
        closed=row.closed_at is not None,
    )


def correct_role(
    connection: Connection, known: KnownSeries, role: SeriesRole, account_id: UUID, now: datetime
) -> UUID | None:
    """Store a correction and have the series read again; the new analysis' id, None while images still come."""
    connection.execute(
        insert(role_correction).values(
            series_id=known.id,
            account_id=account_id,
            from_role=known.role.value,
            from_reason=known.role_reason,
            to_role=role.value,
            at=now,
        )
    )
    connection.execute(
        update(series)
        .where(series.c.id == known.id)
        .values(role=role.value, role_reason=SAID, role_confidence=1.0, role_reasons=[])
    )
    started = None
    if known.complete:
        started = start_analysis(connection, known.id, _coverage(connection, known.id), now)
        read_again_with(connection, known.id, now)
    if role is not known.role:
        let_runners_up_read(connection, known.id, now)  # they gave way to what it was taken for
    refresh_case(connection, known.case_id, now, kind="role_corrected")
    return started


def _coverage(connection: Connection, series_id: UUID) -> Coverage:
    newest = select(analysis.c.coverage).where(analysis.c.series_id == series_id).order_by(analysis.c.version.desc())
    stored = connection.execute(newest.limit(1)).scalar_one_or_none()
    if stored:
        return Coverage(**stored)
    row = connection.execute(select(series.c.images, series.c.expected).where(series.c.id == series_id)).one()
    return Coverage(row.images, row.expected)
