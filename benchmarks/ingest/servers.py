"""The receivers that are compared, each started in an empty folder on a free port."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from pipeline.testing.running import free_port

_START_WITHIN_S = 120.0
_DRAINED_WITHIN_S = 300.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running receiver; `kept` counts the files it has made, `indexed` the rows it has."""

    process: subprocess.Popen[bytes]
    port: int
    kept: Callable[[], int]
    indexed: Callable[[], int]
    children_receive: bool = True

    def cpu_s(self) -> tuple[float, float]:
        """Processor seconds of what receives, and of all of it; processes that ended are counted."""
        own = psutil.Process(self.process.pid)
        children = [child.cpu_times() for child in own.children(recursive=True)]
        mine = own.cpu_times()
        ended = mine.children_user + mine.children_system
        receiving = mine.user + mine.system + ended
        forked = sum(one.user + one.system for one in children)
        return receiving + (forked if self.children_receive else 0.0), receiving + forked

    def memory_mb(self) -> float:
        """Resident memory of its own process."""
        return psutil.Process(self.process.pid).memory_info().rss / 1e6

    def wait(self, count: Callable[[], int], images: int) -> None:
        """Wait until there are as many."""
        deadline = time.monotonic() + _DRAINED_WITHIN_S
        while count() < images:
            if time.monotonic() > deadline:
                raise TimeoutError("the images did not appear in time")
            time.sleep(0.01)


def dcmtks(program: str) -> str:
    """A program of DCMTK; pynetdicom brings some of the same names."""
    ours = Path(sys.prefix, "bin").resolve()
    elsewhere = os.pathsep.join(one for one in os.environ["PATH"].split(os.pathsep) if Path(one).resolve() != ours)
    return shutil.which(program, path=elsewhere) or program


def _files(folder: Path, pattern: str) -> Callable[[], int]:
    return lambda: sum(1 for _ in folder.glob(pattern))


@contextmanager
def neurovigie(folder: Path, database_url: str, **more: str) -> Iterator[Server]:
    """Our node, by itself, on a real database."""
    port = free_port()
    environment = {
        **os.environ, "NEUROVIGIE_HOME": str(folder), "DATABASE_URL": database_url, "NEUROVIGIE_DICOM_PORT": str(port),
        "NEUROVIGIE_DISK_WATERMARK": "1", **more,
    }  # fmt: skip

    def indexed() -> int:
        with psycopg.connect(database_url) as connection:
            row = connection.execute("SELECT count(*) FROM instance").fetchone()
        return int(row[0]) if row else 0

    with _running([sys.executable, "-m", "dicom_node"], folder, environment, port) as process:
        yield Server(process, port, _files(folder, "vault/studies/*/*.dcm"), indexed, children_receive=False)


@contextmanager
def dcmtk(folder: Path, _: str) -> Iterator[Server]:
    """DCMTK's storescp, bit-preserving, large PDUs, Nagle off, a process an association; nothing is synced."""
    port = free_port()
    command = [dcmtks("storescp"), "--fork", "+B", "-pdu", "131072", "-od", str(folder), str(port)]
    with _running(command, folder, {**os.environ, "TCP_NODELAY": "1"}, port) as process:
        kept = _files(folder, "CT*")
        yield Server(process, port, kept, kept)


@contextmanager
def dcmtk_default(folder: Path, _: str) -> Iterator[Server]:
    """DCMTK's storescp as it comes."""
    port = free_port()
    with _running(
        [dcmtks("storescp"), "--fork", "-od", str(folder), str(port)], folder, dict(os.environ), port
    ) as process:
        kept = _files(folder, "CT*")
        yield Server(process, port, kept, kept)


@contextmanager
def orthanc(folder: Path, _: str) -> Iterator[Server]:
    """Orthanc with its own defaults: SQLite index, checksums, synced files."""
    port = free_port()
    settings = {
        "DicomPort": port, "HttpPort": free_port(), "HttpServerEnabled": False, "DicomAlwaysAllowStore": True,
        "StorageDirectory": str(folder / "storage"), "IndexDirectory": str(folder / "storage"), "Plugins": [],
    }  # fmt: skip
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with _running(["Orthanc", str(folder / "orthanc.json")], folder, dict(os.environ), port) as process:
        kept = _files(folder / "storage", "??/??/*")
        yield Server(process, port, kept, kept)


@contextmanager
def pynetdicom(folder: Path, _: str) -> Iterator[Server]:
    """pynetdicom writing raw bytes, nothing synced."""
    port = free_port()
    out = folder / "out"
    out.mkdir()
    command = [sys.executable, "-m", "benchmarks.peers.pynetdicom_scp", str(port), str(out)]
    with _running(command, folder, dict(os.environ), port) as process:
        kept = _files(out, "*")
        yield Server(process, port, kept, kept)


@contextmanager
def _running(
    command: list[str], folder: Path, environment: dict[str, str], port: int
) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait_for(port, process)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_WITHIN_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
