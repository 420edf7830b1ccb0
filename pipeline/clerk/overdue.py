"""A case whose analysis is late says so: a person must not wait for a machine in silence."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from pipeline.database.cases import add_warning
from pipeline.database.events import record_event
from pipeline.database.tables import analysis, case, series, study
from pipeline.domain.analysis import AnalysisState

LATE = "analysis_late"
_UNFINISHED = (AnalysisState.WAITING.value, AnalysisState.RUNNING.value)


def warn_of_late_analyses(engine: Engine, now: datetime, limit: timedelta) -> int:
    """Put a warning on every open case with an analysis older than ``limit``; how many are new."""
    late = (
        select(case.c.id)
        .join(study, study.c.case_id == case.c.id)
        .join(series, series.c.study_id == study.c.id)
        .join(analysis, analysis.c.series_id == series.c.id)
        .where(
            analysis.c.state.in_(_UNFINISHED),
            analysis.c.enqueued_at < now - limit,
            case.c.closed_at.is_(None),
            ~case.c.warnings.contains([{"code": LATE}]),
        )
        .distinct()
    )
    with engine.begin() as connection:
        cases = list(connection.execute(late).scalars())
        for case_id in cases:
            text = f"no AI result after {limit.total_seconds():.0f} s: read these images without waiting for one"
            add_warning(connection, case_id, LATE, text)
            record_event(connection, case_id, LATE)
    return len(cases)
