"""Where one data element ends and the next begins, in little endian (PS3.5 7)."""

from __future__ import annotations

import struct

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD

_EXPLICIT, _LENGTH, _IMPLICIT = struct.Struct("<HH2sH"), struct.Struct("<L"), struct.Struct("<HHL")
_SHORT = {
    vr.encode(): vr
    for vr in ("AE", "AS", "AT", "CS", "DA", "DS", "DT", "FL", "FD", "IS", "LO", "LT", "PN", "SH", "SL", "SS", "ST",
               "TM", "UI", "UL", "US")
}  # fmt: skip
_LONG = {
    vr.encode(): vr
    for vr in ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
}  # fmt: skip
_DEEPEST = 16


class NotPlainError(Exception):
    """The elements are not laid out as this reader knows them, or end too early."""


def head_of(data: bytes, at: int, *, implicit: bool) -> tuple[int, str | None, int, int]:
    """Tag, VR (None where implicit), length and where the value begins; raises `NotPlainError` or `struct.error`."""
    if implicit:
        group, element, length = _IMPLICIT.unpack_from(data, at)
        if group != 0xFFFE and data[at + 4 : at + 6] in _SHORT and length > 0x2000_0000:
            raise NotPlainError  # explicit VR, called implicit
        return group << 16 | element, None, length, at + 8
    group, element, code, short = _EXPLICIT.unpack_from(data, at)
    vr = _SHORT.get(code)
    if vr is not None:
        return group << 16 | element, vr, short, at + 8
    vr = _LONG.get(code)
    if vr is not None:
        return group << 16 | element, vr, _LENGTH.unpack_from(data, at + 8)[0], at + 12
    if group == 0xFFFE:
        return group << 16 | element, None, _LENGTH.unpack_from(data, at + 4)[0], at + 8
    raise NotPlainError


def after(data: bytes, at: int, end: int, depth: int, *, implicit: bool) -> int:
    """Where a sequence or item of undefined length is over (PS3.5 7.5); raises `NotPlainError`."""
    if depth > _DEEPEST:
        raise NotPlainError
    while at + 8 <= len(data):
        tag, vr, length, value = head_of(data, at, implicit=implicit)
        if tag == end:
            return value
        if length != UNDEFINED:
            at = value + length
        elif vr == "UN":
            raise NotPlainError
        else:
            at = after(data, value, ITEM_END if tag == ITEM else SEQUENCE_END, depth + 1, implicit=implicit)
    raise NotPlainError
