"""Who sends over many associations leaves time to who sends over few."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dicom_node.peers.ledger import Key

ACTIVE_S = 1.0
"""So long after its last image a caller is taken to be sending."""

REST = 3.0
"""Times as long as an image took, the next one of the same caller waits while another is to have its share."""

LONGEST_REST_S = 0.5


class Turns:
    """While a caller with fewer associations sends, one with more does one thing at a time and then rests.

    It gets about a quarter of the node's time, and nobody who is alone waits. Safe for many threads.
    """

    def __init__(self, rest: Callable[[float], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._rest = rest
        self._clock = clock
        self._lock = threading.Lock()
        self._associations: Counter[Key] = Counter()
        self._active_at: dict[Key, float] = {}
        self._turns: defaultdict[Key, threading.Lock] = defaultdict(threading.Lock)

    def opened(self, key: Key) -> None:
        """A caller has one association more."""
        with self._lock:
            self._associations[key] += 1

    def closed(self, key: Key) -> None:
        """A caller has one association less."""
        with self._lock:
            self._associations[key] -= 1
            if self._associations[key] <= 0:
                del self._associations[key]
                self._active_at.pop(key, None)
                self._turns.pop(key, None)

    @contextmanager
    def turn(self, key: Key) -> Iterator[None]:
        """Do something for a caller when it is its turn."""
        with self._lock:
            self._active_at[key] = self._clock()
            waits = self._turns[key] if self._is_one_of_many(key) else None
        if waits is None:
            yield
            return
        with waits:
            began = self._clock()
            try:
                yield
            finally:
                self._rest(min(REST * (self._clock() - began), LONGEST_REST_S))

    def _is_one_of_many(self, key: Key) -> bool:
        mine, since = self._associations[key], self._active_at[key] - ACTIVE_S
        return any(at > since and self._associations[other] < mine for other, at in self._active_at.items())
