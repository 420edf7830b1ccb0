"""The node as a process: what it refuses to start with, and what a kill leaves."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import psycopg
import pytest
from pydicom import Dataset

from dicom_node.peers.peer import Peer
from dicom_node.peers.table import read_peers, remove_peer, write_peer
from dicom_node.scu.association import Target, associate, echo
from dicom_node.scu.send import set_up_sender
from dicom_node.vault.fast import FastVault, fast_vault
from dicom_node.vault.part10 import encode_plain_head
from pipeline.database.engine import connect
from pipeline.domain.errors import PeerUnreachable
from pipeline.testing.data_sets import CTImageStorage, ExplicitVRLittleEndian, data_set

NOWHERE = "postgresql://neurovigie@/neurovigie?host=/nonexistent"
WITHIN_S = 100.0
ANSWER_S = 20.0
"""A sync takes seconds on a disk that many tests write to at once."""
KILLED_ANSWER_S = 5.0


@dataclass(frozen=True, slots=True)
class NodeProcess:
    """A node in a process of its own."""

    process: subprocess.Popen[str]
    port: int
    home: Path

    @property
    def target(self) -> Target:
        return Target("127.0.0.1", self.port, "NEUROVIGIE", "SCANNER", answer_s=ANSWER_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(WITHIN_S)


def _environment(home: Path, database_url: str, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "NEUROVIGIE_HOME": str(home),
        "DATABASE_URL": database_url,
        "NEUROVIGIE_DICOM_PORT": "0",
        "NEUROVIGIE_DISK_WATERMARK": "1",
        **more,
    }


@contextmanager
def node_process(home: Path, database_url: str = NOWHERE) -> Iterator[NodeProcess]:
    home.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "dicom_node"]
    with (home / "node.log").open("a+") as log:
        log.seek(0, os.SEEK_END)
        with subprocess.Popen(command, env=_environment(home, database_url), stderr=log, text=True) as process:
            try:
                yield NodeProcess(process, _port_of(process, log.tell(), log), home)
            finally:
                process.kill()


def _port_of(process: subprocess.Popen[str], start: int, log: IO[str]) -> int:
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        log.seek(start)
        for line in log:
            entry = json.loads(line) if line.startswith("{") and line.endswith("\n") else {}
            if entry.get("event") == "ready":
                return int(entry["port"])
        time.sleep(0.02)
    raise AssertionError("the node did not become ready")


def _files(folder: Path, count: int) -> dict[str, Path]:
    folder.mkdir()
    paths = {}
    for number in range(count):
        uid = f"1.2.3.{number}"
        paths[uid] = folder / f"{number}.dcm"
        body = data_set(sop_instance=uid, pixels=number.to_bytes(2, "big") * 50_000)
        paths[uid].write_bytes(encode_plain_head(CTImageStorage, uid, ExplicitVRLittleEndian) + body)
    return paths


def _send_until_killed(node: NodeProcess, files: dict[str, Path], kill_after: int) -> set[str]:
    """Send one after another; kill the node without waiting for the answer to one; who was acknowledged."""
    set_up_sender()
    # The killed node answers no more, and pynetdicom waits for it all the same.
    target = replace(node.target, answer_s=KILLED_ANSWER_S)
    association = associate(target, [(CTImageStorage, ExplicitVRLittleEndian)])
    acknowledged: set[str] = set()
    for uid, path in files.items():
        if len(acknowledged) == kill_after:
            os.kill(node.process.pid, signal.SIGKILL)
        if not association.is_established:
            break
        try:
            answer = association.send_c_store(path)
        except (RuntimeError, OSError):
            break
        if answer.get("Status") == 0:
            acknowledged.add(uid)
    association.abort()
    return acknowledged


def test_a_kill_in_the_middle_of_a_send_loses_no_acknowledged_image(tmp_path: Path) -> None:
    files = _files(tmp_path / "files", 60)
    with node_process(tmp_path / "home") as node:
        acknowledged = _send_until_killed(node, files, kill_after=25)
    assert len(acknowledged) >= 25
    with node_process(tmp_path / "home") as node:
        echo(node.target)
    with fast_vault(FastVault(tmp_path / "home" / "vault", watermark=1.0)) as vault:
        kept = {receipt.arrival.SOPInstanceUID: receipt.path for receipt in vault.pending()}
        assert acknowledged <= set(kept)
        for uid, path in kept.items():
            assert vault.read(path).endswith(data_set(sop_instance=uid, pixels=files[uid].read_bytes()[-100_000:]))
    assert list((tmp_path / "home" / "vault" / "incoming").iterdir()) == []


def test_after_a_kill_the_index_hears_of_every_image_and_of_no_release(tmp_path: Path, database_url: str) -> None:
    files = _files(tmp_path / "files", 40)
    with node_process(tmp_path / "home", NOWHERE) as node:
        acknowledged = _send_until_killed(node, files, kill_after=20)
    with node_process(tmp_path / "home", database_url):
        _wait_until(lambda: acknowledged <= _indexed(database_url))
        _wait_until(lambda: list((tmp_path / "home" / "vault" / "pending").iterdir()) == [])
        assert _count(database_url, "SELECT count(*) FROM association") == 0


def test_peers_made_known_are_heard_at_once_and_remembered_without_a_database(
    tmp_path: Path, database_url: str
) -> None:
    engine = connect(database_url, connections=1)
    files = _files(tmp_path / "files", 2)
    set_up_sender()
    with node_process(tmp_path / "home", database_url) as node:
        write_peer(engine, Peer("carhaix", "SCANNER", "127.0.0.1", 104), "Centre hospitalier de Carhaix")
        assert _store(node, files["1.2.3.0"]) == 0
        _wait_until((node.home / "peers.json").exists)
        _wait_until(lambda: _indexed(database_url) == {"1.2.3.0"})
    with node_process(tmp_path / "home", NOWHERE) as node:
        assert _store(node, files["1.2.3.1"]) == 0
    with fast_vault(FastVault(tmp_path / "home" / "vault", watermark=1.0)) as vault:
        sites = {receipt.arrival.SOPInstanceUID: receipt.arrival.site_id for receipt in vault.pending()}
    assert sites["1.2.3.1"] == "carhaix"
    assert (tmp_path / "home" / "peers.json").stat().st_mode & 0o777 == 0o600
    assert remove_peer(engine, "SCANNER") == 1
    assert read_peers(engine) == ()
    engine.dispose()


def test_the_peer_command_adds_lists_tests_and_removes(tmp_path: Path, database_url: str) -> None:
    def peers(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dicom_node.peers", *words]
        environment = _environment(tmp_path, database_url)
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    with node_process(tmp_path / "home") as node:
        added = peers("add", "NEUROVIGIE", "127.0.0.1", str(node.port), "--site", "brest")
        assert added.stdout == f"NEUROVIGIE at 127.0.0.1:{node.port} now belongs to site brest.\n"
        assert "brest" in peers("list").stdout
        assert "answers C-ECHO" in peers("test", "NEUROVIGIE").stdout
        assert "are changed" in peers("rule", "NEUROVIGIE", "--service", "query", "--rate", "5").stdout
        assert "is disabled" in peers("disable", "NEUROVIGIE").stdout
        (kept,) = json.loads(peers("list", "--json").stdout)
        assert {name: kept["rules"][name] for name in ("enabled", "services", "images_per_second")} == {
            "enabled": False,
            "services": ["query"],
            "images_per_second": 5.0,
        }
    refused = peers("test", "NEUROVIGIE")
    assert refused.returncode == 1
    assert "nothing listens at" in refused.stdout
    assert peers("remove", "NEUROVIGIE").returncode == 0
    assert "No peer NEUROVIGIE is known;" in peers("remove", "NEUROVIGIE").stderr
    assert peers("add", "NEUROVIGIE", "127.0.0.1", "104", "--site", "Brest!").returncode == 2


def test_the_send_command_reports_each_file_in_json(tmp_path: Path) -> None:
    files = _files(tmp_path / "files", 3)
    (tmp_path / "files" / "readme.txt").write_text("not an image")
    files["1.2.3.0"].write_bytes(b"not an image")
    with node_process(tmp_path / "home") as node:
        to = f"127.0.0.1:{node.port}"
        command = [sys.executable, "-m", "dicom_node.scu", "--to", to, "--json", str(tmp_path / "files")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        report = json.loads(done.stdout)
        assert (report["stored"], report["failed"], report["skipped"]) == (2, 0, 2)
        asked = subprocess.run([*command, str(files["1.2.3.0"])], capture_output=True, text=True, check=False)
        assert asked.returncode == 1
        assert [one["why"] for one in json.loads(asked.stdout)["files"] if not one["stored"]] == [
            "This is not a DICOM file."
        ]
    closed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert closed.returncode == 2
    assert "nothing listens on this port" in json.loads(closed.stdout)["error"]


def test_a_stop_signal_ends_the_node_cleanly(tmp_path: Path) -> None:
    with node_process(tmp_path / "home") as node:
        node.process.send_signal(signal.SIGTERM)
        assert node.process.wait(WITHIN_S) == 0


def test_a_taken_port_is_told_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = _run(tmp_path, NEUROVIGIE_DICOM_PORT=port)
    assert done.returncode == 2
    assert f"Port {port} is already in use; set NEUROVIGIE_DICOM_PORT to another one." in done.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_nothing_listens_beyond_loopback_without_tls(tmp_path: Path, host: str) -> None:
    done = _run(tmp_path, NEUROVIGIE_DICOM_HOST=host)
    assert done.returncode == 2
    assert f"The DICOM node does not listen on {host} without TLS" in done.stderr


def test_after_a_stop_nobody_answers(tmp_path: Path) -> None:
    with node_process(tmp_path / "home") as node:
        node.kill()
        with pytest.raises(PeerUnreachable, match="nothing listens"):
            echo(node.target)


def _run(home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dicom_node"],
        env=_environment(home, NOWHERE, **more),
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )


def _store(node: NodeProcess, path: Path) -> int:
    association = associate(node.target, [(CTImageStorage, ExplicitVRLittleEndian)])
    answer: Dataset = association.send_c_store(path)
    association.release()
    return int(answer.Status)


def _indexed(database_url: str) -> set[str]:
    with psycopg.connect(database_url) as connection:
        return {row[0] for row in connection.execute("SELECT sop_instance_uid FROM instance")}


def _count(database_url: str, statement: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return int(row[0])


def _wait_until(condition: object) -> None:
    assert callable(condition)
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.05)
