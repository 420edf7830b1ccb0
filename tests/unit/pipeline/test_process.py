"""A process ends when it is told to, whatever it waits for."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from pipeline.process import stop_on_signals, until


async def _for_ever() -> None:
    await asyncio.Event().wait()


def test_a_signal_ends_what_would_wait_for_ever() -> None:
    async def run() -> bool:
        stop = stop_on_signals()
        os.kill(os.getpid(), signal.SIGTERM)
        await until(stop, _for_ever())
        return stop.is_set()

    assert asyncio.run(run())


STUCK = """
import asyncio, os, signal, time
from pipeline.process import stop_on_signals, until

async def run():
    stop = stop_on_signals(0.1)
    os.kill(os.getpid(), signal.SIGTERM)
    await until(stop, asyncio.sleep(60))
    time.sleep(60)

asyncio.run(run())
"""


def test_a_process_that_cannot_tidy_up_is_ended_all_the_same() -> None:
    done = subprocess.run([sys.executable, "-c", STUCK], check=False, timeout=30)
    assert done.returncode == -signal.SIGALRM


def test_work_that_ends_by_itself_needs_no_signal() -> None:
    async def run() -> bool:
        stop = asyncio.Event()
        await until(stop, asyncio.sleep(0))
        return stop.is_set()

    assert not asyncio.run(run())


def test_what_work_raises_is_raised() -> None:
    async def broken() -> None:
        raise ConnectionError

    async def run() -> None:
        await until(asyncio.Event(), broken())

    with pytest.raises(ConnectionError):
        asyncio.run(run())
