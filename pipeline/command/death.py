"""Children that do not outlive their parent."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""


def dies_with_parent(sig: signal.Signals) -> Callable[[], None] | None:
    """What a child runs before its program starts, so that the kernel sends it ``sig`` when we die.

    The kernel watches the thread that forks: call from the main thread. None where there is no prctl.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl, parent = ctypes.CDLL(None, use_errno=True).prctl, os.getpid()

    def before_exec() -> None:
        prctl(_PR_SET_PDEATHSIG, int(sig))
        if os.getppid() != parent:
            os._exit(1)  # it died in between

    return before_exec
