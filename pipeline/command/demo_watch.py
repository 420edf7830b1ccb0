"""What became of the demo's studies, read from the database as it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select

from pipeline.database.tables import analysis, case, instance, series, study

_MOVING = frozenset({"receiving", "analysing"})
_ENDED = frozenset({"analysed", "not_analysed", "failed", "timed_out"})


@dataclass(frozen=True, slots=True)
class StudyNow:
    """One study's case as it stands, and whether anything is still to come."""

    case: Mapping[str, Any]
    images: int
    analyses: int
    settled: bool


@dataclass(frozen=True, slots=True)
class _Run:
    arrival: str
    state: str | None
    finished_at: datetime | None


def look(connection: Connection, uid: str) -> StudyNow | None:
    """The study of a StudyInstanceUID as it stands; None before its first image is indexed."""
    row = connection.execute(
        select(case, study.c.id.label("study"))
        .join(study, study.c.case_id == case.c.id)
        .where(study.c.study_instance_uid == uid)
    ).first()
    if row is None:
        return None
    runs = _runs(connection, row.study)
    images = connection.execute(
        select(func.count()).select_from(instance.join(series)).where(series.c.study_id == row.study, ~series.c.ours)
    ).scalar_one()
    moving = row.state in _MOVING or any(run.arrival != "complete" or run.state not in _ENDED for run in runs)
    return StudyNow(as_document(row, runs), images, sum(run.state is not None for run in runs), not moving)


def as_document(row: Row[Any], runs: Sequence[_Run]) -> dict[str, Any]:
    """A case as the demo prints it; times are seconds between rows of the database."""
    ended = [run.finished_at for run in runs if run.finished_at is not None]
    alert = row.alerted_at or max(ended, default=None)
    return {
        "case": str(row.id),
        "site": row.site_id,
        "tier": row.tier,
        "reasons": list(row.reasons),
        "state": row.state,
        "why": row.why,
        "first_image_to_visible_s": _seconds(row.first_image_at, row.visible_at),
        "last_image_to_alert_s": _seconds(row.last_image_at, alert),
    }


def _runs(connection: Connection, study_id: UUID) -> list[_Run]:
    """Each analysis of each series that came from outside; a series without one has state None."""
    rows = connection.execute(
        select(series.c.arrival, analysis.c.state, analysis.c.finished_at)
        .select_from(series.outerjoin(analysis))
        .where(series.c.study_id == study_id, ~series.c.ours)
    )
    return [_Run(row.arrival, row.state, row.finished_at) for row in rows]


def _seconds(begin: datetime | None, end: datetime | None) -> float | None:
    """Never below 0: a provisional result may raise a case before its last image is there."""
    return round(max(0.0, (end - begin).total_seconds()), 3) if begin is not None and end is not None else None
