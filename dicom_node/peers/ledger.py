"""What the node sees of each caller: kept in memory, written to the database every few seconds by a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from dicom_node.peers.pace import Paces
from pipeline import logs
from pipeline.database.peers import Activity
from pipeline.domain.errors import DatabaseUnavailable
from pipeline.domain.refusal import Refusal

MOST = 500
"""Callers remembered: whoever invents names fills no memory, and no page."""

Key = tuple[str, str]
"""AE title and host of a peer; of any other caller, its address."""

Read = Callable[[], Sequence[Activity]]
Write = Callable[[Iterable[Activity]], None]


class Ledger:
    """Counts what comes from whom, and remembers why somebody was refused; safe for many threads."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._known: dict[Key, Activity] = {}
        self._changed: set[Key] = set()
        self._paces = Paces()

    def recall(self, seen: Iterable[Activity]) -> None:
        """Take over what was seen before this process began; what it saw itself is newer."""
        with self._lock:
            for one in seen:
                self._known.setdefault((one.ae_title, one.host), one)

    def accepted(self, key: Key) -> None:
        """An association was accepted."""
        self._change(key, seen_at=self._now())

    def refused(self, key: Key, refusal: Refusal, why: str) -> None:
        """A connection, an association or an image was refused."""
        self._change(key, refused_at=self._now(), refusal=refusal.value, why=why)

    def received(self, key: Key, size: int) -> None:
        """An image of ``size`` bytes was stored."""
        with self._lock:
            today = self._today(key)
            self._put(key, replace(today, images=today.images + 1, bytes=today.bytes + size))

    def bytes_today(self, key: Key) -> int:
        """How much came from a caller since midnight (UTC)."""
        with self._lock:
            return self._today(key).bytes

    def wait_s(self, key: Key, a_second: float, at: float) -> float:
        """How long the answer to an image waits, so that no more than ``a_second`` are sent; ``at`` is monotonic."""
        return self._paces.wait_s(key, a_second, at) if a_second > 0 else 0.0

    def write(self, keep: Write) -> None:
        """Keep what has changed; what cannot be kept now is kept next time. Raises what ``keep`` raises."""
        with self._lock:
            changed, self._changed = self._changed, set()
            news = [self._known[key] for key in changed if key in self._known]
        if not news:
            return
        try:
            keep(news)
        except DatabaseUnavailable:
            with self._lock:
                self._changed |= changed
            raise

    def keep(self, read: Read, write: Write, every_s: float, stopped: threading.Event) -> None:
        """Read what is known once, and write what is new until ``stopped``; the loop of a thread."""
        recalled = False
        while True:
            try:
                if not recalled:
                    self.recall(read())
                    recalled = True
                self.write(write)
            except DatabaseUnavailable:
                logs.get().debug("activity_not_written")
            if stopped.wait(every_s):
                return

    def _change(self, key: Key, **what: object) -> None:
        with self._lock:
            self._put(key, replace(self._today(key), **what))  # type: ignore[arg-type]

    def _today(self, key: Key) -> Activity:
        day = self._now().date()
        known = self._known.get(key)
        if known is None:
            return Activity(ae_title=key[0], host=key[1], day=day)
        return known if known.day == day else replace(known, day=day, images=0, bytes=0)

    def _put(self, key: Key, one: Activity) -> None:
        self._known.pop(key, None)
        self._known[key] = one  # the newest last
        self._changed.add(key)
        if len(self._known) > MOST:
            del self._known[self._first_to_forget()]

    def _first_to_forget(self) -> Key:
        """Who was seen longest ago of those that sent nothing today: invented names take nobody's count away."""
        silent = (key for key, one in self._known.items() if not one.images)
        return next(silent, next(iter(self._known)))
