"""``python -m benchmarks.ingest [--runs N] [--images N] [--associations 1 4 8]``: images a second, beside three peers.

Every server is started afresh in each round, in turns, and gets the same head CT from a sender that costs
little. Counted are the seconds until the last image is acknowledged, until all are plain files, and until all
are in the index; ratios are against DCMTK of the same round. Each server is warm: it has
received and indexed some images before. Then the same by DCMTK's ``storescu`` as it comes, with Nagle's algorithm on.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.ingest import servers
from benchmarks.ingest.corpus import write_head
from benchmarks.ingest.sender import send
from benchmarks.ingest.servers import Server, dcmtks
from pipeline.command.postgres import EmbeddedPostgres

Start = Callable[[Path, str], AbstractContextManager[Server]]
WARM_UP = 20
REFERENCE = "DCMTK storescp, NODELAY"
SERVERS: dict[str, Start] = {
    REFERENCE: servers.dcmtk,
    "Orthanc": servers.orthanc,
    "pynetdicom, raw bytes": servers.pynetdicom,
    "NeuroVigie": servers.neurovigie,
}
DEFAULT_SERVERS: dict[str, Start] = {
    "DCMTK storescp": servers.dcmtk_default,
    "Orthanc": servers.orthanc,
    "NeuroVigie": servers.neurovigie,
}


@dataclass(frozen=True, slots=True)
class Run:
    """Images a second to each point, processor milliseconds an image to receive and in all, memory in MB."""

    acknowledged: float
    filed: float
    indexed: float
    receiving_ms: float
    in_all_ms: float
    memory_mb: float


def measure(start: Start, url: str, first: Sequence[Path], images: int, deliver: Callable[[int], float]) -> Run:
    """One run of one server, warm after ``first``; ``deliver`` sends the images and says how long that took."""
    with tempfile.TemporaryDirectory(prefix="nv-ingest-") as folder, start(Path(folder), url) as server:
        send(server.port, first, 1)
        server.wait(server.indexed, len(first))
        before = server.cpu_s()
        began = time.monotonic()
        seconds = deliver(server.port)
        lead = time.monotonic() - began - seconds
        server.wait(server.kept, images + len(first))
        filed = time.monotonic() - began - lead
        server.wait(server.indexed, images + len(first))
        indexed = time.monotonic() - began - lead
        receiving, in_all = (after - then for after, then in zip(server.cpu_s(), before, strict=True))
        return Run(
            images / seconds, images / filed, images / indexed, receiving / images * 1e3, in_all / images * 1e3,
            server.memory_mb(),
        )  # fmt: skip


def by_replay(files: Sequence[Path], associations: int) -> Callable[[int], float]:
    """Delivery by the sender that costs little."""

    def deliver(port: int) -> float:
        sent = send(port, files, associations)
        if sent.refused:
            raise RuntimeError(f"{sent.refused} images were refused")
        return sent.seconds

    return deliver


def by_storescu(files: Sequence[Path]) -> Callable[[int], float]:
    """Delivery by DCMTK's storescu as it comes."""

    def deliver(port: int) -> float:
        began = time.monotonic()
        subprocess.run([dcmtks("storescu"), "-aec", "ANY", "127.0.0.1", str(port), *map(str, files)], check=True)
        return time.monotonic() - began

    return deliver


def compare(
    compared: dict[str, Start], runs: int, files: Sequence[Path], deliver: Callable[[int], float], url: str
) -> list[str]:
    """Lines of a table: every server once a round, in turns, the order reversed every other round."""
    found: dict[str, list[Run]] = {name: [] for name in compared}
    for number in range(runs):
        for name in list(compared)[:: 1 if number % 2 == 0 else -1]:
            with empty_database(url) as database:
                found[name].append(measure(compared[name], database, files[:WARM_UP], len(files) - WARM_UP, deliver))
    reference = found[next(iter(compared))]
    return [_row(name, ran, reference) for name, ran in found.items()]


def _row(name: str, runs: Sequence[Run], reference: Sequence[Run]) -> str:
    def column(field: str) -> str:
        values = [getattr(run, field) for run in runs]
        ratios = [value / getattr(one, field) for value, one in zip(values, reference, strict=True)]
        spread = f"[{min(ratios):.2f}-{max(ratios):.2f}]"
        return f"{statistics.median(values):.0f} (x{statistics.median(ratios):.2f} {spread})"

    receiving = statistics.median(run.receiving_ms for run in runs)
    in_all = statistics.median(run.in_all_ms for run in runs)
    cells = [name, column("acknowledged"), column("filed"), column("indexed")]
    cells += [f"{receiving:.2f}", f"{in_all:.2f}", f"{max(run.memory_mb for run in runs):.0f}"]
    return "| " + " | ".join(cells) + " |"


@contextmanager
def empty_database(url: str) -> Iterator[str]:
    """The server's database, emptied."""
    with psycopg.connect(url, autocommit=True) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        names = ", ".join(f'"{name}"' for (name,) in tables if name not in {"alembic_version", "site"})
        connection.execute(f"TRUNCATE {names} CASCADE".encode())
    yield url


def main() -> int:
    """Print the tables."""
    cli = argparse.ArgumentParser(prog="python -m benchmarks.ingest")
    cli.add_argument("--runs", type=int, default=7)
    cli.add_argument("--images", type=int, default=200)
    cli.add_argument("--associations", type=int, nargs="*", default=[1, 4, 8])
    chosen = cli.parse_args()
    with tempfile.TemporaryDirectory(prefix="nv-corpus-") as folder:
        files = write_head(Path(folder), chosen.images + WARM_UP)
        postgres = EmbeddedPostgres(Path(folder) / "postgres", Path(folder) / "postgres.log")
        try:
            url = postgres.start()
            environment = {**os.environ, "DATABASE_URL": url}
            subprocess.run([sys.executable, "-m", "pipeline.database"], check=True, env=environment)
            _tables(chosen.runs, chosen.associations, files, url)
        finally:
            postgres.stop()
    return 0


def _tables(runs: int, associations: Sequence[int], files: Sequence[Path], url: str) -> None:
    head = (
        "| server | acknowledged/s | files/s | indexed/s | CPU ms to receive | CPU ms in all | MB |\n"
        + "|---" * 7
        + "|"
    )
    for count in associations:
        print(
            f"\n{count} associations, {len(files) - WARM_UP} images, load {os.getloadavg()[0]:.1f}\n\n{head}",
            flush=True,
        )
        print("\n".join(compare(SERVERS, runs, files, by_replay(files[WARM_UP:], count), url)), flush=True)
    print(f"\nstorescu as it comes, one association, {len(files) - WARM_UP} images\n\n{head}", flush=True)
    print("\n".join(compare(DEFAULT_SERVERS, runs, files, by_storescu(files[WARM_UP:]), url)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
