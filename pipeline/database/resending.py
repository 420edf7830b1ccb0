"""A person looks at what is owed, and has it sent again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, func, select, true

from pipeline.database.deliveries import change
from pipeline.database.delivery_tables import delivery, destination
from pipeline.database.events import record_event
from pipeline.database.tables import case, result_object
from pipeline.domain import delivery as moves
from pipeline.domain.delivery import Delivery, DeliveryState
from pipeline.domain.errors import BadInput

RESENT = "delivery_resent"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One delivery as a person is shown it; ``kind`` is the object's (seg, sr, sc, gsps ...)."""

    id: UUID
    destination: str
    case_id: UUID
    site: str
    kind: str
    state: str
    why: str
    event: str
    attempts: int
    next_at: datetime | None
    owed_at: datetime
    sent_at: datetime | None
    committed_at: datetime | None


def read_deliveries(
    connection: Connection,
    *,
    most: int,
    states: Collection[DeliveryState] = (),
    of_case: UUID | None = None,
) -> list[DeliveryRow]:
    """Deliveries, the newest first."""
    conditions = [
        delivery.c.state.in_([one.value for one in states]) if states else true(),
        delivery.c.case_id == of_case if of_case else true(),
    ]
    return [_shown(row) for row in _rows(connection, conditions, most)]


def read_delivery(connection: Connection, delivery_id: UUID) -> DeliveryRow | None:
    """One delivery."""
    found = _rows(connection, [delivery.c.id == delivery_id], 1)
    return _shown(found[0]) if found else None


def counts(connection: Connection) -> dict[str, int]:
    """How many deliveries are in each state."""
    rows = connection.execute(select(delivery.c.state, func.count().label("number")).group_by(delivery.c.state))
    found: dict[str, int] = {row.state: row.number for row in rows}
    return {state.value: found.get(state.value, 0) for state in DeliveryState}


def resend(connection: Connection, delivery_id: UUID, now: datetime, account: str = "") -> Delivery | None:
    """Send one again, and say in its case's history who wanted it; none when it is under way or was withdrawn."""
    changed = change(connection, delivery_id, lambda one: moves.resend(one, now))
    if changed is not None:
        of_case = select(delivery.c.case_id).where(delivery.c.id == delivery_id)
        case_id = connection.execute(of_case).scalar_one()
        record_event(connection, case_id, RESENT, {"account": account} if account else None)
    return changed


def resend_given_up(connection: Connection, name: str, now: datetime) -> int:
    """Send again everything given up for a destination; how many. Raises `BadInput` for one nobody knows."""
    known = connection.execute(select(destination.c.id).where(destination.c.name == name)).scalar_one_or_none()
    if known is None:
        raise BadInput(f"There is no destination {name}.")
    given_up = connection.execute(
        select(delivery.c.id)
        .where(delivery.c.destination_id == known, delivery.c.state == DeliveryState.GIVEN_UP.value)
        .order_by(delivery.c.id)
    ).scalars()
    return sum(resend(connection, one, now) is not None for one in given_up.all())


def _rows(connection: Connection, conditions: Collection[ColumnElement[bool]], most: int) -> list[Row[Any]]:
    query = (
        select(delivery, destination.c.name, result_object.c.kind, case.c.site_id)
        .join(destination, destination.c.id == delivery.c.destination_id)
        .join(result_object, result_object.c.id == delivery.c.result_object_id)
        .join(case, case.c.id == delivery.c.case_id)
        .where(*conditions)
        .order_by(delivery.c.owed_at.desc(), delivery.c.id)
        .limit(most)
    )
    return list(connection.execute(query))


def _shown(row: Row[Any]) -> DeliveryRow:
    return DeliveryRow(
        id=row.id,
        destination=row.name,
        case_id=row.case_id,
        site=row.site_id,
        kind=row.kind,
        state=row.state,
        why=row.why,
        event=row.event,
        attempts=row.attempts,
        next_at=row.next_at,
        owed_at=row.owed_at,
        sent_at=row.sent_at,
        committed_at=row.committed_at,
    )
