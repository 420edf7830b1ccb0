"""Reads a journal back after a crash: every record that proves itself, wherever it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from dicom_node.vault.files import JournalFiles
from dicom_node.vault.part10 import decode_head
from dicom_node.vault.records import PAGE, RECORD_HEAD, Record, decode_opening, decode_record, is_whole
from pipeline.domain.errors import UnreadableInstance
from pipeline.domain.receipt import Receipt

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Replayed:
    """An instance found in a segment: its Part 10 file begins at ``offset`` and is ``length`` bytes long."""

    receipt: Receipt
    offset: int
    length: int


def replay(files: JournalFiles, descriptor: int, damaged: Callable[[int], None]) -> Iterator[Replayed]:
    """The instances of one segment, in the order they stand. Raises `OSError`.

    A record that is torn was never acknowledged. Others may stand behind it that were, so the reading
    goes on page by page until the next one. ``damaged`` hears of each offset where the disk gave nothing
    back, or no first page of ours.
    """
    nonce = _nonce(files, descriptor, damaged)
    size = files.size(descriptor)
    offset = PAGE
    while nonce is not None and offset < size:
        try:
            found = _at(files, descriptor, nonce, offset)
        except OSError:
            damaged(offset)
            found = None
        if found is None:
            offset += PAGE
        else:
            yield found[0]
            offset += found[1]


def _nonce(files: JournalFiles, descriptor: int, damaged: Callable[[int], None]) -> bytes | None:
    try:
        page = files.read_at(descriptor, PAGE, 0)
    except OSError:
        damaged(0)
        return None
    nonce = decode_opening(page)
    if nonce is None and any(page):
        damaged(0)
    return nonce


def _at(files: JournalFiles, descriptor: int, nonce: bytes, offset: int) -> tuple[Replayed, int] | None:
    """The instance whose record stands there, and the bytes it takes. Raises `OSError`."""
    record = decode_record(nonce, files.read_at(descriptor, RECORD_HEAD, offset))
    found = _checked(files, descriptor, record, offset) if record is not None else None
    return (found, record.length) if record is not None and found is not None else None


def _checked(files: JournalFiles, descriptor: int, record: Record, offset: int) -> Replayed | None:
    encoded = files.read_at(descriptor, RECORD_HEAD + record.head, offset)
    head = encoded[RECORD_HEAD:]
    if not is_whole(encoded, head):
        return None
    try:
        meta = decode_head(head)
    except UnreadableInstance:
        return None
    start = offset + RECORD_HEAD
    if _digest(files, descriptor, start + record.head, record.body) != meta.sha256:
        return None
    return Replayed(Receipt(meta.arrival, record.path, meta.sha256, record.body), start, record.file_length)


def _digest(files: JournalFiles, descriptor: int, offset: int, length: int) -> str:
    taken = sha256()
    end = offset + length
    for start in range(offset, end, _PIECE):
        taken.update(files.read_at(descriptor, min(_PIECE, end - start), start))
    return taken.hexdigest()
