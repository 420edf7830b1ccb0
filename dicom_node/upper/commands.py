"""Command sets of PS3.7 annex E: those of C-STORE and C-ECHO, and an answer to any other."""

from __future__ import annotations

import struct
from dataclasses import dataclass

C_STORE_RQ = 0x0001
C_ECHO_RQ = 0x0030
C_CANCEL_RQ = 0x0FFF
RESPONSE = 0x8000
NO_DATA_SET = 0x0101
UNRECOGNISED_OPERATION = 0x0211
"""PS3.7 C.5.25."""

_ELEMENT = struct.Struct("<HHL")
_US = struct.Struct("<H")
_UL = struct.Struct("<L")


class BadCommand(Exception):
    """A command set does not keep to PS3.7."""


@dataclass(frozen=True, slots=True)
class Command:
    """A request: what is asked, its number, the SOP class and instance, and whether a data set follows."""

    field: int
    message_id: int
    sop_class: str
    sop_instance: str
    has_data_set: bool


def read_command(encoded: bytes) -> Command:
    """Decode a command set, which is in Implicit VR Little Endian. Raises `BadCommand`."""
    try:
        values = _values(encoded)
        field = _US.unpack(values[0x0100])[0]
        number = values.get(0x0110, values.get(0x0120, b"\0\0"))
        sop_class = _uid(values.get(0x0002, values.get(0x0003, b"")))
        sop_instance = _uid(values.get(0x1000, values.get(0x1001, b"")))
        has_data_set = _US.unpack(values[0x0800])[0] != NO_DATA_SET
        return Command(field, _US.unpack(number)[0], sop_class, sop_instance, has_data_set)
    except (struct.error, KeyError) as exc:
        raise BadCommand("a command set is incomplete") from exc


def _values(encoded: bytes) -> dict[int, bytes]:
    values = {}
    offset = 0
    while offset < len(encoded):
        group, element, length = _ELEMENT.unpack_from(encoded, offset)
        offset += _ELEMENT.size
        if group or offset + length > len(encoded):
            raise BadCommand("a command set has an element of another group, or a cut one")
        values[element] = encoded[offset : offset + length]
        offset += length
    return values


def respond(command: Command, status: int, comment: str = "") -> bytes:
    """The response to a request, without a data set (PS3.7 9.3.1.2, 9.3.5.2)."""
    parts = [
        _text(0x0002, command.sop_class),
        _element(0x0100, _US.pack(command.field | RESPONSE)),
        _element(0x0120, _US.pack(command.message_id)),
        _element(0x0800, _US.pack(NO_DATA_SET)),
        _element(0x0900, _US.pack(status)),
    ]
    if comment:
        parts.append(_text(0x0902, comment, b" "))
    if command.sop_instance:
        parts.append(_text(0x1000, command.sop_instance))
    body = b"".join(parts)
    return _element(0x0000, _UL.pack(len(body))) + body


def _uid(value: bytes) -> str:
    return value.decode("latin-1").rstrip("\0 ")


def _text(element: int, value: str, padding: bytes = b"\0") -> bytes:
    encoded = value.encode("latin-1", "replace")
    return _element(element, encoded + padding * (len(encoded) % 2))


def _element(element: int, value: bytes) -> bytes:
    return _ELEMENT.pack(0, element, len(value)) + value
