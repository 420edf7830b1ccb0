"""Read every case once per reader, remembering what is already scored, and say how it goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from benchmarks.accuracy.readers import Reader
from benchmarks.accuracy.scoring import Case, Notebook, Score, score


@dataclass(frozen=True, slots=True)
class Entry:
    """A case by name, made only when somebody must read it."""

    name: str
    make: Callable[[], Case]


def evaluate(
    readers: Sequence[Reader], entries: Sequence[Entry], folder: Path | None, log: TextIO
) -> dict[str, list[Score]]:
    """The scores of each reader, by its signature, in the order of the entries.

    With a folder, scores are kept there, one JSON line each, and a run that was cut short goes on.
    """
    notebooks = {one.signature: Notebook(folder / f"{one.signature}.jsonl" if folder else None) for one in readers}
    started, read = time.monotonic(), 0
    for number, entry in enumerate(entries, 1):
        waiting = [one for one in readers if notebooks[one.signature].get(entry.name) is None]
        if not waiting:
            continue
        case = entry.make()
        for reader in (one for one in waiting if one.can_read(case)):
            notebooks[reader.signature].add(score(case, reader.read(case)))
        read += 1
        pace = (time.monotonic() - started) / read
        log.write(f"{number} of {len(entries)}  {entry.name}  {pace:.1f} s a case\n")
        log.flush()
    return {signature: _in_order(book, entries) for signature, book in notebooks.items()}


def _in_order(notebook: Notebook, entries: Sequence[Entry]) -> list[Score]:
    found = (notebook.get(entry.name) for entry in entries)
    return [one for one in found if one is not None]
