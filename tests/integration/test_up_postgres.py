"""The embedded PostgreSQL: made, killed, brought back, and closed to everybody else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from pipeline.command.postgres import EmbeddedPostgres
from pipeline.domain.errors import ConfigurationError, HomeInUse


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the database's account may not enter, as a home is."""
    home = Path(tempfile.mkdtemp(prefix="nv-home-"))
    yield home / "postgres"
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    postgres = EmbeddedPostgres(folder, folder.parent / "postgres.log")
    postgres.start()
    yield postgres
    postgres.stop()


def wait_until(condition, within_s=20.0):
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_nothing_is_traded_against_durability_and_nothing_listens_on_a_network(server):
    with psycopg.connect(server.place.url) as connection:
        said = {
            name: connection.execute(f"SHOW {name}").fetchone()[0]
            for name in ("fsync", "full_page_writes", "synchronous_commit", "data_checksums", "listen_addresses")
        }
    assert said == {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "listen_addresses": "",
    }


def test_what_was_committed_survives_kill_9_of_the_server(server):
    with psycopg.connect(server.place.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 50000)")
    os.kill(server.pid, signal.SIGKILL)
    wait_until(lambda: server.pid is None)
    with psycopg.connect(server.start()) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (50000,)


def test_a_second_supervisor_of_the_same_folder_is_refused(server, folder):
    with pytest.raises(HomeInUse):
        EmbeddedPostgres(folder, folder.parent / "second.log")


def test_a_pid_file_that_names_somebody_else_is_no_obstacle(folder):
    postgres = EmbeddedPostgres(folder, folder.parent / "postgres.log")
    postgres.start()
    postgres.stop()
    pid_file = postgres.place.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{postgres.place.data}\n")
    again = EmbeddedPostgres(folder, folder.parent / "postgres.log")
    try:
        with psycopg.connect(again.start()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        again.stop()


def test_data_of_a_version_that_is_not_installed_are_left_alone(folder):
    postgres = EmbeddedPostgres(folder, folder.parent / "postgres.log")
    postgres.start()
    postgres.stop()
    (postgres.place.data / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(ConfigurationError, match=r"PostgreSQL 9\.6"):
        EmbeddedPostgres(folder, folder.parent / "postgres.log")


def test_the_server_ends_with_a_supervisor_that_was_killed(folder):
    code = (
        "import sys, time\nfrom pathlib import Path\n"
        "from pipeline.command.postgres import EmbeddedPostgres\n"
        "folder = Path(sys.argv[1])\n"
        "postgres = EmbeddedPostgres(folder, folder.parent / 'postgres.log')\n"
        "postgres.start()\nprint(postgres.pid, flush=True)\ntime.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True) as supervisor:
        pid = int(supervisor.stdout.readline())
        supervisor.kill()
    wait_until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    again = EmbeddedPostgres(folder, folder.parent / "postgres.log")
    again.start()
    again.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can call as somebody else")
def test_no_other_account_can_enter_not_even_the_one_it_runs_as(server):
    account = server.place.account
    server.place.folder.parent.chmod(0o711)
    done = subprocess.run(
        [server._program("psql"), server.place.url, "-c", "SELECT 1"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=account.uid,
        group=account.gid,
        extra_groups=[],
    )
    assert done.returncode != 0
    assert "Peer authentication failed" in done.stderr


def test_its_log_holds_no_value_of_a_refused_statement(server, folder):
    with (
        psycopg.connect(server.place.url) as connection,
        pytest.raises(psycopg.Error),
    ):
        connection.execute("SELECT 'LE GOFF Maelle'::integer")
    assert "LE GOFF" not in (folder.parent / "postgres.log").read_text()
