"""One listener on the database for all open streams of this process."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import psycopg
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from pipeline.database.signals import CHANNEL as SIGNALS
from review_ui.events import log
from review_ui.events.log import Happened, Update
from review_ui.events.signals import Signal, all_kinds, read_signal

CHANNEL = "neurovigie_event"
_POLL_S = 5.0
"""How often the table is read although nothing was heard: notifications may be lost on the way."""
_RETRY_S = (0.2, 0.5, 1.0, 2.0, 5.0)
_REMEMBERED = 20_000
_WAITING_UPDATES = 1000
"""A stream that is this far behind is ended; its browser comes back and resumes."""


class Subscription:
    """What one stream has yet to send; ``None`` means that it should end."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Update | Signal | None] = asyncio.Queue()

    def put(self, news: Update | Signal) -> None:
        """Add something, or end the stream when it does not keep up."""
        self.queue.put_nowait(news if self.queue.qsize() < _WAITING_UPDATES else None)


class EventHub:
    """Hears of events and hands the updated cases to every subscription. Lives on the event loop."""

    def __init__(self, engine: Engine, conninfo: str, *, poll_s: float = _POLL_S) -> None:
        self._engine = engine
        self._conninfo = conninfo
        self._poll_s = poll_s
        self._subscriptions: set[Subscription] = set()
        self._known: OrderedDict[int, None] = OrderedDict()
        self._newest: int | None = None
        self._closed = False

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """A subscription, for as long as the stream is open."""
        subscription = Subscription()
        self._subscriptions.add(subscription)
        if self._closed:
            subscription.queue.put_nowait(None)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def close(self) -> None:
        """End every stream; called when the server is asked to stop."""
        self._closed = True
        for subscription in self._subscriptions:
            subscription.queue.put_nowait(None)

    async def run(self) -> None:
        """Listen until cancelled, through every outage of the database."""
        attempt = 0
        while True:
            try:
                async with await self._listening() as connection:
                    attempt = 0
                    await self._hear(connection)
            except (psycopg.Error, SQLAlchemyError, OSError) as error:
                if attempt == 0:
                    structlog.get_logger().warning("listener_lost", error=type(error).__name__)
            await asyncio.sleep(_RETRY_S[min(attempt, len(_RETRY_S) - 1)])
            attempt += 1

    async def _listening(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        connection = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
        for channel in (CHANNEL, SIGNALS):
            await connection.execute(f"LISTEN {channel}".encode())
        return connection

    async def _hear(self, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
        """Catch up on what happened while nobody listened, then hand on what is heard."""
        await self._catch_up()
        self._tell_signals(all_kinds())
        while True:
            heard = [one async for one in connection.notifies(timeout=self._poll_s, stop_after=1)]
            self._tell_signals(read_signal(one.payload) for one in heard if one.channel == SIGNALS)
            happened = [int(one.payload) for one in heard if one.channel == CHANNEL]
            if happened:
                await self._tell(partial(self._these, happened))
            elif not heard:
                await self._catch_up()

    def _tell_signals(self, signals: Iterable[Signal]) -> None:
        for one in signals:
            for subscription in self._subscriptions:
                subscription.put(one)

    async def _catch_up(self) -> None:
        if self._newest is None:  # the first time: streams know from the worklist what was before
            self._newest = await asyncio.to_thread(self._latest)
        await self._tell(self._after_newest)

    async def _tell(self, read: Callable[[], Sequence[Update]]) -> None:
        for update in await asyncio.to_thread(read):
            for subscription in self._subscriptions:
                subscription.put(update)

    def _latest(self) -> int:
        with self._engine.begin() as connection:
            return log.latest(connection)

    def _these(self, event_ids: Collection[int]) -> Sequence[Update]:
        with self._engine.begin() as connection:
            return log.updates(connection, self._new(log.these(connection, event_ids)))

    def _after_newest(self) -> Sequence[Update]:
        with self._engine.begin() as connection:
            return log.updates(connection, self._new(log.after(connection, self._newest or 0)))

    def _new(self, happened: Sequence[Happened]) -> list[Happened]:
        """Those not handed on before."""
        new = [one for one in happened if one.id not in self._known]
        for one in new:
            self._known[one.id] = None
            self._newest = max(self._newest or 0, one.id)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return new
