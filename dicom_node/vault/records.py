"""How the journal is encoded: segments of records, each of which proves itself.

A segment begins with a page that holds a random nonce. Each record repeats it, so neither what an
earlier use of the segment left nor what a sender put into its pixels is ever taken for a record.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from zlib import crc32

from dicom_node.vault.naming import PATH

PAGE = 4096
"""Records begin at multiples of it, as bytes."""

NONCE_BYTES = 16
RECORD_HEAD = 256
"""Bytes of a record before its Part 10 file."""

MOST_HEAD = 1 << 20
"""Bytes of preamble and file meta information that a record may have; ours have less than a thousand.
With hostile UIDs they may be longer: such an instance is no record of the journal."""

_MAGIC = b"NVJOURN1"
_SEGMENT = struct.Struct("<8s16s")
_RECORD = struct.Struct("<16sQLQ96s")
_CRC = struct.Struct("<L")


@dataclass(frozen=True, slots=True)
class Record:
    """One instance in a segment: its number, where it will lie in the vault, and the lengths of its two parts."""

    sequence: int
    path: str
    head: int
    body: int

    @property
    def file_length(self) -> int:
        """Bytes of its Part 10 file."""
        return self.head + self.body

    @property
    def length(self) -> int:
        """Bytes it takes in a segment, whole pages."""
        return -(-(RECORD_HEAD + self.file_length) // PAGE) * PAGE


def encode_opening(nonce: bytes) -> bytes:
    """The first page of a segment."""
    packed = _SEGMENT.pack(_MAGIC, nonce)
    return (packed + _CRC.pack(crc32(packed))).ljust(PAGE, b"\0")


def decode_opening(page: bytes) -> bytes | None:
    """The nonce of a segment, or none when it was never opened."""
    if len(page) < PAGE:
        return None
    packed = page[: _SEGMENT.size]
    magic, nonce = _SEGMENT.unpack(packed)
    (crc,) = _CRC.unpack_from(page, _SEGMENT.size)
    return nonce if magic == _MAGIC and crc == crc32(packed) else None


def encode_record(nonce: bytes, record: Record, head: bytes) -> bytes:
    """What stands before the Part 10 file; its checksum covers ``head``, whose digest covers the data set."""
    packed = _RECORD.pack(nonce, record.sequence, record.head, record.body, record.path.encode())
    return (packed + _CRC.pack(crc32(head, crc32(packed)))).ljust(RECORD_HEAD, b"\0")


def decode_record(nonce: bytes, encoded: bytes) -> Record | None:
    """The record that begins here, if one does; `is_whole` says whether its head came with it."""
    if len(encoded) < RECORD_HEAD or encoded[:NONCE_BYTES] != nonce:
        return None
    _, sequence, head, body, name = _RECORD.unpack_from(encoded)
    path = name.rstrip(b"\0").decode("ascii", "replace")
    return Record(sequence, path, head, body) if head <= MOST_HEAD and PATH.fullmatch(path) else None


def is_whole(encoded: bytes, head: bytes) -> bool:
    """Whether a record and the head behind it are what was written."""
    (crc,) = _CRC.unpack_from(encoded, _RECORD.size)
    return bool(crc == crc32(head, crc32(encoded[: _RECORD.size])))
