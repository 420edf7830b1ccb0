"""One embedded PostgreSQL: made on first use, started, watched and stopped by us."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

import psycopg

from pipeline.command.death import dies_with_parent
from pipeline.command.postgres.binaries import Installation, choose, installations
from pipeline.command.postgres.leftovers import clear
from pipeline.command.postgres.place import ROLE, Place, prepare, reachable_programs
from pipeline.domain.errors import DatabaseUnavailable, HomeInUse

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "max_connections": "80",
    "shared_buffers": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "512MB",
    "max_parallel_workers_per_gather": "0",
    "autovacuum_max_workers": "2",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A statement or an error's detail can hold patient data: only the server's own life is logged.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
}
"""No network at all, nothing traded against durability, small enough for a laptop."""
_SINCE_18 = {"io_method": "sync"}
"""No extra I/O processes: this database is small."""

_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
_RECOVERY_WITHIN_S = 300.0


class EmbeddedPostgres:
    """The server of one folder (home/postgres); only one at a time can hold that folder."""

    def __init__(self, folder: Path, log: Path) -> None:
        self._log = log
        self.place: Place = prepare(folder)
        self._installation = self._choose()
        self._lock = _locked(self.place.lock)
        self._folder_fd = os.open(self.place.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> str:
        """Start the server, making it first if need be; returns its DATABASE_URL once it answers."""
        if not (self.place.data / "PG_VERSION").exists():
            self._initialise()
        self._write_who_may_connect()
        clear(self.place.data)
        self._process = self._popen([self._program("postgres"), "-D", self._inside("data"), *self._settings()])
        self._wait_until_up(self._process)
        self._ensure_database()
        return self.place.url

    def stop(self, within_s: float = 30.0) -> None:
        """Fast shutdown (SIGINT): sessions are ended, everything is written; harder only if it hangs."""
        process = self._process
        if process is not None:
            for sig in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                if process.poll() is None:
                    process.send_signal(sig)
                    _wait(process, within_s)
            self._process = None
        if not self._lock.closed:
            self._lock.close()
            os.close(self._folder_fd)

    def _choose(self) -> Installation:
        version = self.place.data / "PG_VERSION"
        chosen = choose(installations(), version.read_text().strip() if version.exists() else None)
        return Installation(chosen.major, reachable_programs(chosen.root, self.place.account))

    def _initialise(self) -> None:
        """Make the data in a folder beside, then rename it: a crash leaves nothing half made."""
        unfinished = self.place.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        options = ["--auth=reject", "--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions"]
        if self._installation.major >= 17:
            options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        initdb = self._popen([self._program("initdb"), "-D", self._inside(unfinished.name), "-U", ROLE, *options])
        if initdb.wait() != 0:
            raise DatabaseUnavailable(f"PostgreSQL could not make its database; {self._see_log()}")
        unfinished.rename(self.place.data)

    def _write_who_may_connect(self) -> None:
        """Peer authentication only: the kernel says who calls, and only our own account may be the role."""
        account = self.place.account
        for name, text in (
            ("pg_ident.conf", f'ours "{pwd.getpwuid(os.geteuid()).pw_name}" {ROLE}\n'),
            ("pg_hba.conf", f"local all {ROLE} peer map=ours\n"),
        ):
            path = self.place.data / name
            if path.read_text() == text:
                continue
            path.write_text(text)
            if account is not None:
                os.chown(path, account.uid, account.gid)

    def _settings(self) -> list[str]:
        beside = self.place.run.parent == self.place.folder
        socket_folder = self._inside(self.place.run.name) if beside else str(self.place.run)
        settings = {**SETTINGS, "unix_socket_directories": socket_folder}
        if self._installation.major >= 18:
            settings.update(_SINCE_18)
        return [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]

    def _inside(self, name: str) -> str:
        """A path below our folder that the server can use, whether or not it may enter the folders above."""
        if self.place.account is None or not sys.platform.startswith("linux"):
            return str(self.place.folder / name)
        return f"/proc/self/fd/{self._folder_fd}/{name}"

    def _program(self, name: str) -> Path:
        return self._installation.bin / name

    def _popen(self, command: list[Any]) -> subprocess.Popen[bytes]:
        account = self.place.account
        with self._log.open("ab") as log:
            return subprocess.Popen(
                command,
                env=_ENVIRONMENT,
                cwd=self.place.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(self._folder_fd,),
                preexec_fn=dies_with_parent(signal.SIGINT),  # noqa: PLW1509 - this process has one thread
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )

    def _wait_until_up(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _RECOVERY_WITHIN_S
        while True:
            try:
                psycopg.connect(host=str(self.place.run), user=ROLE, dbname="postgres").close()
            except psycopg.OperationalError as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise DatabaseUnavailable(f"PostgreSQL did not start; {self._see_log()}") from error
                time.sleep(0.02)
            else:
                return

    def _ensure_database(self) -> None:
        with psycopg.connect(host=str(self.place.run), user=ROLE, dbname="postgres", autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (ROLE,)).fetchone()
            if known is None:
                connection.execute(f"CREATE DATABASE {ROLE}".encode())

    def _see_log(self) -> str:
        return f"see {self._log}"


def _locked(path: Path) -> IO[str]:
    lock = path.open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise HomeInUse from error
    return lock


def _wait(process: subprocess.Popen[bytes], within_s: float) -> None:
    try:
        process.wait(timeout=within_s)
    except subprocess.TimeoutExpired:
        return
