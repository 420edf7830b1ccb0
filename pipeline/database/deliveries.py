"""Deliveries in the database: every move is the domain's, made on a locked row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, Select, func, insert, select, update

from pipeline.database.cases import add_warning, remove_warning
from pipeline.database.delivery_tables import delivery, destination, storage_commitment
from pipeline.database.events import record_event
from pipeline.database.tables import instance, result_object
from pipeline.domain import delivery as moves
from pipeline.domain.commitment import CommitmentReport, why_not_kept
from pipeline.domain.delivery import Delivery, DeliveryState
from pipeline.domain.destination import DeliverWhen

GIVEN_UP = "delivery_given_up"
"""Code of the warning on a case, and of the event."""
DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One object on its way: the delivery with the token of this attempt, and where the object lies."""

    delivery_id: UUID
    case_id: UUID
    token: int
    path: str
    SOPInstanceUID: str
    SOPClassUID: str


def due_destinations(connection: Connection, now: datetime) -> list[UUID]:
    """Destinations that are on and for which something is to be done now."""
    query = (
        select(delivery.c.destination_id)
        .join(destination, destination.c.id == delivery.c.destination_id)
        .where(delivery.c.next_at <= now, destination.c.deliver_when != DeliverWhen.OFF.value)
        .distinct()
    )
    return list(connection.execute(query).scalars())


def claim_parcels(connection: Connection, destination_id: UUID, now: datetime, most: int) -> list[Parcel]:
    """Begin an attempt at the deliveries due to one destination, the oldest first."""
    waiting = (DeliveryState.OWED.value, DeliveryState.FAILED_WILL_RETRY.value)
    claimed = (_claim(connection, row, now) for row in _due(connection, destination_id, waiting, now, most))
    return [parcel for parcel in claimed if parcel is not None]


def parcels_to_confirm(connection: Connection, destination_id: UUID, now: datetime, most: int) -> list[Parcel]:
    """What the destination said it has, and must be asked now whether it keeps it."""
    return [_parcel(row) for row in _due(connection, destination_id, (DeliveryState.SENT.value,), now, most)]


def change(connection: Connection, delivery_id: UUID, move: Callable[[Delivery], Delivery | None]) -> Delivery | None:
    """Make a move on a locked delivery; none, and nothing written, when it is not allowed."""
    row = connection.execute(select(delivery).where(delivery.c.id == delivery_id).with_for_update()).one()
    changed = move(_as_domain(row))
    if changed is not None:
        connection.execute(update(delivery).where(delivery.c.id == delivery_id).values(_as_row(changed)))
        _tell(connection, row, changed)
    return changed


def take_back_lost(connection: Connection, now: datetime, luck: Random) -> int:
    """Take back the attempts of senders that fell silent; how many."""
    silent = connection.execute(
        select(delivery.c.id)
        .where(delivery.c.state == DeliveryState.SENDING.value, delivery.c.next_at <= now)
        .limit(1000)
        .with_for_update(skip_locked=True)
    ).scalars()
    return sum(
        change(connection, one, lambda known: moves.lost(known, now, luck.random())) is not None for one in silent.all()
    )


def record_delivered(connection: Connection, case_id: UUID, name: str, objects: int) -> None:
    """Say in a case's history that objects were delivered."""
    record_event(connection, case_id, DELIVERED, {"destination": name, "objects": objects})


def open_commitment(connection: Connection, transaction_uid: str, destination_id: UUID, now: datetime) -> None:
    """Remember a request for storage commitment before it is made: its answer may come at once."""
    connection.execute(
        insert(storage_commitment).values(transaction_uid=transaction_uid, destination_id=destination_id, asked_at=now)
    )


def record_commitment(connection: Connection, report: CommitmentReport, now: datetime, luck: Random) -> bool:
    """Write down what a destination keeps; whether the request was one of ours."""
    known = connection.execute(
        update(storage_commitment)
        .where(storage_commitment.c.transaction_uid == report.transaction_uid)
        .values(answered_at=now)
        .returning(storage_commitment.c.destination_id)
    ).one_or_none()
    if known is None:
        return False
    for delivery_id, uid in _of_instances(connection, known.destination_id, {*report.kept, *report.not_kept}):
        if uid in report.kept:
            change(connection, delivery_id, lambda one: moves.kept(one, now))
        else:
            why = why_not_kept(report.not_kept[uid])
            change(connection, delivery_id, lambda one, why=why: moves.not_kept(one, why, now, luck.random()))  # type: ignore[misc]
    return True


