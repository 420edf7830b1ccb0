"""`neurovigie up`: starts everything, brings back what is killed, refuses politely, stops cleanly."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

UP = [sys.executable, "-P", "-m", "pipeline.command.main", "up"]
PARTS = ("dicom_node", "pipeline.worker", "pipeline.clerk", "review_ui")

pytestmark = pytest.mark.timeout(240)


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("NEUROVIGIE_", "DATABASE_URL"))}


@contextmanager
def up(home: Path) -> Iterator[tuple[subprocess.Popen[str], dict]]:
    with (home.parent / f"{home.name}.err").open("w") as errors:
        process = subprocess.Popen(
            [*UP, "--home", str(home), "--dicom-port=0", "--web-port=0", "--json"],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        process.stdout.close()


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="nv-up-"))
    yield folder / "home"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def running(home: Path) -> Iterator[tuple[subprocess.Popen[str], dict]]:
    with up(home) as started:
        yield started


def child(process: subprocess.Popen[str], module: str) -> psutil.Process | None:
    for one in psutil.Process(process.pid).children():
        try:
            if one.status() != psutil.STATUS_ZOMBIE and one.cmdline()[-2:] == ["-m", module]:
                return one
        except psutil.NoSuchProcess:
            continue
    return None


def wait_until(condition, within_s=60.0):
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def answers(said: dict) -> bool:
    try:
        with urlopen(f"{said['address']}api/v1/status", timeout=5) as answer:
            return json.load(answer)["database"] is True
    except OSError:
        return False


def listens(said: dict) -> bool:
    try:
        socket.create_connection((said["dicom_host"], said["dicom_port"]), timeout=5).close()
    except OSError:
        return False
    return True


def refused(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*UP, *words],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


def test_it_says_where_everything_is_and_gives_the_first_account(running, home):
    _, said = running
    assert said["not_ready"] == []
    assert said["administrator"]["name"] == "admin"
    assert len(said["administrator"]["password"]) >= 12
    assert said["home"] == str(home)
    wait_until(lambda: answers(said) and listens(said))


@pytest.mark.parametrize("module", PARTS)
def test_a_part_that_is_killed_comes_back(running, module):
    process, said = running
    before = child(process, module)
    before.kill()
    wait_until(lambda: (now := child(process, module)) is not None and now.pid != before.pid)
    wait_until(lambda: answers(said) and listens(said))


def test_the_database_that_is_killed_comes_back(running):
    process, said = running
    wait_until(lambda: answers(said))
    postgres = next(one for one in psutil.Process(process.pid).children() if one.name() == "postgres")
    postgres.kill()
    wait_until(lambda: answers(said) and not postgres.is_running())


def test_a_home_in_use_is_refused_with_the_process_that_holds_it(running, home):
    process, _ = running
    again = refused("--home", str(home), "--dicom-port=0", "--web-port=0")
    assert again.returncode == 2
    assert f"already running on {home} (process {process.pid})" in again.stderr
    assert "Traceback" not in again.stderr


def test_a_taken_port_is_refused_by_its_number(running, home):
    _, said = running
    wait_until(lambda: listens(said))
    again = refused("--home", str(home.parent / "other"), f"--dicom-port={said['dicom_port']}", "--web-port=0")
    assert again.returncode == 2
    assert f"Port {said['dicom_port']}" in again.stderr
    assert not (home.parent / "other" / "postgres").exists()


def test_peer_finds_the_running_database_by_the_home_alone(running, home):
    words = [sys.executable, "-P", "-m", "pipeline.command.main", "peer"]
    env = {**environment(), "NEUROVIGIE_HOME": str(home)}
    subprocess.run([*words, "add", "CT1", "127.0.0.1", "11113", "--site", "test"], env=env, check=True)
    listed = subprocess.run([*words, "list", "--json"], env=env, check=True, capture_output=True, text=True)
    assert [peer["ae_title"] for peer in json.loads(listed.stdout)] == ["CT1"]


def test_it_stops_cleanly_and_the_next_start_makes_no_new_account(home):
    with up(home.parent / "twice") as (process, said):
        assert said["administrator"] is not None
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        psutil.wait_procs(children, timeout=10)
        assert not [one for one in children if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    with up(home.parent / "twice") as (_, said):
        assert said["administrator"] is None


def test_nothing_outlives_a_supervisor_that_was_killed(home):
    with up(home.parent / "killed") as (process, _):
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        psutil.wait_procs(children, timeout=30)
        assert not [one for one in children if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
