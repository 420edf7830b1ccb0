"""Texts that took a while to make, kept within a bound."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock


class BoundedCache:
    """The most recently used byte strings, up to ``most_bytes`` of them together."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """The value of ``key``, made if it is not kept; two threads may both make it, which harms nobody."""
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return known
        made = make()
        self._keep(key, made)
        return made

    def _keep(self, key: Hashable, value: bytes) -> None:
        with self._lock:
            self._size += len(value) - len(self._kept.pop(key, b""))
            self._kept[key] = value
            while self._size > self._most_bytes:
                _, dropped = self._kept.popitem(last=False)
                self._size -= len(dropped)