def write_down_commitment(engine: Engine, clock: Callable[[], datetime], report: CommitmentReport) -> None:
    """Record a commitment report in a transaction of its own; one that nobody here asked for changes nothing."""
    with engine.begin() as connection:
        record_commitment(connection, report, clock(), Random())  # noqa: S311 - luck, not a secret


def _of_instances(connection: Connection, destination_id: UUID, uids: Iterable[str]) -> list[tuple[UUID, str]]:
    query = (
        select(delivery.c.id, result_object.c.sop_instance_uid)
        .join(result_object, result_object.c.id == delivery.c.result_object_id)
        .where(delivery.c.destination_id == destination_id, result_object.c.sop_instance_uid.in_(list(uids)))
        .order_by(delivery.c.id)  # the same order for everybody, so that nobody waits for each other
    )
    return [(row.id, row.sop_instance_uid) for row in connection.execute(query)]


def _due(
    connection: Connection, destination_id: UUID, states: tuple[str, ...], now: datetime, most: int
) -> list[Row[Any]]:
    query = _with_object().where(
        delivery.c.destination_id == destination_id, delivery.c.state.in_(states), delivery.c.next_at <= now
    )
    ordered = query.order_by(delivery.c.owed_at, delivery.c.id).limit(most)
    return list(connection.execute(ordered.with_for_update(of=delivery, skip_locked=True)))


def _with_object() -> Select[Any]:
    sop_class = (
        select(instance.c.sop_class_uid)
        .where(instance.c.sop_instance_uid == result_object.c.sop_instance_uid)
        .limit(1)
        .scalar_subquery()
    )
    return select(
        delivery,
        result_object.c.path,
        result_object.c.sop_instance_uid,
        func.coalesce(sop_class, "").label("sop_class_uid"),
    ).join(result_object, result_object.c.id == delivery.c.result_object_id)


def _claim(connection: Connection, row: Row[Any], now: datetime) -> Parcel | None:
    claimed = moves.claim(_as_domain(row), now)
    if claimed is None:
        return None
    connection.execute(update(delivery).where(delivery.c.id == row.id).values(_as_row(claimed)))
    return _parcel(row, claimed.token)


def _parcel(row: Row[Any], token: int | None = None) -> Parcel:
    return Parcel(
        delivery_id=row.id,
        case_id=row.case_id,
        token=row.token if token is None else token,
        path=row.path,
        SOPInstanceUID=row.sop_instance_uid,
        SOPClassUID=row.sop_class_uid,
    )


def _tell(connection: Connection, before: Row[Any], after: Delivery) -> None:
    """A delivery that was given up is a warning on its case, until none is."""
    if after.state is DeliveryState.GIVEN_UP:
        name = connection.execute(
            select(destination.c.name).where(destination.c.id == before.destination_id)
        ).scalar_one()
        add_warning(connection, before.case_id, GIVEN_UP, f"results were not delivered to {name}: {after.why}")
        record_event(connection, before.case_id, GIVEN_UP, {"destination": name, "why": after.why})
    elif before.state == DeliveryState.GIVEN_UP.value and not _given_up_in(connection, before.case_id):
        remove_warning(connection, before.case_id, GIVEN_UP)


def _given_up_in(connection: Connection, case_id: UUID) -> bool:
    query = select(delivery.c.id).where(delivery.c.case_id == case_id, delivery.c.state == DeliveryState.GIVEN_UP.value)
    return connection.execute(query.limit(1)).first() is not None


def _as_domain(row: Row[Any]) -> Delivery:
    return Delivery(
        state=DeliveryState(row.state),
        owed_at=row.owed_at,
        next_at=row.next_at,
        why=row.why,
        token=row.token,
        attempts=row.attempts,
        asked=row.asked,
        sending_at=row.sending_at,
        sent_at=row.sent_at,
        committed_at=row.committed_at,
    )


def _as_row(one: Delivery) -> dict[str, Any]:
    return {**asdict(one), "state": one.state.value}
