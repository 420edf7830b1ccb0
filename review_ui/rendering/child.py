"""The child that decodes, started when first needed; one that hangs or dies is replaced."""

from __future__ import annotations

import contextlib
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from pipeline import logs
from pipeline.domain.errors import UnreadableInstance
from review_ui.rendering.wanted import Asked

COMMAND = (sys.executable, "-m", "review_ui.rendering")
WITHIN_S = 20.0
"""For one picture, and for waiting for those before it."""
_HEAD = struct.Struct("<cQ")
_LARGEST = 1 << 30


class Renderer:
    """Makes one thing at a time; safe for many threads."""

    def __init__(self, command: Sequence[str] = COMMAND, within_s: float = WITHIN_S) -> None:
        self._command = tuple(command)
        self._within_s = within_s
        self._turn = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def make(self, asked: Asked) -> bytes:
        """What is asked for. Raises `UnreadableInstance` when it cannot be made, or not in time."""
        deadline = time.monotonic() + self._within_s
        if not self._turn.acquire(timeout=self._within_s):
            raise UnreadableInstance("Too many pictures are asked for at this moment.")
        try:
            return self._ask(asked, max(deadline, time.monotonic() + self._within_s / 2))
        except OSError as exc:
            self._end()
            logs.get().warning("rendering_failed", error=type(exc).__name__)
            raise UnreadableInstance("The stored image cannot be shown.") from exc
        finally:
            self._turn.release()

    def close(self) -> None:
        """End the child."""
        with self._turn:
            self._end()

    def _ask(self, asked: Asked, deadline: float) -> bytes:
        child = self._running()
        assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018 - for the type checker
        child.stdin.write(asked.as_line())
        child.stdin.flush()
        kind, length = _HEAD.unpack(_read(child.stdout.fileno(), _HEAD.size, deadline))
        if length > _LARGEST:
            raise OSError("absurd length")
        body = _read(child.stdout.fileno(), length, deadline)
        if kind != b"+":
            raise UnreadableInstance("The stored image cannot be shown.")
        return body

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._end()
            self._child = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _read(descriptor: int, length: int, deadline: float) -> bytes:
    """Exactly so many bytes. Raises `OSError` when they do not come in time, or the child is gone."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    pieces = []
    while length:
        ready = waiting.poll(max(deadline - time.monotonic(), 0) * 1000)
        piece = os.read(descriptor, min(length, 1 << 20)) if ready else b""
        if not piece:
            raise TimeoutError("the child is silent")
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)
