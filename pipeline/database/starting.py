"""A new version of a series' analysis, enqueued in the transaction that needs it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select

from pipeline.database.tables import analysis, case, series, study
from pipeline.domain.analysis import AnalysisState, Coverage
from pipeline.domain.haste import WorkFacts, haste_of
from pipeline.domain.request import Urgency
from pipeline.domain.role import DECIDING_COMPANIONS, SeriesRole
from pipeline.domain.tier import Tier
from pipeline.jobs import ANALYSE, enqueue, queue_of, read_by_a_model

_LATE_BY_TIER = {Tier.RED: 3, Tier.ORANGE: 2, Tier.YELLOW: 1, Tier.GREY: 0}
"""In one queue, series of a case that is urgent already go before others."""


def start_analysis(connection: Connection, series_id: UUID, coverage: Coverage, now: datetime) -> UUID:
    """Enqueue the next version of a series' analysis; its id. The series' row must be locked."""
    row = _known(connection, series_id)
    newest = _newest(connection, series_id)
    facts = WorkFacts(
        read_by_a_model=SeriesRole(row.role) in read_by_a_model(),
        differed=(row.request or {}).get("urgency") == Urgency.DIFFERED.value,
        study_date=row.study_date,
        arrived_at=row.case_first_image_at,
        has_answer=newest is not None and _answers(newest, row.role, coverage),
    )
    haste = haste_of(facts)
    analysis_id: UUID = connection.execute(
        insert(analysis)
        .values(
            series_id=series_id,
            version=1 if newest is None else newest.version + 1,
            role=row.role,
            role_reason=row.role_reason,
            role_confidence=row.role_confidence,
            haste=haste.value,
            coverage=asdict(coverage),
            enqueued_at=now,
        )
        .returning(analysis.c.id)
    ).scalar_one()
    enqueue(
        connection, ANALYSE, queue=queue_of(haste), sooner=_LATE_BY_TIER[Tier(row.tier)], analysis_id=str(analysis_id)
    )
    return analysis_id


def read_again_with(connection: Connection, series_id: UUID, now: datetime) -> None:
    """Read again each complete series of the study that a series just arrived decides on, as ADC does on DWI.

    One whose analysis has not begun will find the new series by itself.
    """
    companion = _known(connection, series_id)
    mains = [main for main, roles in DECIDING_COMPANIONS.items() if SeriesRole(companion.role) in roles]
    waiting = connection.execute(
        select(series.c.id)
        .where(
            series.c.study_id == companion.study_id,
            series.c.role.in_(mains),
            series.c.arrival == "complete",
            ~series.c.ours,
            series.c.id != series_id,
        )
        .with_for_update()
    ).scalars()
    for main in list(waiting):
        newest = _newest(connection, main)
        if newest is not None and newest.state != AnalysisState.WAITING.value:
            start_analysis(connection, main, Coverage(**newest.coverage), now)


def _answers(newest: Row[Any], role: str, coverage: Coverage) -> bool:
    """Whether these same images, read as the same, have an answer already."""
    same = newest.role == role and newest.coverage.get("images") == coverage.images
    return bool(same and newest.state == AnalysisState.ANALYSED.value)


def _known(connection: Connection, series_id: UUID) -> Row[Any]:
    """A series with what its study and case say of its haste."""
    return connection.execute(
        select(
            series, study.c.study_date, case.c.request, case.c.tier, case.c.first_image_at.label("case_first_image_at")
        )
        .join(study, study.c.id == series.c.study_id)
        .join(case, case.c.id == study.c.case_id)
        .where(series.c.id == series_id)
    ).one()


def _newest(connection: Connection, series_id: UUID) -> Row[Any] | None:
    return connection.execute(
        select(analysis).where(analysis.c.series_id == series_id).order_by(analysis.c.version.desc()).limit(1)
    ).one_or_none()
