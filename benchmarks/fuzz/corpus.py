"""What fuzzing begins with: small honest inputs of every shape, made by this script and nothing else."""

from __future__ import annotations

import struct
import zlib

from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from benchmarks.ingest.sender import command, data
from dicom_node.vault.part10 import encode_head, encode_plain_head
from pipeline.testing.data_sets import CTImageStorage, arrival, data_set, element

BOUNDARY = b"boundary"
_VERIFICATION = "1.2.840.10008.1.1"


def association_requests() -> tuple[bytes, ...]:
    """Bodies of an A-ASSOCIATE-RQ: one context, many, user identity, extended negotiation, nothing."""
    store = _context(1, CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian)
    echo = _context(3, _VERIFICATION, ImplicitVRLittleEndian)
    many = b"".join(_context(number, CTImageStorage, ExplicitVRLittleEndian) for number in range(1, 256, 2))
    identity = _item(0x58, struct.pack(">BBH", 2, 1, 4) + b"user" + struct.pack(">H", 6) + b"secret")
    roles = _item(0x54, struct.pack(">H", 17) + _VERIFICATION.encode() + b"\1\1")
    window = _item(0x53, struct.pack(">HH", 1, 1))
    return (
        _request(store),
        _request(store + echo, identity),
        _request(many),
        _request(echo, roles + window),
        _request(b""),
    )


def commands() -> tuple[bytes, ...]:
    """Command sets of several messages, and of none."""
    store = command(CTImageStorage, "1.2.3")
    others = [store.replace(struct.pack("<H", 1), struct.pack("<H", field), 1) for field in (0x20, 0x30, 0x0FFF)]
    return (store, *others, b"")


def data_sets(transfer_syntax: str) -> tuple[bytes, ...]:
    """Data sets with and without pixels, with sequences of both kinds of length, in one encoding."""
    plain = data_set(pixels=bytes(64), transfer_syntax=transfer_syntax)
    bare = data_set(transfer_syntax=transfer_syntax)
    if transfer_syntax == ExplicitVRBigEndian:
        return plain, bare
    item = element(0x0008_0100, "SH", b"CODE", transfer_syntax)
    open_item = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFF_FFFF) + item + struct.pack("<HHL", 0xFFFE, 0xE00D, 0)
    open_items = open_item + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    closed_items = struct.pack("<HHL", 0xFFFE, 0xE000, len(item)) + item
    head = struct.pack("<HH", 0x0008, 0x1032) + (b"" if transfer_syntax == ImplicitVRLittleEndian else b"SQ\0\0")
    nested = head + struct.pack("<L", 0xFFFF_FFFF) + open_items
    closed = head + struct.pack("<L", len(closed_items)) + closed_items
    return plain, bare, closed + plain, nested + plain, plain[:200]


def deflated() -> tuple[bytes, ...]:
    """Deflated data sets: honest, empty, and one that grows."""

    def pack(body: bytes) -> bytes:
        packer = zlib.compressobj(wbits=-15)
        return packer.compress(body) + packer.flush()

    bodies = (data_set(pixels=bytes(64)), b"", element(0x0009_0010, "UN", bytes(1 << 16)) + data_set())
    return tuple(pack(body) for body in bodies)


def heads() -> tuple[bytes, ...]:
    """Beginnings of our own files."""
    head = encode_head(arrival(), "0" * 64)
    return head, head + data_set(), head[:200], head.replace(b"carhaix", b"\xe9" * 7)


def bodies() -> tuple[bytes, ...]:
    """Bodies of STOW-RS: one part, several, one without type, a preamble and an epilogue, none, cut."""
    file = encode_plain_head(CTImageStorage, "1.2.3.1", ExplicitVRLittleEndian) + data_set()
    typed = b"Content-Type: application/dicom\r\n\r\n"

    def part(head: bytes, content: bytes) -> bytes:
        return b"--" + BOUNDARY + b"\r\n" + head + content + b"\r\n"

    end = b"--" + BOUNDARY + b"--\r\n"
    whole = part(typed, file) + part(typed, data_set(sop_instance="1.2.3.2")) + end
    return part(typed, file) + end, whole, part(b"\r\n", file) + end, b"hello\r\n" + whole + b"bye", end, whole[:300]


def lines() -> tuple[bytes, ...]:
    """Whole associations as they come over the line: request, echo, images in several PDUs, release, abort."""
    (request, *_), release, abort = association_requests(), _pdu(5, bytes(4)), _pdu(7, bytes(4))
    body = data_set(pixels=bytes(64))
    image = data(3, command(CTImageStorage, "1.2.3.1")) + data(2, body)
    pieces = data(3, command(CTImageStorage, "1.2.3.1")) + data(0, body[:100]) + data(2, body[100:])
    begin = _pdu(1, request)
    return begin + image + release, begin + pieces + image + release, begin + abort, begin, release + begin


def _request(contexts: bytes, user: bytes = b"") -> bytes:
    said = _item(0x51, (16_384).to_bytes(4, "big")) + _item(0x52, b"1.2.3") + user + _item(0x55, b"FUZZ")
    fixed = b"\0\1\0\0" + b"NEUROVIGIE".ljust(16) + b"SCANNER".ljust(16) + bytes(32)
    return fixed + _item(0x10, b"1.2.840.10008.3.1.1.1") + contexts + _item(0x50, said)


def _context(number: int, abstract: str, *transfer: str) -> bytes:
    syntaxes = b"".join(_item(0x40, one.encode()) for one in transfer)
    return _item(0x20, bytes((number, 0, 0, 0)) + _item(0x30, abstract.encode()) + syntaxes)


def _item(kind: int, value: bytes) -> bytes:
    return bytes((kind, 0)) + len(value).to_bytes(2, "big") + value


def _pdu(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxL", kind, len(body)) + body


ENCODINGS = {
    "explicit": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
    "big": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
}
