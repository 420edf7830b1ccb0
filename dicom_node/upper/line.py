"""Bytes of one connection: few system calls, no copy of what is large, and an end to every wait."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import time

AHEAD = 64 * 1024
"""Bytes read beyond what was asked for."""

_TICK_S = 1
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)
_TIMEVAL = struct.Struct("@ll")


class Overdue(Exception):
    """The peer took too long."""


class HungUp(Exception):
    """The connection is closed."""


class Line:
    """Reads from and writes to one connection, plain or TLS; used by one thread.

    `deadline`, in monotonic seconds, is looked at after each read and at least once a second. Each read
    is acknowledged at once: senders that leave Nagle's algorithm on wait 40 ms an image otherwise.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.deadline = 0.0
        self._is_tls = isinstance(connection, ssl.SSLSocket)
        self._acknowledges = connection.family in {socket.AF_INET, socket.AF_INET6}
        self._ahead = memoryview(bytearray(AHEAD))
        self._start = 0
        self._end = 0
        if self._is_tls:
            connection.settimeout(_TICK_S)
        else:
            connection.settimeout(None)
            for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                connection.setsockopt(socket.SOL_SOCKET, option, _TIMEVAL.pack(_TICK_S, 0))

    def allow(self, seconds: float) -> None:
        """Give what is read from now on this long, in all."""
        self.deadline = time.monotonic() + seconds

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes, at most `AHEAD`. Raises `HungUp`, `Overdue`."""
        while self._end - self._start < count:
            self._read_ahead()
        self._start += count
        return bytes(self._ahead[self._start - count : self._start])

    def fill(self, target: memoryview) -> None:
        """Fill ``target`` with the next bytes, most of them without a copy. Raises `HungUp`, `Overdue`."""
        ready = min(self._end - self._start, len(target))
        target[:ready] = self._ahead[self._start : self._start + ready]
        self._start += ready
        rest = target[ready:]
        while rest:
            rest = rest[self._read_into(rest) :]

    def send(self, data: bytes) -> None:
        """Send everything. Raises `HungUp`, `Overdue`."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self.connection.send(rest) :]
            except (BlockingIOError, TimeoutError):
                self._look_at_the_clock()
            except OSError as exc:
                raise HungUp from exc

    def unread(self) -> bytes:
        """What was read ahead and not taken."""
        return bytes(self._ahead[self._start : self._end])

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()

    def _read_ahead(self) -> None:
        if self._start:
            kept = self._end - self._start
            self._ahead[:kept] = bytes(self._ahead[self._start : self._end])
            self._start, self._end = 0, kept
        self._end += self._receive([self._ahead[self._end :]])

    def _read_into(self, rest: memoryview) -> int:
        """Read into ``rest``; what comes beyond it is kept for later. How many bytes of ``rest`` are there."""
        self._start = self._end = 0
        received = self._receive([rest, self._ahead])
        self._end = max(received - len(rest), 0)
        return received - self._end

    def _receive(self, buffers: list[memoryview]) -> int:
        while True:
            try:
                received = self._receive_some(buffers)
            except (BlockingIOError, TimeoutError):
                self._look_at_the_clock()
                continue
            except OSError as exc:
                raise HungUp from exc
            if not received:
                raise HungUp
            self._look_at_the_clock()
            return received

    def _receive_some(self, buffers: list[memoryview]) -> int:
        line = self.connection
        received = line.recv_into(buffers[0]) if self._is_tls else line.recvmsg_into(buffers)[0]
        if self._acknowledges and _QUICKACK is not None:
            self.connection.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        return received

    def _look_at_the_clock(self) -> None:
        if time.monotonic() > self.deadline:
            raise Overdue
