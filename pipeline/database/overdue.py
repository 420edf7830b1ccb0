"""Stages past their deadline: found among open cases, told on the case, and taken back when they end."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from pipeline.database.cases import add_warning, remove_warning
from pipeline.database.delivery_tables import overdue_stage
from pipeline.database.events import record_event
from pipeline.database.tables import analysis, case, finding, result_object, series, study
from pipeline.domain.analysis import AnalysisState
from pipeline.domain.deadlines import Awaited, Deadlines, SeriesClock, Stage, awaited, sentence
from pipeline.domain.haste import Haste

RESOLVED = "no_longer_late"
_LOOK_BACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AwaitedOf:
    """What one series of a case is waiting for."""

    case_id: UUID
    series_id: UUID
    awaited: Awaited


def awaited_stages(
    connection: Connection, limits: Deadlines, now: datetime, *, of_case: UUID | None = None
) -> list[AwaitedOf]:
    """What the series of open cases, or of one case, are waiting for."""
    rows = connection.execute(_unfinished(now, of_case))
    found = ((row, awaited(_clock(row), limits)) for row in rows)
    return [AwaitedOf(row.case_id, row.series_id, one) for row, one in found if one is not None]


def tell_of_late_stages(connection: Connection, limits: Deadlines, now: datetime) -> int:
    """Warn on every case of which a stage is late, once, and take the warning back when it is not; how many are new."""
    late = [one for one in awaited_stages(connection, limits, now) if one.awaited.is_late(now)]
    _resolve(connection, {(one.series_id, one.awaited.stage.value, one.awaited.due_at) for one in late}, now)
    return sum(_raise(connection, one, limits, now) for one in late)


def code_of(stage: Stage) -> str:
    """The code of a late stage's warning and event."""
    return f"{stage.value}_late"


def _raise(connection: Connection, late: AwaitedOf, limits: Deadlines, now: datetime) -> bool:
    values = {
        "case_id": late.case_id,
        "series_id": late.series_id,
        "stage": late.awaited.stage.value,
        "due_at": late.awaited.due_at,
        "raised_at": now,
    }
    new = insert(overdue_stage).values(values).on_conflict_do_nothing().returning(overdue_stage.c.id)
    if connection.execute(new).first() is None:
        return False
    code = code_of(late.awaited.stage)
    add_warning(connection, late.case_id, code, sentence(late.awaited))
    rule = f"{limits.id} {limits.version}"
    record_event(connection, late.case_id, code, {"series": str(late.series_id), "rule": rule})
    return True


def _resolve(connection: Connection, late: Collection[tuple[UUID, str, datetime]], now: datetime) -> None:
    raised = connection.execute(select(overdue_stage).where(overdue_stage.c.resolved_at.is_(None))).all()
    for row in raised:
        if (row.series_id, row.stage, row.due_at) in late:
            continue
        connection.execute(update(overdue_stage).where(overdue_stage.c.id == row.id).values(resolved_at=now))
        if not _still_late(connection, row):
            remove_warning(connection, row.case_id, code_of(Stage(row.stage)))
            record_event(connection, row.case_id, RESOLVED, {"stage": row.stage})


def _still_late(connection: Connection, row: Row[Any]) -> bool:
    """Whether another series of the case is late at the same stage."""
    other = select(overdue_stage.c.id).where(
        overdue_stage.c.case_id == row.case_id,
        overdue_stage.c.stage == row.stage,
        overdue_stage.c.resolved_at.is_(None),
    )
    return connection.execute(other.limit(1)).first() is not None


def _unfinished(now: datetime, of_case: UUID | None) -> Any:
    """Series that wait for something, with the newest analysis of each."""
    newest = (
        select(analysis)
        .ext(distinct_on(analysis.c.series_id))
        .order_by(analysis.c.series_id, analysis.c.version.desc())
        .subquery()
    )
    running = newest.c.state.in_((AnalysisState.WAITING.value, AnalysisState.RUNNING.value))
    query = (
        select(
            study.c.case_id,
            series.c.id.label("series_id"),
            series.c.last_image_at,
            series.c.complete_at,
            newest.c.state,
            newest.c.enqueued_at,
            newest.c.finished_at,
            newest.c.haste,
        )
        .join(study, study.c.id == series.c.study_id)
        .join(case, case.c.id == study.c.case_id)
        .outerjoin(newest, newest.c.series_id == series.c.id)
        .where(
            case.c.closed_at.is_(None),
            ~series.c.ours,
            or_(series.c.arrival == "receiving", running, _unwritten(newest, now)),
        )
    )
    return query.where(case.c.id == of_case) if of_case else query


def _unwritten(newest: Any, now: datetime) -> ColumnElement[bool]:
    """Analyses with findings to write, and nothing written yet."""
    found: ColumnElement[bool] = exists().where(finding.c.analysis_id == newest.c.id)
    written: ColumnElement[bool] = exists().where(
        result_object.c.analysis_id == newest.c.id, result_object.c.path != ""
    )
    ended: ColumnElement[bool] = newest.c.finished_at > now - _LOOK_BACK
    return and_(ended, newest.c.mask_path.is_not(None), found, ~written)


def _clock(row: Row[Any]) -> SeriesClock:
    return SeriesClock(
        last_image_at=row.last_image_at,
        complete_at=row.complete_at,
        state=None if row.state is None else AnalysisState(row.state),
        enqueued_at=row.enqueued_at,
        finished_at=row.finished_at,
        writes=row.finished_at is not None,
        lane=Haste.URGENT if row.haste is None else Haste(row.haste),
    )
