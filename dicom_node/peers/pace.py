"""How long to wait so that a rate is kept: a bucket that fills with time and pays for what is done."""

from __future__ import annotations

import threading
from dataclasses import dataclass

BURST_S = 1.0
"""As much as this time is worth may come at once."""


@dataclass(frozen=True, slots=True)
class Pace:
    """When the next piece of work would be due, in monotonic seconds, if each waited its turn."""

    due: float = float("-inf")


FRESH = Pace()


def paced(pace: Pace, at: float, a_second: float) -> tuple[Pace, float]:
    """The pace after one more piece of work at ``at``, and how long it has to wait, in seconds.

    Over any time T from its start no more than ``a_second * (T + BURST_S) + 1`` pieces end their wait.
    """
    due = max(pace.due, at - BURST_S) + 1.0 / a_second
    return Pace(due), max(due - at, 0.0)


MOST = 1000
"""Paces remembered; beyond, all begin anew."""


class Paces:
    """The pace of each of many; safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: dict[tuple[str, str], Pace] = {}

    def wait_s(self, key: tuple[str, str], a_second: float, at: float) -> float:
        """How long one more piece of work waits, in seconds; ``at`` is monotonic."""
        with self._lock:
            if len(self._of) >= MOST:
                self._of.clear()
            self._of[key], wait_s = paced(self._of.get(key, FRESH), at, a_second)
        return wait_s
