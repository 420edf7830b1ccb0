"""One file of the journal: written from front to back, then, when nothing in it is needed, begun again."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from dicom_node.vault.commit import GroupCommit
from dicom_node.vault.files import JournalFiles
from dicom_node.vault.records import NONCE_BYTES, PAGE, RECORD_HEAD, Record, encode_opening, encode_record
from pipeline.domain.receipt import Receipt


@dataclass(slots=True, eq=False)
class Entry:
    """One instance in the journal: needed there until it is ``filed``, and ``noted`` by the index or as pending."""

    record: Record
    receipt: Receipt
    segment: Segment
    offset: int
    filed: bool = False
    noted: bool = False

    @property
    def settled(self) -> bool:
        """Whether the journal may forget it."""
        return self.filed and self.noted


class Segment:
    """A file of ``size`` bytes with its descriptor; the journal's lock guards all but `write`."""

    def __init__(self, files: JournalFiles, path: Path, descriptor: int, size: int) -> None:
        self._files = files
        self.path = path
        self.descriptor = descriptor
        self._size = size
        self._nonce = b""
        self._end = size
        self.commit = GroupCommit(lambda: files.sync_data(descriptor))
        self.entries: list[Entry] = []
        self.in_hand = 0

    @property
    def is_free(self) -> bool:
        """Whether nothing in it is needed any more."""
        return not self.in_hand and all(entry.settled for entry in self.entries)

    def begin(self) -> None:
        """Use it from the front, under a new nonce. Raises `OSError`."""
        self.entries.clear()
        self._nonce = secrets.token_bytes(NONCE_BYTES)
        self._files.write_at(self.descriptor, (encode_opening(self._nonce),), 0)
        self._end = PAGE

    def erase(self, entry: Entry) -> None:
        """Overwrite a settled record, so that no replay finds it. Raises `OSError`."""
        self._files.write_at(self.descriptor, (bytes(entry.record.length),), entry.offset)
        self._files.sync_data(self.descriptor)

    def forget(self) -> None:
        """Leave nothing to replay; a failure only costs a replay."""
        with contextlib.suppress(OSError):
            self._files.write_at(self.descriptor, (bytes(PAGE),), 0)
        self._end = self._size

    def reserve(self, length: int) -> int | None:
        """Where ``length`` bytes may be written, or none when they do not fit."""
        offset = self._end
        if offset + length > self._size:
            return None
        self._end += length
        self.in_hand += 1
        return offset

    def write(self, record: Record, head: bytes, body: bytes | memoryview, offset: int) -> None:
        """Write one record and return once it is durable; on failure leave nothing to replay. Raises `OSError`."""
        try:
            opening = encode_record(self._nonce, record, head)
            self._files.write_at(self.descriptor, (opening, head, body), offset)
            self.commit.wait(self.commit.wrote())
        except OSError:
            with contextlib.suppress(OSError):
                self._files.write_at(self.descriptor, (bytes(RECORD_HEAD),), offset)
            raise
