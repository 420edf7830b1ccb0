"""Finds the few identifiers of a data set without decoding it: bounded work, whatever the bytes say."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from pipeline.domain.errors import UnreadableInstance

ImplicitVRLittleEndian = "1.2.840.10008.1.2"
ExplicitVRBigEndian = "1.2.840.10008.1.2.2"
_DEFLATED = frozenset({"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.8.1"})

SOPClassUID = 0x0008_0016
SOPInstanceUID = 0x0008_0018
StudyInstanceUID = 0x0020_000D
SeriesInstanceUID = 0x0020_000E
_KEYWORDS = {
    StudyInstanceUID: "StudyInstanceUID",
    SeriesInstanceUID: "SeriesInstanceUID",
    SOPInstanceUID: "SOPInstanceUID",
}

MOST_ELEMENTS = 200_000
"""Elements walked before a header is called too long: a real one has a few thousand."""

MOST_INFLATED = 16 * 1024 * 1024
"""Bytes inflated of a deflated data set, enough for any header: a deflate bomb stops here."""

LARGEST_INFLATED = 512 * 1024 * 1024
"""Bytes a deflated data set may have in all: whoever reads it later has it in memory."""

SUSPECT_INFLATED, SUSPECT_RATIO = 64 * 1024 * 1024, 100
"""A data set that grows beyond both is a bomb: images deflate to a half or a tenth, masks to more but are small."""

_UNDEFINED = 0xFFFF_FFFF
_PIECE = 1 << 20
_ITEM, _SEQUENCE_END = 0xFFFE_E000, 0xFFFE_E0DD
_SHORT_VR = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split()  # PS3.5 7.1.2
)


@dataclass(frozen=True, slots=True)
class InstanceIds:
    """What a data set says it is; ``SOPClassUID`` is empty when the data set leaves it out."""

    SOPClassUID: str
    SOPInstanceUID: str
    StudyInstanceUID: str
    SeriesInstanceUID: str


def instance_ids(data_set: bytes, transfer_syntax: str) -> InstanceIds:
    """Read the identifiers of an encoded data set.

    Raises `UnreadableInstance` when there is none, or when one holds a control character.
    """
    found = find_ids(data_set, transfer_syntax)
    for tag, keyword in _KEYWORDS.items():
        if not found.get(tag):
            raise UnreadableInstance(f"The data set has no {keyword}.")
    if any(min(value, default=" ") < " " for value in found.values()):
        raise UnreadableInstance("An identifier holds control characters.")
    return InstanceIds(
        found.get(SOPClassUID, ""), found[SOPInstanceUID], found[StudyInstanceUID], found[SeriesInstanceUID]
    )


def find_ids(data_set: bytes, transfer_syntax: str) -> dict[int, str]:
    """The identifiers a data set has, by tag. Raises `UnreadableInstance` when its header is cut or absurd."""
    return _values(_plain(data_set, transfer_syntax), transfer_syntax)


def is_deflated(transfer_syntax: str) -> bool:
    """Whether a data set in this transfer syntax has to be inflated whole to be read."""
    return transfer_syntax in _DEFLATED


def refuse_bombs(data_set: bytes | memoryview, transfer_syntax: str) -> None:
    """Raise `UnreadableInstance` when a deflated data set would fill the memory of whoever reads it."""
    if not is_deflated(transfer_syntax):
        return
    most = max(SUSPECT_INFLATED, min(LARGEST_INFLATED, SUSPECT_RATIO * len(data_set)))
    inflater, rest, size = zlib.decompressobj(-zlib.MAX_WBITS), bytes(data_set), 0
    try:
        while rest and not inflater.eof:
            size += len(inflater.decompress(rest, _PIECE))
            rest = inflater.unconsumed_tail
            if size > most:
                raise UnreadableInstance(f"The data set inflates to more than {most >> 20} MiB.")
    except zlib.error as exc:
        raise UnreadableInstance("The data set is not deflated as its transfer syntax says.") from exc


def _plain(data_set: bytes, transfer_syntax: str) -> bytes:
    if transfer_syntax not in _DEFLATED:
        return data_set
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data_set, MOST_INFLATED)
    except zlib.error as exc:
        raise UnreadableInstance("The data set is not deflated as its transfer syntax says.") from exc


def _values(body: bytes, transfer_syntax: str) -> dict[int, str]:
    wanted = {SOPClassUID, *_KEYWORDS}
    found: dict[int, str] = {}
    walk = _Walk(body, big_endian=transfer_syntax == ExplicitVRBigEndian)
    implicit = transfer_syntax == ImplicitVRLittleEndian and body[4:6] not in _SHORT_VR
    offset = 0
    try:
        while offset < len(body):
            tag, length, start = walk.element(offset, implicit=implicit)
            if tag > SeriesInstanceUID:
                break
            offset = walk.end_of_sequence(start, implicit=implicit) if length == _UNDEFINED else start + length
            if tag in wanted:
                if offset > len(body):
                    raise UnreadableInstance("The data set ends in the middle of an identifier.")
                found[tag] = body[start:offset].rstrip(b"\0 ").decode("latin-1")
    except struct.error as exc:
        raise UnreadableInstance("The data set ends in the middle of its header.") from exc
    return found


class _Walk:
    """Steps over encoded elements, counting them."""

    def __init__(self, body: bytes, *, big_endian: bool) -> None:
        order = ">" if big_endian else "<"
        self._body = body
        self._tag = struct.Struct(order + "HH")
        self._length16 = struct.Struct(order + "H")
        self._length32 = struct.Struct(order + "L")
        self._steps = 0

    def element(self, offset: int, *, implicit: bool) -> tuple[int, int, int]:
        """The tag, length and start of the value of the element at ``offset``.

        An element without a VR inside an explicit data set is read as implicit, as some senders write it.
        """
        self._steps += 1
        if self._steps > MOST_ELEMENTS:
            raise UnreadableInstance("The header is longer than this service reads.")
        group, number = self._tag.unpack_from(self._body, offset)
        vr = self._body[offset + 4 : offset + 6]
        if implicit or group == 0xFFFE or not (vr.isalpha() and vr.isupper()):
            return group << 16 | number, self._length32.unpack_from(self._body, offset + 4)[0], offset + 8
        if vr in _SHORT_VR:
            return group << 16 | number, self._length16.unpack_from(self._body, offset + 6)[0], offset + 8
        return group << 16 | number, self._length32.unpack_from(self._body, offset + 8)[0], offset + 12

    def end_of_sequence(self, offset: int, *, implicit: bool) -> int:
        """Where the sequence of undefined length whose items begin at ``offset`` ends; no recursion."""
        nested = [implicit]
        while nested:
            start_of_element = offset
            tag, length, start = self.element(offset, implicit=nested[-1])
            if tag == _SEQUENCE_END:
                nested.pop()
                offset = start
            elif tag >> 16 == 0xFFFE:
                offset = start + (length if tag == _ITEM and length != _UNDEFINED else 0)
            elif length == _UNDEFINED:
                # An unknown VR of undefined length is encoded implicitly (PS3.5 6.2.2).
                unknown = self._body[start_of_element + 4 : start_of_element + 6] == b"UN"
                nested.append(nested[-1] or unknown)
                offset = start
            else:
                offset = start + length
        return offset
