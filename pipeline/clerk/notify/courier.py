"""Looks for what is to be told, and tells it: one thread a channel, so that one that hangs delays no other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from pipeline import logs
from pipeline.clerk.notify.carrier import Carrier, Message, Person
from pipeline.clerk.notify.carriers import carrier_of
from pipeline.database.channels import Channel, Subscription, read_channel, subscriptions_of, unsubscribe
from pipeline.database.notifications import Claimed, change, claim_due, due_channels, take_back_lost
from pipeline.database.set_up import read_set_up
from pipeline.domain import notification as moves
from pipeline.domain.errors import NeuroVigieError
from pipeline.domain.notification import Setback, words

MOST_AT_ONCE = 4
"""Messages of one attempt; each is given its own time, so that the lease outlives them all."""
MOST_THREADS = 8


@dataclass(frozen=True, slots=True)
class Telling:
    """What telling people works with; ``home_root`` is where our own push key lies."""

    engine: Engine
    home_root: Path
    clock: Callable[[], datetime]
    luck: Random


class Herald:
    """Called again and again by the clerk; what its threads had in hand when the process died is told once more."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._lock = threading.Lock()
        self._busy: set[UUID] = set()

    def look(self) -> None:
        """Take back what was lost, and begin telling what is due."""
        now = self._telling.clock()
        with self._telling.engine.begin() as connection:
            take_back_lost(connection, now, self._telling.luck)
            due = due_channels(connection, now)
        for channel_id in due:
            self._start(channel_id)

    def _start(self, channel_id: UUID) -> None:
        with self._lock:
            if channel_id in self._busy or len(self._busy) >= MOST_THREADS:
                return
            self._busy.add(channel_id)
        threading.Thread(target=self._run, args=(channel_id,), name="notify", daemon=True).start()

    def _run(self, channel_id: UUID) -> None:
        try:
            while tell_due(self._telling, channel_id):
                pass
        except SQLAlchemyError as error:
            logs.get().warning("database_away", error=type(error).__name__)
        finally:
            with self._lock:
                self._busy.discard(channel_id)


def tell_due(telling: Telling, channel_id: UUID) -> int:
    """Tell what is due by one channel now; how many messages were tried."""
    with telling.engine.begin() as connection:
        by = read_channel(connection, channel_id)
        if by is None or not by.active:
            return 0
        claimed = claim_due(connection, channel_id, telling.clock(), MOST_AT_ONCE)
        subscriptions = {one.person: tuple(subscriptions_of(connection, one.person)) for one in claimed}
        said = read_set_up(connection)
        contact = said.public_url if said else ""
    if not claimed:
        return 0
    carrier = _carrier(telling, by, contact)
    for one in claimed:
        setback = carrier if isinstance(carrier, Setback) else _told(carrier, one, contact, subscriptions[one.person])
        _write_down(telling, one, setback)
    return len(claimed)


def _carrier(telling: Telling, by: Channel, contact: str) -> Carrier | Setback:
    def gone(subscription: Subscription) -> None:
        with telling.engine.begin() as connection:
            unsubscribe(connection, subscription.endpoint)

    try:
        return carrier_of(by, telling.home_root, contact, telling.clock, gone)
    except NeuroVigieError as error:
        return Setback(str(error))


def _told(carrier: Carrier, one: Claimed, public_url: str, subscriptions: Sequence[Subscription]) -> Setback | None:
    message = Message(
        kind=one.kind.value,
        tier=one.tier.value,
        site=one.site,
        text=words(one.kind, one.tier, one.site, one.language),
        link=f"{public_url}/n/{one.token}" if public_url else "",
        token=one.token,
    )
    person = Person(str(one.person), one.phone, one.email, tuple(subscriptions))
    try:
        return carrier.carry(message, person)
    except NeuroVigieError as error:
        return Setback(str(error))
    except OSError as error:
        return Setback(f"a file cannot be read: {error.strerror or 'unknown'}")


def _write_down(telling: Telling, one: Claimed, setback: Setback | None) -> None:
    now = telling.clock()
    with telling.engine.begin() as connection:
        if setback is None:
            change(connection, one.id, lambda known: moves.sent(known, one.fence, now))
        else:
            luck = telling.luck.random()
            change(connection, one.id, lambda known: moves.failed(known, one.fence, setback, now, luck))
    state = "sent" if setback is None else "failed"
    logs.get().info("notified", state=state, tier=one.tier.value, error=setback.why if setback else "")
