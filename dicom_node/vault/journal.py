"""The journal: what has been acknowledged and is not yet a plain file known to the index."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from dicom_node.vault.files import JournalFiles
from dicom_node.vault.records import PAGE, Record
from dicom_node.vault.segment import Entry, Segment
from pipeline.domain.errors import HomeInUse, VaultError
from pipeline.domain.receipt import Receipt

ROOM_WITHIN_S = 20.0
"""How long an image waits for room when files are made more slowly than images come."""


class Journal:
    """Segments in one folder, written in turn; safe for many threads. Raises `HomeInUse`, `OSError`."""

    def __init__(self, folder: Path, files: JournalFiles, *, segment_bytes: int, most_segments: int) -> None:
        self._folder = folder
        self._files = files
        self._segment_bytes = segment_bytes
        self._most = most_segments
        self._changed = threading.Condition()
        self._sequence = 0
        self._segments: list[Segment] = []
        self._current: Segment | None = None
        self._closed = False
        self._lock = _lock(folder)

    @property
    def largest(self) -> int:
        """Bytes of the longest record that fits."""
        return self._segment_bytes - PAGE

    def append(self, receipt: Receipt, head: bytes, body: bytes | memoryview) -> Entry:
        """Make an instance durable. Raises `OSError`, and `VaultError` when there is no room for long."""
        with self._changed:
            entry = self._reserve(receipt, len(head), len(body))
        written = False
        try:
            entry.segment.write(entry.record, head, body, entry.offset)
            written = True
        finally:
            with self._changed:
                entry.segment.in_hand -= 1
                if written:
                    entry.segment.entries.append(entry)
                if self._closed:
                    self._let_go()
        return entry

    def filed(self, entries: Sequence[Entry]) -> None:
        """Take note that these are durable plain files."""
        with self._changed:
            for entry in entries:
                entry.filed = True
            self._changed.notify_all()

    def noted(self, entries: Sequence[Entry]) -> None:
        """Take note that the index knows these, or that they are in the list of pending ones."""
        with self._changed:
            for entry in entries:
                entry.noted = True
            self._changed.notify_all()

    def erase(self, path: str) -> None:
        """Leave nothing to replay of an instance that is settled. Raises `OSError`."""
        with self._changed:
            entries = [entry for segment in self._segments for entry in segment.entries if entry.record.path == path]
            for entry in entries:
                entry.segment.erase(entry)

    def is_short(self) -> bool:
        """Whether no segment is left to go on with."""
        with self._changed:
            return len(self._segments) >= self._most and self._free() is None

    def oldest(self) -> list[Entry]:
        """The filed entries of the segment that has been in use longest and that the index holds up."""
        with self._changed:
            full = (one for one in self._segments if one is not self._current)
            waiting = ([entry for entry in one.entries if not entry.noted] for one in full)
            found = [entries for entries in waiting if entries and all(entry.filed for entry in entries)]
            return min(found, key=lambda entries: entries[0].record.sequence, default=[])

    def segments_on_disk(self) -> Iterator[tuple[Path, int]]:
        """The segments that an earlier process left, with open descriptors. Raises `OSError`."""
        for path in sorted(self._folder.glob("*.journal")):
            yield path, self._files.open_segment(path)

    def reuse(self, path: Path, descriptor: int) -> None:
        """Take a segment that an earlier process left into use again: nothing in it is needed."""
        size = self._files.size(descriptor)
        segment = Segment(self._files, path, descriptor, size)
        segment.forget()
        if size == self._segment_bytes and len(self._segments) < self._most:
            self._segments.append(segment)
            return
        self._files.close(descriptor)
        self._files.remove(path)

    def set_aside(self, path: Path, descriptor: int) -> None:
        """Keep a segment that cannot be read whole for somebody to look at; it is neither replayed nor used again."""
        self._files.close(descriptor)
        with contextlib.suppress(OSError):  # then it is read again at the next start
            self._files.rename(path, path.with_suffix(".damaged"))
            self._files.sync_folder(self._folder)

    def prepare(self) -> None:
        """Have a segment ready to go on with, so that no image waits while one is made.

        A disk too full for it tells the sender of the image that needs it, and must not end us.
        """
        with self._changed:
            if self._closed or len(self._segments) >= self._most or self._free() is not None:
                return
        with contextlib.suppress(OSError):
            segment = self._made()
            with self._changed:
                if self._closed:
                    self._files.close(segment.descriptor)
                    return
                self._segments.append(segment)
                self._changed.notify_all()

    def close(self) -> None:
        """Leave nothing to replay, where nothing is needed; nothing is appended any more.

        Other nodes are kept out until the last write in hand has ended.
        """
        with self._changed:
            self._closed = True
            self._let_go()
            self._changed.notify_all()

    def _let_go(self) -> None:
        for segment in [one for one in self._segments if not one.in_hand]:
            self._segments.remove(segment)
            if segment.is_free:
                segment.forget()
            self._files.close(segment.descriptor)
        if not self._segments and self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _reserve(self, receipt: Receipt, head: int, body: int) -> Entry:
        self._sequence += 1
        record = Record(self._sequence, receipt.path, head, body)
        deadline = time.monotonic() + ROOM_WITHIN_S
        while not self._closed:
            segment = self._current
            offset = None if segment is None or segment.commit.failed else segment.reserve(record.length)
            if segment is not None and offset is not None:
                return Entry(record, receipt, segment, offset)
            if not self._go_on() and not self._changed.wait(max(deadline - time.monotonic(), 0.0)):
                raise VaultError("The journal is full; send again later.")
        raise VaultError("The journal is closed; send again later.")

    def _go_on(self) -> bool:
        """Begin a free segment; whether there was one."""
        self._current = None
        self._drop_failed()
        segment = self._free()
        if segment is None and len(self._segments) < self._most:
            segment = self._made()
            self._segments.append(segment)
        if segment is None:
            return False
        segment.begin()
        self._current = segment
        return True

    def _free(self) -> Segment | None:
        whole = (one for one in self._segments if one is not self._current and not one.commit.failed)
        return next((one for one in whole if one.is_free), None)

    def _drop_failed(self) -> None:
        """Give up the segments whose sync failed, as soon as nothing in them is needed."""
        for segment in [one for one in self._segments if one.commit.failed and one.is_free]:
            self._segments.remove(segment)
            segment.forget()
            self._files.close(segment.descriptor)
            self._files.remove(segment.path)

    def _made(self) -> Segment:
        path = self._folder / f"{secrets.token_hex(6)}.journal"
        descriptor = self._files.make_segment(path, self._segment_bytes)
        try:
            self._files.sync_folder(self._folder)
        except OSError:
            self._files.close(descriptor)
            with contextlib.suppress(OSError):
                self._files.remove(path)
            raise
        return Segment(self._files, path, descriptor, self._segment_bytes)


def open_journal(root: Path, files: JournalFiles, segment_bytes: int, most_segments: int) -> Journal:
    """The journal of the vault at ``root``. Raises `HomeInUse`, `VaultError`."""
    folder = root / "journal"
    try:
        files.make_folder(folder)
        files.sync_folder(root)
        return Journal(folder, files, segment_bytes=segment_bytes, most_segments=most_segments)
    except OSError as exc:
        raise VaultError(f"The journal cannot be opened: {exc.strerror or 'unknown error'}.") from exc


def _lock(folder: Path) -> int:
    """Keep a second node out of this vault until the descriptor is closed. Raises `HomeInUse`."""
    descriptor = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        os.close(descriptor)
        raise HomeInUse("Another DICOM node is running on this vault.") from exc
    return descriptor
