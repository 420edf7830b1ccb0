"""The files of a vault as they lie there, each judged by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import file_digest
from pathlib import Path

from dicom_node.vault.held import ids_of
from dicom_node.vault.naming import PATH, instance_path, path_of_pending
from dicom_node.vault.part10 import FileMeta, read_head
from pipeline.domain.errors import UnreadableInstance
from pipeline.domain.receipt import Receipt

_HEADER_BYTES = 1 << 20
"""Nearly every header is within these."""


class Fault(StrEnum):
    """What is wrong with the vault, or with what the index says of it."""

    ALTERED = "altered"
    """Its bytes are not those that were received."""
    UNREADABLE = "unreadable"
    """The disk does not give it back, or its file meta information is lost."""
    MISNAMED = "misnamed"
    """It lies where another instance should."""
    MISSING = "missing"
    """The index knows it and it is not there."""
    EXTRA = "extra"
    """It is there and the index does not know it."""
    DAMAGED_JOURNAL = "damaged_journal"
    """A part of the journal that could not be read and was set aside."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One file: its path relative to the vault, its file meta information and its size in bytes."""

    path: str
    meta: FileMeta
    size: int

    @property
    def receipt(self) -> Receipt:
        """The receipt that its sender's success stood for."""
        return Receipt(self.meta.arrival, self.path, self.meta.sha256, self.size - self.meta.data_set_offset)


def stored_paths(root: Path) -> Iterator[str]:
    """The path of every file, relative to the vault, in order; what is not named by us is not ours."""
    for folder in sorted((root / "studies").glob("*")):
        for file in sorted(folder.glob("*.dcm")):
            path = file.relative_to(root).as_posix()
            if PATH.fullmatch(path):
                yield path


def pending_paths(root: Path) -> frozenset[str]:
    """What waits for the index."""
    return frozenset(path_of_pending(file.name) for file in (root / "pending").glob("*.dcm"))


def read_stored(root: Path, path: str) -> Stored:
    """A file's head. Raises `UnreadableInstance`, `OSError`."""
    with (root / path).open("rb") as stream:
        return Stored(path, *read_head(stream))


def examine(root: Path, path: str) -> Fault | None:
    """Read a file whole: its digest is that of its arrival, and its name is its own.

    Raises `FileNotFoundError` when it is gone.
    """
    try:
        stored = read_stored(root, path)
        with (root / path).open("rb") as stream:
            stream.seek(stored.meta.data_set_offset)
            if file_digest(stream, "sha256").hexdigest() != stored.meta.sha256:
                return Fault.ALTERED
        return None if path == own_path(root, stored) else Fault.MISNAMED
    except FileNotFoundError:
        raise
    except (UnreadableInstance, OSError):
        return Fault.UNREADABLE


def own_path(root: Path, stored: Stored) -> str:
    """Where an instance belongs, by what its data set says. Raises `UnreadableInstance`, `OSError`."""
    arrival = stored.meta.arrival
    with (root / stored.path).open("rb") as stream:
        stream.seek(stored.meta.data_set_offset)
        begins = stream.read(_HEADER_BYTES)
        try:
            ids = ids_of(memoryview(begins), arrival.TransferSyntaxUID)
        except UnreadableInstance:
            ids = ids_of(memoryview(begins + stream.read()), arrival.TransferSyntaxUID)
    return instance_path(arrival.site_id, ids, stored.meta.sha256)
