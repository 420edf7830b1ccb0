"""`neurovigie up`: everything on one machine."""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pipeline.command.parts import PARTS, address_of, environment
from pipeline.command.postgres import EmbeddedPostgres
from pipeline.command.preflight import check_disk, check_port, check_tls, free_port, take_home
from pipeline.command.supervisor import Supervisor
from pipeline.domain.errors import ConfigurationError, DatabaseUnavailable
from pipeline.settings import Settings

_TICK_S = 0.2
_READY_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a person needs to begin: where the desk is, how scanners call us, the first account."""

    address: str
    ae_title: str
    dicom_host: str
    dicom_port: int
    database_url: str
    home: str
    administrator: dict[str, str] | None
    not_ready: list[str]


def run(settings: Settings, *, announce: Callable[[Announcement], None], tell: Callable[[str], None]) -> None:
    """Start everything and stay until SIGINT or SIGTERM. Raises `ConfigurationError` before anything starts.

    ``announce`` is called once, when every part is ready or has had long enough.
    """
    home = settings.folders
    settings = _with_ports(settings)
    check_tls(settings)
    lock = take_home(home)
    check_disk(home, settings.disk_watermark)
    check_port(settings.dicom_host, settings.dicom_port, "--dicom-port")
    check_port(settings.web_host, settings.web_port, "--web-port")
    with _stop_signal() as stop:
        postgres = None if settings.database_url else EmbeddedPostgres(home.postgres, home.logs / "postgres.log")
        supervisor = Supervisor({}, home.logs, tell, postgres)
        try:
            tell("Starting the database")
            url = settings.database_url or (postgres.start() if postgres else "")
            supervisor.environment = environment(os.environ, settings, url)
            make_schema(supervisor.environment)
            administrator = first_administrator(supervisor.environment)
            if stop(0):
                return
            tell(f"Starting {', '.join(part.name for part in PARTS)}")
            supervisor.start(PARTS)
            lock.say(pid=os.getpid(), address=address_of(settings), dicom_port=settings.dicom_port)
            _until_ready(supervisor, stop)
            announce(_announcement(settings, url, administrator, supervisor.not_ready))
            while not stop(_TICK_S):
                supervisor.tick()
        finally:
            tell("Stopping")
            supervisor.stop()
            lock.file.close()


def make_schema(env: Mapping[str, str]) -> None:
    """Create or upgrade the database's tables; raises `DatabaseUnavailable` with the reason."""
    done = _finished(env, "pipeline.database")
    if done.returncode != 0:
        raise DatabaseUnavailable(last_line(done.stderr) or "The database could not be prepared.")


def first_administrator(env: Mapping[str, str]) -> dict[str, str] | None:
    """Make the first account if there is none: its name and one-time password."""
    done = _finished(env, "review_ui.accounts", "first")
    if done.returncode != 0:
        raise ConfigurationError(last_line(done.stderr) or "The first account could not be made.")
    return json.loads(done.stdout) if done.stdout.strip() else None


def _finished(env: Mapping[str, str], module: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run another room's program to its end, out of reach of the terminal's Ctrl-C."""
    return subprocess.run(
        [sys.executable, "-P", "-m", module, *words],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )


def last_line(text: str) -> str:
    """The last line that says anything: a sentence of ours, or the end of a traceback."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("Error: ") if lines else ""


def _with_ports(settings: Settings) -> Settings:
    """Port 0 means any free one; the parts must agree on it, so it is chosen here."""
    wanted = {name: free_port() for name in ("dicom_port", "web_port") if getattr(settings, name) == 0}
    return settings.model_copy(update=wanted)


def _announcement(
    settings: Settings, url: str, administrator: dict[str, str] | None, not_ready: list[str]
) -> Announcement:
    return Announcement(
        address=address_of(settings),
        ae_title=settings.ae_title,
        dicom_host=settings.dicom_host,
        dicom_port=settings.dicom_port,
        database_url="" if settings.database_url else url,
        home=str(settings.folders.root),
        administrator=administrator,
        not_ready=not_ready,
    )


def _until_ready(supervisor: Supervisor, stop: Callable[[float], bool]) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while supervisor.not_ready and time.monotonic() < deadline and not stop(0.05):
        supervisor.tick()


@contextmanager
def _stop_signal() -> Iterator[Callable[[float], bool]]:
    """A function that waits up to some seconds and says whether SIGINT or SIGTERM has come.

    A child's death (SIGCHLD) ends the wait early, so that it is brought back at once.
    """
    asked: list[int] = []
    mine, kernels = socket.socketpair()
    mine.setblocking(False)  # noqa: FBT003 - the socket's signature
    kernels.setblocking(False)  # noqa: FBT003
    selector = selectors.DefaultSelector()
    selector.register(mine, selectors.EVENT_READ)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)}
    signal.signal(signal.SIGINT, lambda number, _: asked.append(number))
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    signal.signal(signal.SIGCHLD, lambda *_: None)
    before = signal.set_wakeup_fd(kernels.fileno(), warn_on_full_buffer=False)

    def wait(seconds: float) -> bool:
        if not asked and selector.select(seconds):
            mine.recv(4096)
        return bool(asked)

    try:
        yield wait
    finally:
        signal.set_wakeup_fd(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        selector.close()
        mine.close()
        kernels.close()
