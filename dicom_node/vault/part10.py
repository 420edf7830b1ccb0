"""Our Part 10 files: zeroed preamble, file meta with the arrival in it, the data set exactly as sent."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import BinaryIO

from pipeline.domain.errors import UnreadableInstance
from pipeline.domain.receipt import Arrival

ARRIVAL_CREATOR_UID = "2.25.165466192601687691165178932037781895929"
"""Ours, as Private Information Creator UID (0002,0100): what follows in (0002,0102) is an arrival as JSON."""

IMPLEMENTATION_CLASS_UID = "2.25.112425957772445505113256154517759408758"
IMPLEMENTATION_VERSION_NAME = "NEUROVIGIE"
_PREAMBLE = bytes(128) + b"DICM"
_ARRIVAL_FIELDS = tuple(field.name for field in fields(Arrival))
_LONG_VR = frozenset({b"OB", b"UN"})
_HEAD_BYTES = 4096
"""Enough for our file meta; a longer one (hostile UIDs) is read whole."""


@dataclass(frozen=True, slots=True)
class FileMeta:
    """What stands before the data set: the arrival, the data set's digest, where the data set begins."""

    arrival: Arrival
    sha256: str
    data_set_offset: int


def encode_head(arrival: Arrival, data_set_sha256: str) -> bytes:
    """Preamble, prefix and file meta information (PS3.10 7.1), to be followed by the data set."""
    note = {name: getattr(arrival, name) for name in _ARRIVAL_FIELDS}
    note |= {"received_at": arrival.received_at.isoformat(), "sha256": data_set_sha256}
    private = _uid(0x0100, ARRIVAL_CREATOR_UID) + _element(0x0102, b"OB", json.dumps(note).encode())
    return encode_plain_head(arrival.SOPClassUID, arrival.SOPInstanceUID, arrival.TransferSyntaxUID, private)


def encode_plain_head(SOPClassUID: str, SOPInstanceUID: str, TransferSyntaxUID: str, private: bytes = b"") -> bytes:
    """The same for any instance; ``private`` are encoded elements (0002,0100) and (0002,0102)."""
    meta = b"".join(
        (
            _element(0x0001, b"OB", b"\0\1"),
            _uid(0x0002, SOPClassUID),
            _uid(0x0003, SOPInstanceUID),
            _uid(0x0010, TransferSyntaxUID),
            _uid(0x0012, IMPLEMENTATION_CLASS_UID),
            _element(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME.encode()),
            private,
        )
    )
    return _PREAMBLE + _element(0x0000, b"UL", struct.pack("<L", len(meta))) + meta


def decode_head(head: bytes) -> FileMeta:
    """Read back what `encode_head` wrote; ``head`` may go on beyond it.

    Raises `UnreadableInstance` when the file is not one of ours.
    """
    try:
        values, end = _meta_values(head)
        note = json.loads(values[0x0102])
        meta = FileMeta(_arrival(note), str(note["sha256"]), end)
    except (struct.error, KeyError, TypeError, ValueError) as exc:
        raise UnreadableInstance("The file in the vault has lost its file meta information.") from exc
    return meta


def read_head(stream: BinaryIO) -> tuple[FileMeta, int]:
    """The file meta information of an open file, and the file's size. Raises `UnreadableInstance`, `OSError`."""
    size = os.fstat(stream.fileno()).st_size
    head = stream.read(_HEAD_BYTES)
    needed = 144 + int.from_bytes(head[140:144], "little")
    head += stream.read(max(0, min(needed, size) - len(head)))
    return decode_head(head), size


def _arrival(note: dict[str, str]) -> Arrival:
    return Arrival(
        site_id=note["site_id"],
        peer_ae_title=note["peer_ae_title"],
        association_id=note["association_id"],
        received_at=datetime.fromisoformat(note["received_at"]),
        SOPClassUID=note["SOPClassUID"],
        SOPInstanceUID=note["SOPInstanceUID"],
        TransferSyntaxUID=note["TransferSyntaxUID"],
    )


def _meta_values(head: bytes) -> tuple[dict[int, bytes], int]:
    if head[:132] != _PREAMBLE:
        raise ValueError("no preamble of ours")
    end = 144 + int(struct.unpack_from("<L", head, 140)[0])
    values = {}
    for number, start, length in _elements(head, 144, end):
        values[number] = head[start : start + length].rstrip(b"\0 ")
    return values, end


def _elements(head: bytes, offset: int, end: int) -> Iterator[tuple[int, int, int]]:
    while offset < end:
        _, number, vr = struct.unpack_from("<HH2s", head, offset)
        form, start = ("<L", offset + 12) if vr in _LONG_VR else ("<H", offset + 8)
        (length,) = struct.unpack_from(form, head, start - struct.calcsize(form))
        yield number, start, length
        offset = start + length


def _uid(number: int, value: str) -> bytes:
    return _element(number, b"UI", value.encode("latin-1", "replace"))


def _element(number: int, vr: bytes, value: bytes) -> bytes:
    """One element of group 0002 in Explicit VR Little Endian, padded to even length (PS3.5 7.1.2)."""
    value += (b"\0" if vr in {b"UI", b"OB"} else b" ") * (len(value) % 2)
    if vr in _LONG_VR:
        return struct.pack("<HH2sHL", 2, number, vr, 0, len(value)) + value
    return struct.pack("<HH2sH", 2, number, vr, len(value)) + value
