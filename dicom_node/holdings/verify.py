"""Every file against its own digest, and against what the index says is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, select

from dicom_node.holdings.stored import Fault, examine, pending_paths, stored_paths
from pipeline.database.retention import unfinished
from pipeline.database.tables import instance


@dataclass(frozen=True, slots=True)
class Known:
    """What the index says: the digest of each path; ``leaving`` are paths that are being removed."""

    digests: Mapping[str, str]
    leaving: frozenset[str] = frozenset()


@dataclass(slots=True)
class Report:
    """What was found; ``faults`` are paths relative to the vault, each with what is wrong."""

    files: int = 0
    pending: int = 0
    faults: list[tuple[Fault, str]] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many of each fault."""
        return dict(sorted(Counter(fault.value for fault, _ in self.faults).items()))


def read_known(engine: Engine) -> Known:
    """Ask the index."""
    with engine.connect() as connection:
        digests = {row.path: row.sha256 for row in connection.execute(select(instance.c.path, instance.c.sha256))}
        leaving = frozenset(path for one in unfinished(connection) for path in one.left["files"])
    return Known(digests, leaving)


def verify(
    root: Path,
    ask: Callable[[], Known] | None,
    told: Callable[[str], None] = lambda _: None,
    only: Callable[[Path, str], Fault | None] = examine,
) -> Report:
    """Read every file and compare with the index, which is asked again about what seems missing or extra.

    Images may arrive and leave meanwhile. ``ask`` none leaves the index out.
    """
    report = Report()
    before = ask() if ask else None
    seen = set()
    for path in stored_paths(root):
        told(path)
        try:
            fault = only(root, path)
        except FileNotFoundError:  # it has just been removed
            continue
        seen.add(path)
        report.files += 1
        if fault is not None:
            report.faults.append((fault, path))
    if ask and before is not None:
        report.faults += _against_index(root, seen, before, ask())
    report.faults += [(Fault.DAMAGED_JOURNAL, one.name) for one in sorted((root / "journal").glob("*.damaged"))]
    report.pending = len(pending_paths(root))
    return report


def _against_index(root: Path, seen: Iterable[str], before: Known, after: Known) -> list[tuple[Fault, str]]:
    there = set(seen)
    gone = sorted(path for path in before.digests.keys() & after.digests.keys() if path not in there)
    missing = [(Fault.MISSING, path) for path in gone if not (root / path).exists()]
    waiting = pending_paths(root) | before.leaving | after.leaving
    unknown = sorted(there - before.digests.keys() - after.digests.keys() - waiting)
    extra = [(Fault.EXTRA, path) for path in unknown if (root / path).exists()]
    other = sorted(path for path, sha256 in after.digests.items() if path in there and not _names(path, sha256))
    return missing + extra + [(Fault.ALTERED, path) for path in other]


def _names(path: str, sha256: str) -> bool:
    """Whether a path carries the beginning of the digest that the index keeps."""
    return path[-28:-4] == sha256[:24]
