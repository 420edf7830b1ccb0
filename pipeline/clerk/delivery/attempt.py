"""One attempt at a destination: claim what is due, hand it over, write down what the other system said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from random import Random
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine

from dicom_node.scu.commitment import Asked, Reference, ask_for_commitment
from pipeline import logs
from pipeline.clerk.delivery.carry import Said, Sender
from pipeline.database.deliveries import (
    Parcel,
    change,
    claim_parcels,
    open_commitment,
    parcels_to_confirm,
    record_delivered,
    write_down_commitment,
)
from pipeline.database.destinations import DICOM, Destination, read_destination
from pipeline.domain import delivery as moves
from pipeline.domain.delivery import Delivery
from pipeline.domain.destination import delivers
from pipeline.domain.errors import PeerUnreachable

MOST_PARCELS = 32
"""Objects of one attempt: a few cases' worth, so that what comes next need not wait long."""


@dataclass(frozen=True, slots=True)
class Post:
    """What an attempt works with."""

    engine: Engine
    sender: Sender
    clock: Callable[[], datetime]
    luck: Random


def attempt(post: Post, destination_id: UUID, in_hand: Callable[[Sequence[Parcel]], None]) -> None:
    """Send what is due there and ask for what was sent to be kept; ``in_hand`` hears what is on its way."""
    with post.engine.begin() as connection:
        to = read_destination(connection, destination_id)
        parcels = _claimed(connection, post, to)
    if to is None:
        return
    in_hand(parcels)
    if parcels:
        _write_down(post, to, parcels, post.sender.carry(to, parcels))
    in_hand(())
    if to.kind == DICOM and delivers(to.terms):
        _confirm(post, to)


def _claimed(connection: Connection, post: Post, to: Destination | None) -> list[Parcel]:
    if to is None or not delivers(to.terms):
        return []
    return claim_parcels(connection, to.id, post.clock(), MOST_PARCELS)


def _write_down(post: Post, to: Destination, parcels: Sequence[Parcel], said: Said) -> None:
    delivered: Counter[UUID] = Counter()
    with post.engine.begin() as connection:
        for parcel in parcels:
            changed = change(connection, parcel.delivery_id, partial(_move, post, to, parcel, said))
            delivered[parcel.case_id] += changed is not None and said[parcel.delivery_id] is None
        for case_id, objects in (+delivered).items():
            record_delivered(connection, case_id, to.name, objects)
    failed = sum(one is not None for one in said.values())
    logs.get().info("delivery_attempted", site=to.terms.site_id, count=len(parcels), state=f"{failed} failed")


def _move(post: Post, to: Destination, parcel: Parcel, said: Said, one: Delivery) -> Delivery | None:
    failure = said[parcel.delivery_id]
    if failure is not None:
        return moves.failed(one, parcel.token, failure, post.clock(), post.luck.random())
    wants = to.kind == DICOM and to.commitment
    return moves.succeeded(one, parcel.token, post.clock(), wants_commitment=wants)


def _confirm(post: Post, to: Destination) -> None:
    """Ask for storage commitment; written down before it is asked, since the answer may come at once."""
    transaction_uid = f"2.25.{uuid4().int}"
    with post.engine.begin() as connection:
        due = parcels_to_confirm(connection, to.id, post.clock(), MOST_PARCELS)
        asking = [parcel for parcel in due if _still_asked(connection, post, parcel)]
        if asking:
            open_commitment(connection, transaction_uid, to.id, post.clock())
    if not asking:
        return
    references = [Reference(parcel.SOPClassUID, parcel.SOPInstanceUID) for parcel in asking]
    told = partial(write_down_commitment, post.engine, post.clock)
    try:
        answer = ask_for_commitment(post.sender.target(to), transaction_uid, references, told)
    except (PeerUnreachable, OSError) as exc:
        logs.get().warning("commitment_not_asked", site=to.terms.site_id, error=type(exc).__name__)
        return
    logs.get().info("commitment_asked", site=to.terms.site_id, count=len(asking), state=answer.value)
    if answer is Asked.NOT_OFFERED:
        with post.engine.begin() as connection:
            for parcel in asking:
                change(connection, parcel.delivery_id, moves.not_offered)


def _still_asked(connection: Connection, post: Post, parcel: Parcel) -> bool:
    changed = change(connection, parcel.delivery_id, lambda one: moves.asked(one, post.clock()))
    return changed is not None and changed.next_at is not None
