"""How a process of ours ends: at SIGTERM or SIGINT, soon, whatever it is waiting for."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any

END_WITHIN_S = 9.0
"""A second before the supervisor would kill a part that does not end."""


def stop_on_signals(end_within_s: float | None = None) -> asyncio.Event:
    """An event that SIGTERM and SIGINT set; call it in the running loop.

    After ``end_within_s`` more the kernel ends this process (SIGALRM): when the supervisor
    was killed, the database is gone too, and tidying up would wait for it, or for a model.
    """
    stop = asyncio.Event()

    def asked() -> None:
        stop.set()
        if end_within_s is not None:
            signal.setitimer(signal.ITIMER_REAL, end_within_s)

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked)
    return stop


async def until(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` until it ends or ``stop`` is set; then it is cancelled. What it raises is raised."""
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not working.done():
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
        return
    await working
