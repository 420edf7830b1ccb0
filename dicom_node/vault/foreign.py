"""The file meta information of a Part 10 file that is not ours, whatever it says."""

from __future__ import annotations

import struct

from pipeline.domain.errors import UnreadableInstance

_LONG_VR = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"UC", b"UN", b"UR", b"UT"})


def file_meta(data: bytes) -> tuple[dict[int, str], int]:
    """Values of group 0002 by element number, and where the data set begins; no group length needed.

    A file without preamble and prefix is read from its first byte: as some clients of STOW-RS send it, with
    the meta information, or as a bare data set. Raises `UnreadableInstance`.
    """
    if data[128:132] != b"DICM" and data[:2] != b"\2\0":
        return {}, 0
    values: dict[int, str] = {}
    offset = 132 if data[128:132] == b"DICM" else 0
    while data[offset : offset + 2] == b"\2\0":
        try:
            _, number, vr = struct.unpack_from("<HH2s", data, offset)
            form, start = ("<L", offset + 12) if vr in _LONG_VR else ("<H", offset + 8)
            (length,) = struct.unpack_from(form, data, start - struct.calcsize(form))
        except struct.error as exc:
            raise UnreadableInstance("The file ends in the middle of its file meta information.") from exc
        values[number] = data[start : start + length].rstrip(b"\0 ").decode("latin-1")
        offset = start + length
    return values, offset


def guess_syntax(data_set: bytes) -> str:
    """The transfer syntax of a bare data set, by its first element."""
    vr = data_set[4:6]
    explicit = vr.isalpha() and vr.isupper()
    return "1.2.840.10008.1.2.1" if explicit else "1.2.840.10008.1.2"
