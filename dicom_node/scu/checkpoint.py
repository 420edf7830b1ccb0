"""A cure for answers that pynetdicom loses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

_LOOK_S = 0.05


class Checkpoint(threading.Event):
    """Where an association's own thread is made to stand still while an answer is awaited.

    pynetdicom clears this event and then trusts a flag which its thread sets before it waits here, and takes back
    after. Between the two the flag lies: the thread runs on, takes the answer from the queue, and whoever asked
    waits until the answer is overdue (one message in some two thousand on a busy machine). Here `clear` returns when
    the thread does stand still, or is dead.
    """

    def __init__(self, is_alive: Callable[[], bool]) -> None:
        super().__init__()
        self._is_alive = is_alive
        self._changed = threading.Condition()
        self._standing = False
        self._open = True

    def is_set(self) -> bool:
        """Whether the thread may pass."""
        return self._open

    def set(self) -> None:
        """Let the thread pass."""
        with self._changed:
            self._open = True
            self._changed.notify_all()

    def clear(self) -> None:
        """Let the thread pass no more, and wait until it stands still."""
        with self._changed:
            self._open = False
            while not self._standing and self._is_alive():
                self._changed.wait(_LOOK_S)

    def wait(self, timeout: float | None = None) -> bool:
        """Stand still until allowed to pass."""
        with self._changed:
            self._standing = True
            self._changed.notify_all()
            passed = self._changed.wait_for(lambda: self._open, timeout)
            self._standing = False
        return passed


def keep_answers(association: Any) -> None:
    """Give an established `pynetdicom` association, ours to send on, a checkpoint that holds."""
    association._reactor_checkpoint = Checkpoint(association.is_alive)  # noqa: SLF001 -- no other way in
