"""Keeps the parts and the embedded PostgreSQL running until told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from pipeline.command.death import dies_with_parent
from pipeline.command.logfiles import LogTail, parse, summary
from pipeline.command.parts import Part, after_death, how_it_ended
from pipeline.command.postgres import EmbeddedPostgres
from pipeline.domain.errors import NeuroVigieError

_REPEATED_AFTER_S = 60.0
_TRIES_BEFORE_ADVICE = 4


@dataclass(slots=True)
class Running:
    """What is known of one part."""

    part: Part
    tail: LogTail
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    start_at: float = 0.0
    ready: bool = False


@dataclass(slots=True)
class Supervisor:
    """Starts every part, restarts what dies, and stops all.

    ``tell`` takes one line for the person at the terminal. Call from the main thread only: children
    die with the thread that started them.
    """

    environment: Mapping[str, str]
    logs: Path
    tell: Callable[[str], None]
    postgres: EmbeddedPostgres | None = None
    _parts: list[Running] = field(default_factory=list)
    _postgres_at: float = 0.0
    _postgres_deaths: int = 0
    _told: dict[str, float] = field(default_factory=dict)

    def start(self, parts: Sequence[Part]) -> None:
        """Start the parts, in their order."""
        for part in parts:
            running = Running(part, LogTail(self.logs / f"{part.name}.log"))
            self._parts.append(running)
            self._start(running)

    @property
    def not_ready(self) -> list[str]:
        """Names of the parts that have not yet said that they are ready."""
        return [running.part.name for running in self._parts if not running.ready]

    def tick(self) -> None:
        """Look once: bring back what died, show what is worth showing."""
        now = time.monotonic()
        self._watch_postgres(now)
        for running in self._parts:
            self._watch(running, now)
            with suppress(OSError):  # a log that cannot be read or shortened now is next time
                self._read_log(running, now)

    def stop(self) -> None:
        """End all parts together, then the database they may still be writing to."""
        alive = [running for running in self._parts if running.process is not None]
        for running in alive:
            _signal_group(running.process, signal.SIGTERM, leader_only=True)
        began = time.monotonic()
        for running in alive:
            self._await_end(running, began + running.part.grace_s)
        if self.postgres is not None:
            self.postgres.stop()

    def _start(self, running: Running) -> None:
        with running.tail.path.open("ab") as log:
            running.process = subprocess.Popen(
                [sys.executable, "-P", "-m", running.part.module],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509 - this process has one thread
            )
        running.started, running.ready = time.monotonic(), False

    def _watch(self, running: Running, now: float) -> None:
        if running.process is None:
            if now >= running.start_at:
                self._try_to_start(running, now)
            return
        exit_code = _ended(running.process)
        if exit_code is None:
            return
        again = after_death(running.deaths, now - running.started)
        running.process, running.deaths, running.start_at = None, again.deaths, now + again.pause_s
        advice = f"; see {running.tail.path}" if again.deaths >= _TRIES_BEFORE_ADVICE else ""
        self.tell(f"{running.part.name} {how_it_ended(exit_code)}; it starts again in {again.pause_s:g} s{advice}")

    def _try_to_start(self, running: Running, now: float) -> None:
        try:
            self._start(running)
        except OSError as error:
            again = after_death(running.deaths, 0.0)
            running.deaths, running.start_at = again.deaths, now + again.pause_s
            self.tell(f"{running.part.name} cannot be started: {error.strerror}")

    def _watch_postgres(self, now: float) -> None:
        if self.postgres is None or self.postgres.pid is not None or now < self._postgres_at:
            return
        self.tell("PostgreSQL ended; it starts again")
        try:
            self.postgres.start()
        except (NeuroVigieError, OSError, psycopg.Error) as error:  # a full disk must not end the node too
            again = after_death(self._postgres_deaths, 0.0)
            self._postgres_deaths, self._postgres_at = again.deaths, time.monotonic() + again.pause_s
            self.tell(f"PostgreSQL: {error}")
        else:
            self._postgres_deaths = 0

    def _read_log(self, running: Running, now: float) -> None:
        for line in running.tail.new_lines():
            event = parse(line)
            if event.get("event") == "ready" and not running.ready:
                running.ready = True
                if running.deaths:
                    self.tell(f"{running.part.name} is back")
            said = summary(event)
            if said is not None and now - self._told.get(said, -_REPEATED_AFTER_S) >= _REPEATED_AFTER_S:
                self._told[said] = now
                self.tell(f"{running.part.name}: {said}")
        running.tail.keep_small()

    def _await_end(self, running: Running, deadline: float) -> None:
        process = running.process
        if process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.0, deadline - time.monotonic()))
        if process.poll() is None:
            self.tell(f"{running.part.name} did not stop in time and is killed")
        _signal_group(process, signal.SIGKILL)
        process.wait()
        running.process = None


def _ended(process: subprocess.Popen[bytes]) -> int | None:
    """The exit code of a process that ended, after what it had started was ended too.

    The group is signalled before the process is reaped, while its number cannot be another's.
    """
    if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        return None
    _signal_group(process, signal.SIGKILL)
    return process.wait()


def _signal_group(process: subprocess.Popen[bytes] | None, sig: signal.Signals, *, leader_only: bool = False) -> None:
    if process is None:
        return
    with suppress(ProcessLookupError):
        if leader_only:
            process.send_signal(sig)
        else:
            os.killpg(process.pid, sig)
