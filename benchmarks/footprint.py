"""``python -m benchmarks.footprint PID``: memory of a running `neurovigie up`, part by part.

RSS counts a page that several processes share once for each of them; PSS divides it among them, so only
the sum of PSS is what the machine really gives. The child that holds the models is listed apart.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import psutil

MIB = 2**20
MODEL = "pipeline.inference.child_main"


def family(pid: int) -> Iterator[tuple[str, int, int]]:
    """Name, RSS and PSS in bytes of every process below ``pid`` and of itself."""
    supervisor = psutil.Process(pid)
    for process in (supervisor, *supervisor.children(recursive=True)):
        memory = process.memory_full_info()
        words = process.cmdline()
        name = words[words.index("-m") + 1] if "-m" in words else " ".join(words)[:60]
        yield name, memory.rss, memory.pss


def main(pid: int) -> None:
    """Print a line a process, and the sums without the model's process."""
    rows = sorted(family(pid), key=lambda row: -row[2])
    for name, rss, pss in rows:
        print(f"{rss / MIB:8.1f} MiB RSS {pss / MIB:8.1f} MiB PSS  {name}")
    rest = [row for row in rows if row[0] != MODEL]
    rss, pss = sum(row[1] for row in rest), sum(row[2] for row in rest)
    print(f"{rss / MIB:8.1f} MiB RSS {pss / MIB:8.1f} MiB PSS  without the model")


if __name__ == "__main__":
    main(int(sys.argv[1]))
