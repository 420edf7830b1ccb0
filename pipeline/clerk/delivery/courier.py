"""Looks for what is due, and sends it: one thread a destination, so that one that hangs delays no other."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from pipeline import logs
from pipeline.clerk.delivery.attempt import Post, attempt
from pipeline.database.deliveries import Parcel, change, due_destinations, take_back_lost
from pipeline.database.owing import owe_new_results, withdraw_superseded
from pipeline.domain import delivery as moves

MOST_THREADS = 8


class Courier:
    """Called again and again by the clerk; its threads end with the process, and what they had in hand is retried."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._lock = threading.Lock()
        self._busy: dict[UUID, Sequence[Parcel]] = {}

    def look(self) -> None:
        """Owe what is newly owed, keep what is in hand alive, take back what was lost, and send what is due."""
        now = self._post.clock()
        with self._post.engine.begin() as connection:
            self._renew(connection)
            take_back_lost(connection, now, self._post.luck)
            withdraw_superseded(connection)
            owe_new_results(connection, now)
        with self._post.engine.begin() as connection:
            due = due_destinations(connection, now)
        for destination_id in due:
            self._start(destination_id)

    def idle(self) -> bool:
        """Whether nothing is being sent."""
        with self._lock:
            return not self._busy

    def _renew(self, connection: Connection) -> None:
        with self._lock:
            in_hand = [parcel for parcels in self._busy.values() for parcel in parcels]
        now = self._post.clock()
        for parcel in in_hand:
            change(connection, parcel.delivery_id, lambda one, parcel=parcel: moves.renew(one, parcel.token, now))  # type: ignore[misc]

    def _start(self, destination_id: UUID) -> None:
        with self._lock:
            if destination_id in self._busy or len(self._busy) >= MOST_THREADS:
                return
            self._busy[destination_id] = ()
        threading.Thread(target=self._run, args=(destination_id,), name="delivery", daemon=True).start()

    def _run(self, destination_id: UUID) -> None:
        try:
            attempt(self._post, destination_id, partial(self._in_hand, destination_id))
        except SQLAlchemyError as exc:
            logs.get().warning("database_away", error=type(exc).__name__)
        finally:
            with self._lock:
                self._busy.pop(destination_id, None)

    def _in_hand(self, destination_id: UUID, parcels: Sequence[Parcel]) -> None:
        with self._lock:
            self._busy[destination_id] = parcels
