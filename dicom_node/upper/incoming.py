"""A data set while it comes in: kept within bounds, and digested on the way."""

from __future__ import annotations

import threading
from hashlib import sha256

from dicom_node.upper.line import Line

_FIRST = 1 << 20
_KEPT = 8 << 20
"""A buffer larger than this is not kept for the next data set."""

_SCRATCH = 64 * 1024


class Memory:
    """Bytes that all associations together may hold."""

    def __init__(self, most: int) -> None:
        self._lock = threading.Lock()
        self._left = most

    def take(self, count: int) -> bool:
        """Take ``count`` bytes, or none; whether there were as many."""
        with self._lock:
            if count > self._left:
                return False
            self._left -= count
            return True

    def give_back(self, count: int) -> None:
        """Give bytes back."""
        with self._lock:
            self._left += count


class Incoming:
    """One data set after another, in one buffer that grows before bytes come, never beyond its bounds.

    What does not fit is read and forgotten, and `too_large` or `no_memory` says so.
    """

    def __init__(self, memory: Memory, largest: int) -> None:
        self._memory = memory
        self._largest = largest
        self._buffer = memoryview(bytearray())
        self._length = 0
        self._digest = sha256()
        self.too_large = False
        self.no_memory = False

    @property
    def body(self) -> memoryview:
        """What came in; valid until the next `begin`."""
        return self._buffer[: self._length]

    @property
    def sha256(self) -> str:
        """The digest of `body`, in hexadecimal."""
        return self._digest.hexdigest()

    def begin(self) -> None:
        """A new data set comes."""
        self._length = 0
        self._digest = sha256()
        self.too_large = self.no_memory = False
        if len(self._buffer) > _KEPT:
            self.forget()

    def receive(self, line: Line, count: int) -> None:
        """Take ``count`` bytes from the line. Raises what `Line.fill` raises."""
        if self.too_large or self.no_memory or not self._make_room(self._length + count):
            self._skip(line, count)
            return
        piece = self._buffer[self._length : self._length + count]
        line.fill(piece)
        self._digest.update(piece)
        self._length += count

    def forget(self) -> None:
        """Give the memory back."""
        self._memory.give_back(len(self._buffer))
        self._buffer = memoryview(bytearray())
        self._length = 0

    def _make_room(self, needed: int) -> bool:
        if needed <= len(self._buffer):
            return True
        if needed > self._largest:
            self.too_large = True
            return False
        size = min(max(needed, 2 * len(self._buffer), _FIRST), max(self._largest, needed))
        larger = self._allocate(size)
        if larger is None:
            self.no_memory = True
            return False
        larger[: self._length] = self.body
        self._memory.give_back(len(self._buffer))
        self._buffer = larger
        return True

    def _allocate(self, size: int) -> memoryview | None:
        if not self._memory.take(size):
            return None
        try:
            return memoryview(bytearray(size))
        except MemoryError:
            self._memory.give_back(size)
            return None

    def _skip(self, line: Line, count: int) -> None:
        scratch = memoryview(bytearray(min(count, _SCRATCH)))
        while count:
            piece = scratch[: min(count, len(scratch))]
            line.fill(piece)
            count -= len(piece)
