"""``python -m benchmarks.flood [--runs N] [--images N]``: what an honest sender keeps while another floods.

In each round the honest sender (one association, 512 x 512 slices, Nagle's algorithm off) sends alone, then beside each
flood; ratios are to its own rate alone in the same round. A flood is one process with eight threads that calls from an
address of its own, without a pause. Then 64 silent associations, and the processor time the node takes for them; in the
second line some are such as pynetdicom serves. No database: the index is away, as it may be.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import socket
import statistics
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks.ingest.corpus import write_head
from benchmarks.ingest.sender import CT, data, image_message, open_association, send, status
from benchmarks.ingest.servers import Server, neurovigie
from dicom_node.peers.memory import remember
from pipeline.domain.peer import Peer, PeerRules

FLOODER = "127.0.0.2"
THREADS = 8
IDLE, IDLE_S, SETTLED_S = 64, 20.0, 3.0
NOWHERE = "postgresql://neurovigie@/neurovigie?host=/nonexistent"
FIND = "1.2.840.10008.5.1.4.1.2.2.1"
Flood = Callable[[int, Sequence[Path]], None]


def _from(address: str, port: int) -> Any:
    line = socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(address, 0))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def connections(port: int, _: Sequence[Path]) -> None:
    """Connect, say nothing, hang up."""
    while True:
        _from(FLOODER, port).close()


def requests(port: int, _: Sequence[Path]) -> None:
    """Ask for associations that are refused."""
    while True:
        try:
            with _from(FLOODER, port) as line:
                open_association(line, CT)
        except OSError:
            continue


def noise(port: int, _: Sequence[Path]) -> None:
    """Send what is no DICOM."""
    while True:
        try:
            with _from(FLOODER, port) as line:
                line.sendall(os.urandom(4096))
                line.recv(100)
        except OSError:
            continue


def echoes(port: int, _: Sequence[Path]) -> None:
    """Echo without end."""
    values = struct.pack("<HHL", 0, 2, 18) + b"1.2.840.10008.1.1\0"
    values += struct.pack("<HHLHHHLHHHLH", 0, 0x100, 2, 0x30, 0, 0x110, 2, 1, 0, 0x800, 2, 0x101)
    asked = data(3, struct.pack("<HHLL", 0, 0, 4, len(values)) + values)
    with _from(FLOODER, port) as line:
        open_association(line, "1.2.840.10008.1.1")
        while True:
            line.sendall(asked)
            status(line)


def images(port: int, files: Sequence[Path]) -> None:
    """Store images without end."""
    with _from(FLOODER, port) as line:
        most = open_association(line, CT)
        messages = [image_message(path, most) for path in files[:20]]
        while True:
            for message in messages:
                line.sendall(message)
                status(line)


FLOODS: dict[str, tuple[Flood, PeerRules]] = {
    "connections that say nothing": (connections, PeerRules()),
    "associations that are refused": (requests, PeerRules(enabled=False)),
    "noise": (noise, PeerRules()),
    "echoes on 8 associations": (echoes, PeerRules()),
    "images on 8 associations, no rule": (images, PeerRules()),
    "images on 8 associations, slowed to 20 a second": (images, PeerRules(images_per_second=20.0)),
}


def _flood(flood: Flood, port: int, files: Sequence[Path]) -> None:
    def endless() -> None:
        while True:
            try:
                flood(port, files)
            except OSError:
                continue

    threads = [threading.Thread(target=endless, daemon=True) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def node(rules: PeerRules = PeerRules()) -> Iterator[Server]:  # noqa: B008 -- a frozen value
    """A node that knows the flooder as a peer under these rules."""
    with tempfile.TemporaryDirectory(prefix="nv-flood-") as folder:
        peer = Peer("flood", "BENCHMARK", FLOODER, 104, rules)
        remember(Path(folder) / "peers.json", (peer,))
        with neurovigie(Path(folder), NOWHERE) as server:
            yield server


def rate(files: Sequence[Path], flood: Flood | None, rules: PeerRules) -> float:
    """Images a second of the honest sender, beside a flood or alone."""
    with node(rules) as server, ExitStack() as stack:
        send(server.port, files[:20], 1)
        if flood is not None:
            process = multiprocessing.Process(target=_flood, args=(flood, server.port, files), daemon=True)
            process.start()
            stack.callback(process.join)
            stack.callback(process.terminate)
            time.sleep(1.0)
        sent = send(server.port, files, 1)
        if sent.refused:
            raise RuntimeError("images of the honest sender were refused")
        return len(files) / sent.seconds


def idle(other: int) -> float:
    """The share of a core that 64 silent associations take, ``other`` of them served by pynetdicom."""
    with node() as server, ExitStack() as stack:
        quiet = _share(server)
        for number in range(IDLE):
            line = stack.enter_context(_from(f"127.0.1.{number // 8 + 1}", server.port))
            open_association(line, FIND if number < other else CT)
        time.sleep(SETTLED_S)
        return _share(server) - quiet


def _share(server: Server) -> float:
    process = psutil.Process(server.process.pid)
    before = process.cpu_times()
    time.sleep(IDLE_S)
    after = process.cpu_times()
    return (after.user + after.system - before.user - before.system) / IDLE_S


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--idle-only", action="store_true")
    asked = parser.parse_args()
    if not asked.idle_only:
        _floods(asked.runs, asked.images)
    print("\n| 64 silent associations | of a core |\n|---|---|")
    for name, other in (("all store and echo", 0), ("16 of them query", 16)):
        print(f"| {name} | {100 * idle(other):.1f} % |", flush=True)
    return 0


def _floods(runs: int, count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="nv-flood-images-") as folder:
        files = write_head(Path(folder), count)
        alone: list[float] = []
        ratios: dict[str, list[float]] = {name: [] for name in FLOODS}
        for _ in range(runs):
            alone.append(rate(files, None, PeerRules()))
            for name, (flood, rules) in FLOODS.items():
                ratios[name].append(rate(files, flood, rules) / alone[-1])
    print(f"alone: {statistics.median(alone):.0f} images/s [{min(alone):.0f}-{max(alone):.0f}]")
    print("\n| flood | kept of the honest rate |\n|---|---|")
    for name, kept in ratios.items():
        print(f"| {name} | {statistics.median(kept):.2f} [{min(kept):.2f}-{max(kept):.2f}] |")


if __name__ == "__main__":
    sys.exit(main())
