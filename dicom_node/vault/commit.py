"""One sync for all that was written before it began, however many wait for it."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable


class GroupCommit:
    """Shares the syncs of one file among the threads that write to it.

    After a sync has failed nobody knows what the disk holds (the kernel forgets which pages were bad),
    so every later one fails too and the file is given up.
    """

    def __init__(self, sync: Callable[[], None]) -> None:
        self._sync = sync
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._written = 0
        self._durable = 0
        self.failed = False

    def wrote(self) -> int:
        """Take note that a write has ended; the ticket to wait with."""
        with self._counting:
            self._written += 1
            return self._written

    def wait(self, ticket: int) -> None:
        """Return once a sync that began after this write has ended. Raises `OSError`."""
        with self._turn:
            if self._durable >= ticket:
                return
            if self.failed:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            upto = self._written
            try:
                self._sync()
            except OSError:
                self.failed = True
                raise
            self._durable = upto
