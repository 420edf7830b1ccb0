"""How cases stand as far as deleting them goes, and how long each has been as it is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Float, Row, Select, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.database.calling_tables import escalation
from pipeline.database.delivery_tables import delivery
from pipeline.database.opinion_tables import opinion
from pipeline.database.request_tables import request
from pipeline.database.retention_tables import witnessed_case, witnessed_time
from pipeline.database.tables import analysis, case, event, identity_correction, instance, result_object, series, study
from pipeline.domain.delivery import DeliveryState
from pipeline.domain.retention import Standing
from pipeline.domain.steadiness import Reading
from pipeline.domain.tier import Tier
from pipeline.domain.witnessed import lived

_URGENT = (Tier.RED.value, Tier.ORANGE.value)
_DELIVERED = (DeliveryState.SENT.value, DeliveryState.COMMITTED.value, DeliveryState.WITHDRAWN.value)
_UNFINISHED = ("waiting", "running")
_TO_CONFIRM = ("identity_correction", "request_unlinked")
"""Warnings by which a person is asked whose images, or whose request, these are."""


def witness(connection: Connection, reading: Reading) -> float:
    """Add what was lived through since the last reading, and note each case that has changed; the total, in seconds."""
    row = connection.execute(select(witnessed_time).with_for_update()).one_or_none()
    before = None if row is None else Reading(row.boot_id, timedelta(seconds=row.counted_s), reading.wall_at)
    total = (row.total_s if row else 0.0) + lived(before, reading).total_seconds()
    values = {"boot_id": reading.boot_id, "counted_s": reading.counted.total_seconds(), "total_s": total}
    kept = insert(witnessed_time).values(id=1, **values)
    connection.execute(kept.on_conflict_do_update(index_elements=[witnessed_time.c.id], set_=values))
    connection.execute(
        update(witnessed_case)
        .where(witnessed_case.c.case_id == case.c.id, witnessed_case.c.version != case.c.version)
        .values(version=case.c.version, since_s=total)
    )
    seen = select(witnessed_case.c.case_id).where(witnessed_case.c.case_id == case.c.id).exists()
    new = select(case.c.id, case.c.version, literal(total, Float)).where(~seen)
    connection.execute(insert(witnessed_case).from_select(["case_id", "version", "since_s"], new))
    return float(total)


def standings(connection: Connection, now: datetime, case_ids: Collection[UUID] | None = None) -> list[Standing]:
    """How some cases, or all, stand; one that nobody has witnessed yet has been so for no time."""
    query = _query() if case_ids is None else _query().where(case.c.id.in_(case_ids))
    total_s = connection.execute(select(witnessed_time.c.total_s)).scalar_one_or_none() or 0.0
    return [_standing(row, now, total_s) for row in connection.execute(query)]


def _query() -> Select[Any]:
    sizes = (
        select(
            study.c.case_id,
            func.coalesce(func.sum(instance.c.size), 0).label("size"),
            func.count(study.c.id.distinct()).label("studies"),
        )
        .outerjoin(series, series.c.study_id == study.c.id)
        .outerjoin(instance, instance.c.series_id == series.c.id)
        .group_by(study.c.case_id)
        .subquery()
    )
    newest = select(event.c.case_id, func.max(event.c.at).label("at")).group_by(event.c.case_id).subquery()
    return (
        select(
            case,
            sizes.c.size,
            sizes.c.studies,
            newest.c.at.label("changed_at"),
            witnessed_case.c.since_s,
            witnessed_case.c.version.label("witnessed"),
            *(condition.label(name) for name, condition in _conditions().items()),
        )
        .outerjoin(sizes, sizes.c.case_id == case.c.id)
        .outerjoin(newest, newest.c.case_id == case.c.id)
        .outerjoin(witnessed_case, witnessed_case.c.case_id == case.c.id)
    )


def _conditions() -> dict[str, ColumnElement[bool]]:
    asked = select(request.c.id).where(request.c.case_id == case.c.id, request.c.state != "withdrawn")
    said = select(opinion.c.id).where(opinion.c.case_id == case.c.id)
    images = select(series.c.id).join(study, study.c.id == series.c.study_id).where(study.c.case_id == case.c.id)
    analyses = images.join(analysis, analysis.c.series_id == series.c.id)
    made = analyses.join(result_object, result_object.c.analysis_id == analysis.c.id)
    owed = select(delivery.c.id).where(delivery.c.case_id == case.c.id)
    correction = select(identity_correction.c.id).where(identity_correction.c.case_id == case.c.id)
    return {
        "arriving": images.where(series.c.arrival == "receiving").exists(),
        "under_analysis": or_(
            analyses.where(analysis.c.state.in_(_UNFINISHED)).exists(),
            made.where(result_object.c.path == "").exists(),
        ),
        "calling": select(escalation.c.case_id)
        .where(escalation.c.case_id == case.c.id, escalation.c.due_at.is_not(None))
        .exists(),
        "asked": asked.exists(),
        "request_open": asked.where(request.c.state == "open").exists(),
        "answered": said.where(opinion.c.signed_at.is_not(None)).exists(),
        "drafted": said.where(opinion.c.draft.is_not(None)).exists(),
        "undelivered": owed.where(or_(delivery.c.state.not_in(_DELIVERED), delivery.c.next_at.is_not(None))).exists(),
        "to_confirm": correction.where(identity_correction.c.state == "to_confirm").exists(),
    }


def _standing(row: Row[Any], now: datetime, total_s: float) -> Standing:
    by_the_wall = now - max(one for one in (row.changed_at, row.closed_at, row.first_image_at) if one is not None)
    seen = row.since_s is not None and row.witnessed == row.version
    by_living = timedelta(seconds=total_s - row.since_s) if seen else timedelta()
    asks = any(warning["code"] in _TO_CONFIRM for warning in row.warnings)
    return Standing(
        case_id=row.id,
        site_id=row.site_id,
        size=int(row.size or 0),
        studies=int(row.studies or 0),
        settled_for=min(by_the_wall, by_living),
        closed=row.closed_at is not None,
        held=row.owner_id is not None,
        urgent=row.tier in _URGENT,
        arriving=row.arriving,
        under_analysis=row.under_analysis,
        calling=row.calling,
        asked=row.asked,
        answered=row.answered,
        request_open=row.request_open,
        drafted=row.drafted,
        undelivered=row.undelivered,
        to_confirm=row.to_confirm or asks,
    )
