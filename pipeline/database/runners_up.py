"""Series that came after a better one: read after all when that one has no answer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import distinct_on

from pipeline.database.starting import start_analysis
from pipeline.database.tables import analysis, case, series, study
from pipeline.domain.analysis import AnalysisState, Coverage
from pipeline.domain.because import Because


def let_runners_up_read(connection: Connection, series_id: UUID, now: datetime) -> int:
    """Start the analysis of every series that gave way to this one; how many there were.

    Among several the best goes first: each, at its turn, gives way to a better one that is still waiting.
    """
    chosen = connection.execute(
        select(series.c.study_id, series.c.series_instance_uid).where(series.c.id == series_id)
    ).one()
    lock_beside(connection, series_id)
    newest = (
        select(analysis)
        .ext(distinct_on(analysis.c.series_id))
        .order_by(analysis.c.series_id, analysis.c.version.desc())
        .subquery()
    )
    waiting = connection.execute(
        select(series.c.id, newest.c.coverage)
        .join(newest, newest.c.series_id == series.c.id)
        .where(
            series.c.study_id == chosen.study_id,
            series.c.id != series_id,
            series.c.arrival == "complete",
            newest.c.state == AnalysisState.NOT_ANALYSED.value,
            newest.c.because == Because.BETTER_SERIES.value,
            newest.c.choice["chosen"].astext == chosen.series_instance_uid,
        )
    ).all()
    for row in waiting:
        start_analysis(connection, row.id, Coverage(**row.coverage), now)
    return len(waiting)


def lock_beside(connection: Connection, series_id: UUID) -> None:
    """Lock the other series of a study, then its case: whoever gives way and whoever fails do it, one at a time.

    So no series gives way to another whose failure it cannot see, and none fails without seeing who gave way.
    """
    of_study = select(series.c.study_id).where(series.c.id == series_id).scalar_subquery()
    others = (series.c.study_id == of_study, series.c.id != series_id, ~series.c.ours)
    connection.execute(select(series.c.id).where(*others).order_by(series.c.id).with_for_update()).all()
    of_case = select(study.c.case_id).where(study.c.id == of_study).scalar_subquery()
    connection.execute(select(case.c.id).where(case.c.id == of_case).with_for_update()).one()
