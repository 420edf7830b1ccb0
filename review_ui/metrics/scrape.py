"""One answer for all who ask within a few seconds, so that asking often costs the database nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine

from review_ui.metrics.exposition import exposition
from review_ui.metrics.measure import measure

KEPT = timedelta(seconds=10)


class Scrape:
    """The newest answer to Prometheus; safe for many threads."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], version: str) -> None:
        self._engine = engine
        self._clock = clock
        self._version = version
        self._lock = threading.Lock()
        self._kept: tuple[datetime, bytes] | None = None

    def answer(self) -> bytes:
        """The figures as text, at most `KEPT` old. Raises what the database raises."""
        with self._lock:
            now = self._clock()
            if self._kept is None or now - self._kept[0] >= KEPT:
                with self._engine.begin() as connection:
                    figures = measure(connection, now)
                self._kept = (now, exposition(figures, self._version))
            return self._kept[1]
