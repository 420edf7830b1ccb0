"""What is owed to other systems, and sending it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from pipeline.database.destinations import read_destinations
from pipeline.database.resending import DeliveryRow, counts, read_deliveries, read_delivery, resend
from pipeline.domain.access import may_resend, may_see_deliveries
from pipeline.domain.delivery import DeliveryState
from pipeline.domain.destination import delivers
from review_ui.accounts.account import Account
from review_ui.desk import SignedIn, TheDesk
from review_ui.http.description import refuses
from review_ui.http.problems import Problem, not_found
from review_ui.views import Instant

router = APIRouter(prefix="/deliveries", tags=["deliveries"])

MOST = 500
"""Deliveries in one answer, the newest; the filters find older ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """One object of ours, owed to one destination; the times are none until the other system has spoken."""

    id: UUID
    destination: str
    case_id: UUID
    site: str
    kind: str
    state: str
    why: str
    event: str
    attempts: int
    next_at: Instant | None
    owed_at: Instant
    sent_at: Instant | None
    committed_at: Instant | None


@dataclass(frozen=True, slots=True)
class DestinationView:
    """Another system, and on which terms it gets results; ``active`` is false for one that is off or has moved."""

    name: str
    kind: str
    site: str
    deliver_when: str
    active: bool


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The newest deliveries that fit, how many there are in each state, and the destinations."""

    deliveries: list[DeliveryView]
    counts: dict[str, int]
    destinations: list[DestinationView]
    may_resend: bool


@router.get("")
def show(
    who: SignedIn,
    at: TheDesk,
    state: Annotated[list[DeliveryState] | None, Query()] = None,
    case: Annotated[UUID | None, Query()] = None,
) -> Deliveries:
    """What is owed, the newest first, of some states or of one case when asked."""
    _refuse_unless_seen(who)
    with at.engine.begin() as connection:
        found = read_deliveries(connection, most=MOST, states=state or (), of_case=case)
        return Deliveries(
            [_view(one) for one in found], counts(connection), _destinations(connection), may_resend(who.viewer)
        )


@router.post("/{delivery_id}/resend", responses=refuses(409))
def again(delivery_id: UUID, who: SignedIn, at: TheDesk) -> DeliveryView:
    """Send one again at once, with all its patience new."""
    _refuse_unless_seen(who)
    if not may_resend(who.viewer):
        raise Problem(403, "forbidden", "Only an administrator has results sent again.")
    with at.engine.begin() as connection:
        if read_delivery(connection, delivery_id) is None:
            raise not_found()
        if resend(connection, delivery_id, at.clock(), who.name) is None:
            raise Problem(409, "not_resendable", "It is on its way already, or a newer result took its place.")
        changed = read_delivery(connection, delivery_id)
    assert changed is not None  # noqa: S101 - deliveries are never deleted
    return _view(changed)


def _refuse_unless_seen(who: Account) -> None:
    if not may_see_deliveries(who.viewer):
        raise Problem(403, "forbidden", "This account may not see what is owed to other systems.")


def _view(one: DeliveryRow) -> DeliveryView:
    return DeliveryView(
        id=one.id,
        destination=one.destination,
        case_id=one.case_id,
        site=one.site,
        kind=one.kind,
        state=one.state,
        why=one.why,
        event=one.event,
        attempts=one.attempts,
        next_at=one.next_at,
        owed_at=one.owed_at,
        sent_at=one.sent_at,
        committed_at=one.committed_at,
    )


def _destinations(connection: Connection) -> list[DestinationView]:
    return [
        DestinationView(one.name, one.kind, one.terms.site_id, one.terms.deliver_when.value, delivers(one.terms))
        for one in read_destinations(connection)
    ]
