"""Ended analyses with the times of their series, for traces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, tuple_

from pipeline.database.tables import analysis, result_object, series, study

_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Mark:
    """The last analysis that was looked at, in the order in which they ended."""

    finished_at: datetime
    id: UUID = _FIRST


def ended_since(connection: Connection, mark: Mark, until: datetime, most: int) -> list[Row[Any]]:
    """Analyses that ended after a mark and before ``until``, the earliest first."""
    columns = (
        analysis.c.id,
        study.c.case_id,
        study.c.site_id,
        analysis.c.role,
        analysis.c.state,
        analysis.c.because,
        analysis.c.haste,
        analysis.c.bundle,
        analysis.c.bundle_version,
        series.c.images,
        series.c.signal,
        series.c.first_image_at,
        series.c.last_image_at,
        series.c.complete_at,
        analysis.c.enqueued_at,
        analysis.c.started_at,
        analysis.c.finished_at,
        analysis.c.seconds,
    )
    query = (
        select(*columns)
        .join(series, series.c.id == analysis.c.series_id)
        .join(study, study.c.id == series.c.study_id)
        .where(tuple_(analysis.c.finished_at, analysis.c.id) > tuple_(mark.finished_at, mark.id))
        .where(analysis.c.finished_at < until)
        .order_by(analysis.c.finished_at, analysis.c.id)
        .limit(most)
    )
    return list(connection.execute(query))


def written_of(connection: Connection, analyses: Sequence[UUID]) -> Mapping[UUID, list[tuple[str, datetime]]]:
    """Kind and time of the objects that were made of analyses."""
    found: dict[UUID, list[tuple[str, datetime]]] = {one: [] for one in analyses}
    rows = connection.execute(
        select(result_object.c.analysis_id, result_object.c.kind, result_object.c.created_at)
        .where(result_object.c.analysis_id.in_(analyses), result_object.c.path != "")
        .order_by(result_object.c.created_at)
    )
    for analysis_id, kind, created_at in rows:
        found[analysis_id].append((kind, created_at))
    return found
