"""pynetdicom's two loops look a thousand times a second for what is there; of a silent association, four times."""

from __future__ import annotations

import contextlib
import select
import threading
import time
from collections.abc import Callable
from typing import Any

DOZE_AFTER_S = 2.0
"""Silence after which an association is looked at less often."""

DOZE_S = 0.25
"""What its first request after a silence may wait; the others wait for nothing."""


class Doze:
    """When something last went over a connection."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._busy_at = clock()

    def busy(self) -> None:
        """Something goes over the connection."""
        self._busy_at = self._clock()

    def is_on(self) -> bool:
        """Whether nothing has for a while."""
        return self._clock() - self._busy_at > DOZE_AFTER_S

    def until_there_is_something(self, connection: Any) -> None:
        """Wait a moment for bytes to come."""
        with contextlib.suppress(OSError, ValueError):  # closed meanwhile, as the next look finds
            select.select([connection], [], [], DOZE_S)


class DozingCheckpoint(threading.Event):
    """Where an association's own loop passes each time; it waits there while nothing happens."""

    def __init__(self, doze: Doze) -> None:
        super().__init__()
        self._doze = doze
        self.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Stand still until allowed to pass, and for a moment while dozing."""
        if self._doze.is_on():
            time.sleep(DOZE_S)
        return super().wait(timeout)
