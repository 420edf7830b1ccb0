"""Objects we made: what they are made from, and how they are known as ours when they come back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.database.cases import findings_of
from pipeline.database.tables import analysis, result_object, series, study
from pipeline.domain.finding import Finding, MidlineShift, Side


@dataclass(frozen=True, slots=True)
class ResultSource:
    """What the objects of an analysis are made from."""

    analysis_id: UUID
    series_id: UUID
    site_id: str
    mask_path: str
    bundle: str
    bundle_version: str
    scan_probability: float | None
    provisional: bool
    reservations: tuple[str, ...]
    midline_shift: MidlineShift | None
    finished_at: datetime
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ResultObject:
    """One object of ours: its kind (`pipeline.results.requests.ResultKind`), names and digest."""

    analysis_id: UUID
    kind: str
    SOPInstanceUID: str
    SeriesInstanceUID: str
    sha256: str


def result_source(connection: Connection, analysis_id: UUID) -> ResultSource | None:
    """What to make the objects of an analysis from; None when it has no mask."""
    row = connection.execute(
        select(analysis, study.c.site_id)
        .join(series, series.c.id == analysis.c.series_id)
        .join(study, study.c.id == series.c.study_id)
        .where(analysis.c.id == analysis_id)
    ).one_or_none()
    if row is None or row.mask_path is None:
        return None
    return ResultSource(
        analysis_id=row.id,
        series_id=row.series_id,
        site_id=row.site_id,
        mask_path=row.mask_path,
        bundle=row.bundle,
        bundle_version=row.bundle_version,
        scan_probability=row.scan_probability,
        provisional=bool(row.coverage.get("provisional")),
        reservations=tuple(dict.fromkeys((*row.reservations, *row.flags, *row.notes))),
        midline_shift=_midline_shift(row.midline_shift),
        finished_at=row.finished_at,
        findings=findings_of(connection, [analysis_id]).get(analysis_id, ()),
    )


def _midline_shift(stored: dict[str, Any] | None) -> MidlineShift | None:
    return None if stored is None else MidlineShift(**{**stored, "to": Side(stored["to"])})


def register_result(connection: Connection, made: ResultObject) -> None:
    """Make an object known as ours before anybody can see it; its path follows from the vault."""
    connection.execute(
        insert(result_object)
        .values(
            analysis_id=made.analysis_id,
            sop_instance_uid=made.SOPInstanceUID,
            series_instance_uid=made.SeriesInstanceUID,
            kind=made.kind,
            path="",
            sha256=made.sha256,
        )
        .on_conflict_do_nothing()
    )


def is_stored(connection: Connection, SOPInstanceUID: str) -> bool:
    """Whether one of our objects lies in the vault already."""
    known = select(result_object.c.path).where(result_object.c.sop_instance_uid == SOPInstanceUID)
    return bool(connection.execute(known).scalar_one_or_none())


def store_result_path(connection: Connection, SOPInstanceUID: str, path: str) -> None:
    """Say where in the vault one of our objects lies."""
    connection.execute(
        result_object.update().where(result_object.c.sop_instance_uid == SOPInstanceUID).values(path=path)
    )
