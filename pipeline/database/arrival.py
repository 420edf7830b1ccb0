"""When a series has arrived: judged on its rows, and its analysis enqueued in the same transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, exists, select, update

from pipeline.database.cases import refresh_case
from pipeline.database.prior_cases import is_prior
from pipeline.database.starting import read_again_with, start_analysis
from pipeline.database.tables import association, instance, series, study
from pipeline.domain.analysis import Coverage
from pipeline.domain.completeness import Complete, SeriesEvidence, judge, silence_s
from pipeline.domain.role import SeriesRole
from pipeline.domain.steadiness import TOLERANCE
from pipeline.jobs import FRAMES_QUEUE, TRANSCODE, enqueue


def receiving_series(connection: Connection) -> list[UUID]:
    """Every series not yet taken for complete."""
    return list(connection.execute(select(series.c.id).where(series.c.arrival == "receiving")).scalars())


def series_of_association(connection: Connection, association_id: str) -> list[UUID]:
    """Every series still receiving to which this association sent."""
    query = (
        select(series.c.id)
        .join(instance, instance.c.series_id == series.c.id)
        .where(instance.c.association == association_id, series.c.arrival == "receiving")
        .distinct()
    )
    return list(connection.execute(query).scalars())


def complete_if_arrived(connection: Connection, series_id: UUID, now: datetime, quiet_time_s: float) -> bool:
    """Judge one series and, if it is complete, start its analysis; says whether it was completed.

    The series row is locked, so that of two who judge at once only one completes it.
    """
    row = connection.execute(
        select(series).where(series.c.id == series_id, series.c.arrival == "receiving").with_for_update()
    ).one_or_none()
    if row is None:
        return False
    verdict = judge(_evidence(connection, row, now), quiet_time_s)
    if not isinstance(verdict, Complete):
        return False
    _complete(connection, row, verdict, now)
    return True


def expect_more(connection: Connection, at: datetime, since: datetime) -> None:
    """What still arrives is not silent at this time: the index is behind, its images may be waiting.

    Nothing came before ``since`` that the index has not heard of: a series silent until then stays so. Rows that
    somebody else holds are left out; whoever judges one of them now has just heard of it.
    """
    receiving = select(series.c.id).where(
        series.c.arrival == "receiving", series.c.heard_at < at, series.c.last_image_at > since
    )
    free = receiving.with_for_update(skip_locked=True)
    connection.execute(update(series).where(series.c.id.in_(free)).values(heard_at=at))


def hear_now(connection: Connection, now: datetime) -> None:
    """Nothing was heard of in the future: where a clock was set back, silence is counted from now on."""
    ahead = series.c.heard_at > now + TOLERANCE
    connection.execute(update(series).where(series.c.arrival == "receiving", ahead).values(heard_at=now))


def _evidence(connection: Connection, row: Row[Any], now: datetime) -> SeriesEvidence:
    known = row.extent_from_mm is not None and row.extent_to_mm is not None
    return SeriesEvidence(
        role=SeriesRole(row.role),
        images=row.images,
        expected=row.expected,
        extent_mm=row.extent_to_mm - row.extent_from_mm if known else None,
        released=_released(connection, row.id),
        silent_s=silence_s(row.last_image_at, row.heard_at, now),
    )


def _released(connection: Connection, series_id: UUID) -> bool:
    """Whether every association that sent to the series has ended."""
    ended = exists().where(association.c.id == instance.c.association)
    still_open = select(instance.c.id).where(instance.c.series_id == series_id, ~ended).limit(1)
    return connection.execute(still_open).first() is None


def _complete(connection: Connection, row: Row[Any], verdict: Complete, now: datetime) -> None:
    connection.execute(
        update(series)
        .where(series.c.id == row.id)
        .values(arrival="complete", signal=verdict.signal.value, complete_at=now)
    )
    coverage = Coverage(row.images, row.expected, row.extent_from_mm, row.extent_to_mm, verdict.provisional)
    if not is_prior(connection, row.study_id):  # asked for to compare with: it must not ring for what is old
        start_analysis(connection, row.id, coverage, now)
        read_again_with(connection, row.id, now)
    enqueue(connection, TRANSCODE, queue=FRAMES_QUEUE, series_id=str(row.id))
    case_id = connection.execute(select(study.c.case_id).where(study.c.id == row.study_id)).scalar_one()
    refresh_case(connection, case_id, now, kind="completed")
