"""``python -m benchmarks.durability --kills 1000 --folder DIR [--outage S]``: is an acknowledged image ever lost?

A whole NeuroVigie runs in DIR. Four senders send images without end; at a moment and at a part that the seed
chooses (node, PostgreSQL, supervisor) something is killed with SIGKILL, and everything must come back by itself
(the supervisor is started again, as systemd does). Every image that got a success must afterwards be in the index
and in the vault, its data set bit for bit; no file of the vault may be half an image. What came since the last look
is looked at every 25 kills, everything at the end. ``--outage S`` first has PostgreSQL hang for so many seconds:
images must be acknowledged all the while, and be indexed afterwards.

Acknowledged images and kills are written down in DIR/kills.jsonl: the same command goes on where it stopped.
Ends with status 1 when anything is missing, and at ``--until HH:MM`` (UTC) with what there is by then.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import psutil
import psycopg

from benchmarks.ingest.sender import associate, command, data, status
from dicom_node.vault.naming import digest
from dicom_node.vault.part10 import decode_head
from pipeline.domain.errors import UnreadableInstance
from pipeline.testing.data_sets import CTImageStorage, data_set
from pipeline.testing.running import Running, eventually

SENDERS = 4
VERIFY_EVERY = 25
PARTS = ("dicom_node", "postgres", "supervisor")
_SMALL, _LARGE = 40_000, 2_000_000
_SHARE_LARGE = 0.03
_LONGEST_S = 2.5
_BACK_WITHIN_S = 300.0


def body_of(uid: str) -> bytes:
    """The data set of an image, made of its UID alone."""
    chance = Random(uid)
    largest = _LARGE if chance.random() < _SHARE_LARGE else _SMALL
    pixels = chance.randbytes(2 * chance.randrange(1, largest // 2))
    study = ".".join(uid.split(".")[:-1])
    return data_set(sop_instance=uid, study=study, series=f"{study}.0", pixels=pixels)


@dataclass
class Ledger:
    """What was acknowledged and what was killed, on disk before it counts."""

    path: Path
    acknowledged: list[str] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def recall(self) -> None:
        """Read what an earlier run wrote."""
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                entry = json.loads(line)
                self._count(entry)

    def note(self, **entry: str) -> None:
        """Write one entry down."""
        with self.lock, self.path.open("a") as file:
            file.write(json.dumps(entry) + "\n")
            self._count(entry)

    def _count(self, entry: dict[str, str]) -> None:
        if "uid" in entry:
            self.acknowledged.append(entry["uid"])
        elif "killed" in entry:
            self.kills[entry["killed"]] += 1


def send_on(house: Running, ledger: Ledger, sender: int, stop: threading.Event) -> None:
    """Send images until stopped; an association that breaks is followed by another."""
    while not stop.is_set():
        study = f"1.2.826.{os.getpid()}.{time.time_ns()}.{sender}"
        with contextlib.suppress(OSError, ConnectionError, ValueError), associate(house.dicom_port) as line:
            for number in range(1, 60):
                if stop.is_set():
                    break
                uid = f"{study}.{number}"
                line.sendall(data(3, command(CTImageStorage, uid)) + data(2, body_of(uid)))
                if status(line) == 0:
                    ledger.note(uid=uid)
        stop.wait(0.05)


def kill(house: Running, part: str) -> None:
    """SIGKILL one part and wait until the door answers again, and PostgreSQL too."""
    if part == "supervisor":
        _kill_supervisor(house)
    else:
        with contextlib.suppress(LookupError):
            house.kill(part)
    eventually(lambda: house.answers(house.dicom_port), "the node answers", within_s=_BACK_WITHIN_S)
    eventually(lambda: house.rows("SELECT 1"), "PostgreSQL answers", within_s=_BACK_WITHIN_S)


def _kill_supervisor(house: Running) -> None:
    assert house.process is not None
    family = psutil.Process(house.process.pid).children(recursive=True)
    house.process.send_signal(signal.SIGKILL)
    house.process.wait()
    psutil.wait_procs(family, timeout=60)
    house.start()


def verify(house: Running, ledger: Ledger, since: int = 0) -> list[str]:
    """What is missing, or wrong, of what was acknowledged after the first ``since`` images."""
    wanted = set(ledger.acknowledged[since:])
    query = "SELECT sop_instance_uid, path FROM instance"

    def indexed() -> dict[str, str]:
        return {uid: path for uid, path in house.rows(query) if uid in wanted}

    with contextlib.suppress(AssertionError):
        eventually(lambda: indexed().keys() >= wanted, "the index has every image", within_s=_BACK_WITHIN_S)
    found = indexed()
    vault = house.home / "vault"
    wrong = [f"not in the index: {uid}" for uid in sorted(wanted - found.keys())]
    wrong += [f"not as it was sent: {uid}" for uid, path in found.items() if not _is_as_sent(vault / path, uid)]
    if since:
        return wrong
    return wrong + [f"half an image: {file.name}" for file in vault.glob("studies/*/*.dcm") if not _is_whole(file)]


def _is_as_sent(file: Path, uid: str) -> bool:
    try:
        return file.read_bytes().endswith(body_of(uid))
    except OSError:
        return False


def _is_whole(file: Path) -> bool:
    content = file.read_bytes()
    try:
        meta = decode_head(content)
    except UnreadableInstance:
        return False
    return digest(content[meta.data_set_offset :]) == meta.sha256


@contextmanager
def sending(house: Running, ledger: Ledger) -> Iterator[None]:
    """Senders for as long as the block lasts."""
    stop = threading.Event()
    threads = [threading.Thread(target=send_on, args=(house, ledger, one, stop)) for one in range(SENDERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def torment(house: Running, ledger: Ledger, kills: int, seed: int, until: float) -> list[str]:
    """Kill until there were as many kills, looking at what is new now and then, at everything last; what is wrong."""
    looked_at = 0
    while (done := ledger.kills.total()) < kills and time.time() < until:
        upto = min(kills, done + VERIFY_EVERY)
        with sending(house, ledger):
            for number in range(done, upto):
                chance = Random(f"{seed}-{number}")
                time.sleep(chance.uniform(0.05, _LONGEST_S))
                part = chance.choices(PARTS, (6, 3, 1))[0]
                kill(house, part)
                ledger.note(killed=part)
        wrong = verify(house, ledger, looked_at)
        looked_at = len(ledger.acknowledged)
        print(_sentence(ledger, wrong), flush=True)
        if wrong:
            return wrong
    wrong = verify(house, ledger)
    print(f"everything looked at: {_sentence(ledger, wrong)}", flush=True)
    return wrong


def without_database(house: Running, ledger: Ledger, seconds: float) -> list[str]:
    """Have PostgreSQL hang: storing goes on, and the index catches up; what is wrong."""
    server = house.part("postgres")
    family = [server, *server.children(recursive=True)]
    with sending(house, ledger):
        for process in family:
            process.suspend()
        before, longest, began = len(ledger.acknowledged), 0.0, time.monotonic()
        last, known = began, before
        while (now := time.monotonic()) - began < seconds:
            time.sleep(0.1)
            if len(ledger.acknowledged) > known:
                known, last = len(ledger.acknowledged), now
            longest = max(longest, now - last)
        during = len(ledger.acknowledged) - before
        for process in family:
            process.resume()
    wrong = [] if during else ["nothing was acknowledged while the database was away"]
    wrong += verify(house, ledger, before)
    print(
        f"database away for {seconds:.0f} s: {during} images acknowledged meanwhile, longest wait {longest:.1f} s, "
        f"{len(wrong)} wrong",
        flush=True,
    )
    return wrong


def _sentence(ledger: Ledger, wrong: list[str]) -> str:
    killed = ", ".join(f"{part} {count}" for part, count in sorted(ledger.kills.items()))
    return (
        f"{ledger.kills.total()} kills ({killed}), {len(ledger.acknowledged)} images acknowledged, {len(wrong)} wrong"
    )


def _timestamp(time_of_day: str) -> float:
    if not time_of_day:
        return float("inf")
    hour, minute = map(int, time_of_day.split(":"))
    return datetime.now(UTC).replace(hour=hour, minute=minute, second=0).timestamp()


def main() -> int:
    """Go on until there were as many kills."""
    cli = argparse.ArgumentParser(prog="python -m benchmarks.durability")
    cli.add_argument("--kills", type=int, default=1000)
    cli.add_argument("--seed", type=int, default=1)
    cli.add_argument("--folder", type=Path, required=True)
    cli.add_argument("--outage", type=float, default=0.0, help="first have PostgreSQL hang for so many seconds")
    cli.add_argument("--until", default="", help="end at this time of day (HH:MM, UTC)")
    chosen: Any = cli.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(chosen.folder / "kills.jsonl")
    ledger.recall()
    house = Running(chosen.folder / "home")
    house.start()
    try:
        wrong = without_database(house, ledger, chosen.outage) if chosen.outage else []
        wrong = wrong or torment(house, ledger, chosen.kills, chosen.seed, _timestamp(chosen.until))
    finally:
        with contextlib.suppress(psycopg.OperationalError):
            house.stop()
    print("\n".join(wrong[:50]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
