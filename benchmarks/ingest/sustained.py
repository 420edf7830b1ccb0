"""``python -m benchmarks.ingest.sustained [--minutes 10] [--rate 40]``: does anything grow while images keep coming?

Four associations send heads of 40 slices, each of another patient, ``rate`` images a second in all (0: as fast
as they are answered). Once a minute: images acknowledged, images the index has yet to hear of, memory of the node
and of its index, and how long an answer took. Every image is a new file: 0.5 MB of disk each.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from pydicom import dcmread

from benchmarks.ingest import servers
from benchmarks.ingest.corpus import write_head
from benchmarks.ingest.sender import image_message, open_association, status
from benchmarks.ingest.servers import Server
from pipeline.command.postgres import EmbeddedPostgres

ASSOCIATIONS = 4
SLICES = 40
_HEAD = (
    "| minute | acknowledged | a second | not indexed | node MB | index MB | answer ms, median | 99 % |\n"
    + "|---" * 8
    + "|"
)


@dataclass(frozen=True, slots=True)
class Slice:
    """One message of a head, and the names in it that change from head to head, each as long as it was."""

    message: bytes
    uids: tuple[bytes, ...]
    patient_id: bytes

    def of_patient(self, number: int) -> bytes:
        """The message of the same slice of another patient."""
        message = self.message
        for uid in self.uids:
            message = message.replace(uid, uid[:-9] + b"%09d" % number)
        return message.replace(self.patient_id, b"%0*d" % (len(self.patient_id), number))


def main() -> int:
    """Send, and print a line a minute."""
    cli = argparse.ArgumentParser(prog="python -m benchmarks.ingest.sustained")
    cli.add_argument("--minutes", type=float, default=10.0)
    cli.add_argument("--rate", type=float, default=40.0)
    chosen = cli.parse_args()
    with tempfile.TemporaryDirectory(prefix="nv-sustained-") as folder:
        postgres = EmbeddedPostgres(Path(folder) / "postgres", Path(folder) / "postgres.log")
        try:
            url = postgres.start()
            environment = {**os.environ, "DATABASE_URL": url}
            subprocess.run([sys.executable, "-m", "pipeline.database"], check=True, env=environment)
            home = Path(folder) / "home"
            home.mkdir()
            with servers.neurovigie(home, url) as server:
                _run(server, _slices(Path(folder)), chosen.minutes, chosen.rate)
        finally:
            postgres.stop()
    return 0


def _slices(folder: Path) -> list[Slice]:
    found = []
    (folder / "corpus").mkdir()
    for path in write_head(folder / "corpus", SLICES):
        header = dcmread(path, stop_before_pixels=True)
        uids = (header.StudyInstanceUID, header.SeriesInstanceUID, header.SOPInstanceUID)
        found.append(Slice(image_message(path), tuple(str(uid).encode() for uid in uids), header.PatientID.encode()))
    return found


def _run(server: Server, slices: Sequence[Slice], minutes: float, rate: float) -> None:
    answers: Any = multiprocessing.Queue()
    ends = time.monotonic() + 60 * minutes
    pause_s = ASSOCIATIONS / rate if rate else 0.0
    senders = [
        multiprocessing.Process(target=_send, args=(server.port, slices, number, pause_s, ends, answers))
        for number in range(ASSOCIATIONS)
    ]
    for sender in senders:
        sender.start()
    print(_HEAD, flush=True)
    acknowledged = 0
    for minute in range(1, int(minutes) + 1):
        waits = [wait for _ in senders for wait in answers.get(timeout=180)]
        acknowledged += len(waits)
        print(_line(server, minute, acknowledged, sorted(waits)), flush=True)
    for sender in senders:
        sender.join()
    server.wait(server.indexed, acknowledged)
    print(f"\nEvery one of the {acknowledged} images is in the index.")


def _line(server: Server, minute: int, acknowledged: int, waits: Sequence[float]) -> str:
    index = sum(one.memory_info().rss for one in psutil.Process(server.process.pid).children()) / 1e6
    behind = max(acknowledged - server.indexed(), 0)
    middle, last = waits[len(waits) // 2] * 1e3, waits[len(waits) * 99 // 100] * 1e3
    return (
        f"| {minute} | {acknowledged} | {len(waits) / 60:.0f} | {behind} | {server.memory_mb():.0f} | {index:.0f} "
        f"| {middle:.1f} | {last:.0f} |"
    )


def _send(port: int, slices: Sequence[Slice], number: int, pause_s: float, ends: float, answers: Any) -> None:
    """Send head after head over one association, and tell once a minute how long each answer took."""
    line = socket.create_connection(("127.0.0.1", port))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    open_association(line)
    waits: list[float] = []
    told, due = time.monotonic(), time.monotonic()
    sent = 0
    while time.monotonic() < ends:
        message = slices[sent % SLICES].of_patient(sent // SLICES * ASSOCIATIONS + number)
        due += pause_s
        time.sleep(max(due - time.monotonic(), 0.0))
        at = time.monotonic()
        line.sendall(message)
        if status(line) != 0:
            raise RuntimeError("an image was refused")
        waits.append(time.monotonic() - at)
        sent += 1
        if time.monotonic() - told >= 60:
            answers.put(waits)
            waits, told = [], told + 60
    answers.put(waits)
    line.close()


if __name__ == "__main__":
    sys.exit(main())
