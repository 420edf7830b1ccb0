"""What becomes owed to a destination, and what is no longer: rows made from the rule in the domain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.database.deliveries import change
from pipeline.database.delivery_tables import delivery, destination
from pipeline.database.destinations import read_destinations
from pipeline.database.tables import analysis, case, result_object, series, study
from pipeline.domain import delivery as moves
from pipeline.domain.analysis import AnalysisState
from pipeline.domain.destination import DeliveryEvent, Happened, owed

_LOOK_BACK = timedelta(days=7)
"""Results older than this are no news: a bound on what the clerk looks through each time."""
_MOST = 500


def owe(connection: Connection, case_id: UUID, event: DeliveryEvent, now: datetime) -> int:
    """Owe a case's current objects to every destination whose terms say so; how many deliveries are new.

    Call it in the transaction of what happened, such as the signing of an opinion.
    """
    site_id = connection.execute(select(case.c.site_id).where(case.c.id == case_id)).scalar_one()
    objects = connection.execute(_current_objects().where(study.c.case_id == case_id)).all()
    happened = Happened(event, site_id)
    to = [one.id for one in read_destinations(connection) if owed(one.terms, happened)]
    return sum(_owe(connection, destination_id, objects, event, now) for destination_id in to)


def owe_new_results(connection: Connection, now: datetime) -> int:
    """Owe results written since each destination was turned on, where unsigned ones are wanted; how many are new."""
    new = 0
    for one in read_destinations(connection):
        if owed(one.terms, Happened(DeliveryEvent.ANALYSIS_COMMITTED, one.terms.site_id)):
            objects = connection.execute(_unowed(one.id, one.terms.site_id, now)).all()
            new += _owe(connection, one.id, objects, DeliveryEvent.ANALYSIS_COMMITTED, now)
    return new


def withdraw_superseded(connection: Connection) -> int:
    """Withdraw what is not there yet and was replaced by the result of a newer analysis; how many were."""
    waiting = (moves.DeliveryState.OWED.value, moves.DeliveryState.FAILED_WILL_RETRY.value)
    old = connection.execute(
        select(delivery.c.id)
        .join(result_object, result_object.c.id == delivery.c.result_object_id)
        .join(analysis, analysis.c.id == result_object.c.analysis_id)
        .where(delivery.c.state.in_(waiting), _superseded())
        .limit(_MOST)
    ).scalars()
    why = "a newer result took its place"
    return sum(change(connection, one, lambda known: moves.withdraw(known, why)) is not None for one in old.all())


def _owe(
    connection: Connection, destination_id: UUID, objects: Iterable[Row[Any]], event: DeliveryEvent, now: datetime
) -> int:
    rows = [
        {
            "destination_id": destination_id,
            "result_object_id": one.id,
            "case_id": one.case_id,
            "event": event.value,
            "owed_at": now,
            "next_at": now,
        }
        for one in objects
    ]
    if not rows:
        return 0
    added = insert(delivery).values(rows).on_conflict_do_nothing().returning(delivery.c.id)
    return len(connection.execute(added).all())


def _current_objects() -> Select[Any]:
    """Objects of ours that lie in the vault and were not replaced by a newer analysis' ones."""
    return (
        select(result_object.c.id, study.c.case_id)
        .join(analysis, analysis.c.id == result_object.c.analysis_id)
        .join(series, series.c.id == analysis.c.series_id)
        .join(study, study.c.id == series.c.study_id)
        .where(result_object.c.path != "", ~_superseded())
    )


def _unowed(destination_id: UUID, site_id: str, now: datetime) -> Select[Any]:
    known = exists().where(
        delivery.c.result_object_id == result_object.c.id, delivery.c.destination_id == destination_id
    )
    since = select(destination.c.on_since).where(destination.c.id == destination_id).scalar_subquery()
    return (
        _current_objects()
        .where(
            study.c.site_id == site_id,
            result_object.c.created_at >= since,
            result_object.c.created_at >= now - _LOOK_BACK,
            ~known,
        )
        .order_by(result_object.c.created_at)
        .limit(_MOST)
    )


def _superseded() -> ColumnElement[bool]:
    newer = analysis.alias()
    return exists().where(
        newer.c.series_id == analysis.c.series_id,
        newer.c.version > analysis.c.version,
        newer.c.state == AnalysisState.ANALYSED.value,
    )
