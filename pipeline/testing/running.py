"""A whole NeuroVigie for a test: `neurovigie up` in a folder of its own, watched through its database."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil
import psycopg

T = TypeVar("T")


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(look: Callable[[], T], what: str, *, within_s: float = 60.0) -> T:
    """Look again and again until ``look`` gives something true, and give that; fails after ``within_s``."""
    deadline = time.monotonic() + within_s
    while True:
        with contextlib.suppress(psycopg.OperationalError, LookupError):
            found = look()
            if found:
                return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s:.0f} s: {what}")
        time.sleep(0.05)


@dataclass(slots=True)
class Running:
    """One running `neurovigie up`."""

    home: Path
    dicom_port: int = field(default_factory=free_port)
    web_port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait until its desk answers."""
        command = [sys.executable, "-m", "pipeline.command.main", "up", "--home", str(self.home)]
        command += ["--dicom-port", str(self.dicom_port), "--web-port", str(self.web_port)]
        environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        with (self.home.parent / "up.log").open("a") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, text=True, env=environment, start_new_session=True
            )
        ports = (self.web_port, self.dicom_port)
        eventually(lambda: all(map(self.answers, ports)), "both ports answer", within_s=180)

    def stop(self) -> int:
        """Ask it to stop, as Ctrl-C does, and give its exit code."""
        assert self.process is not None  # noqa: S101 - a test's own mistake
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def kill(self, part: str) -> int:
        """kill -9 one part, found by its module or program; its pid."""
        victim = self.part(part)
        victim.send_signal(signal.SIGKILL)
        return int(victim.pid)

    def part(self, part: str) -> psutil.Process:
        """The process of one part: "dicom_node", "pipeline.worker", "postgres" ..."""
        assert self.process is not None  # noqa: S101 - a test's own mistake
        children = psutil.Process(self.process.pid).children()
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                if part in " ".join(child.cmdline()[:4]):
                    return child
        raise LookupError(f"{part} does not run")

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query gives, on a connection of its own."""
        with psycopg.connect(self.database_url()) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def database_url(self) -> str:
        """Taken from the environment that the supervisor gave the node."""
        return str(self.part("dicom_node").environ()["DATABASE_URL"])

    @staticmethod
    def answers(port: int) -> bool:
        """Whether somebody listens on a port."""
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Running]:
    """`neurovigie up` for as long as the block lasts."""
    started = Running(folder / "home")
    try:
        started.start()
        yield started
    finally:
        if started.process is not None:
            started.stop()
