"""Reading single values from headers that may be broken, classic or enhanced multi-frame."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pydicom
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.tag import BaseTag

UNREADABLE = (
    ValueError, TypeError, LookupError, AttributeError, OverflowError, NotImplementedError, EOFError, RecursionError,
    struct.error, BytesLengthException,
)  # fmt: skip
"""What pydicom raises when a single broken value is converted."""

BROKEN = (*UNREADABLE, InvalidDicomError, RuntimeError, OSError, MemoryError, AssertionError, zlib.error)
"""What pydicom and the pixel decoders raise on broken or lying files."""

MOST_FRAMES_READ = 4096
"""Functional groups beyond this many frames are not looked at for recognition."""


def text(header: pydicom.Dataset, keyword: str) -> str:
    """One text value, upper case, without outer blanks; values of a multi-valued one joined by a backslash."""
    value = _value(header, keyword)
    if value is None:
        return ""
    try:
        many = value if isinstance(value, list | tuple | pydicom.multival.MultiValue) else [value]
        return "\\".join(str(part).strip() for part in many).upper()
    except UNREADABLE:
        return ""


def uid(header: pydicom.Dataset, keyword: str) -> str:
    """A UID of the top level as it stands; "" when absent or unreadable. It may be anything but a UID."""
    try:
        tag, _ = _known(keyword)
        element = None if tag is None else header.get_item(tag)
        if isinstance(element, RawDataElement) and element.VR in {None, "UI"}:
            return (element.value or b"").rstrip(b" \0").decode("ascii")
        return str(header.get(keyword) or "")
    except UNREADABLE:
        return ""


def tokens(header: pydicom.Dataset, keyword: str) -> frozenset[str]:
    """The separate values of a multi-valued text, upper case."""
    return frozenset(part for part in text(header, keyword).split("\\") if part)


def number(header: pydicom.Dataset, keyword: str) -> float | None:
    """The first number of a value; None when absent, unreadable or not finite."""
    values = numbers(header, keyword)
    return values[0] if values else None


def numbers(header: pydicom.Dataset, keyword: str) -> tuple[float, ...]:
    """All numbers of a value; empty when absent, unreadable or not finite."""
    value = _undecoded(header, keyword)
    if value is None:
        value = _value(header, keyword)
    if value is None or value == "":
        return ()
    try:
        many = value if isinstance(value, list | tuple | pydicom.multival.MultiValue) else [value]
        read = tuple(float(part) for part in many)
    except UNREADABLE:
        return ()
    return read if all(math.isfinite(part) for part in read) else ()


def frames(header: pydicom.Dataset) -> Iterator[pydicom.Dataset]:
    """The per-frame functional groups of an enhanced multi-frame image (PS3.3 C.7.6.16); none for others."""
    yield from _items(header, "PerFrameFunctionalGroupsSequence")[:MOST_FRAMES_READ]


def shared(header: pydicom.Dataset) -> pydicom.Dataset | None:
    """The shared functional groups of an enhanced multi-frame image."""
    items = _items(header, "SharedFunctionalGroupsSequence")
    return items[0] if items else None


def in_groups(groups: pydicom.Dataset | None, keyword: str) -> pydicom.Dataset | None:
    """The functional group item that holds a keyword, e.g. PixelSpacing in PixelMeasuresSequence."""
    if groups is None:
        return None
    for element in groups:
        if element.VR == "SQ" and element.value and keyword in element.value[0]:
            item: pydicom.Dataset = element.value[0]
            return item
    return None


def first_item(header: pydicom.Dataset, keyword: str) -> pydicom.Dataset | None:
    """The first item of a sequence; None when absent, empty or unreadable."""
    items = _items(header, keyword)
    return items[0] if items else None


def has_items(header: pydicom.Dataset, keyword: str) -> bool:
    """Whether a sequence is there and not empty."""
    return bool(_items(header, keyword))


@lru_cache(maxsize=512)
def _known(keyword: str) -> tuple[BaseTag | None, str]:
    """The tag of a keyword, and its VR in the dictionary."""
    tag = tag_for_keyword(keyword)
    return (None, "") if tag is None else (BaseTag(tag), dictionary_VR(tag))


def _undecoded(header: pydicom.Dataset, keyword: str) -> list[Any] | None:
    """The numbers of a value as they stand in the file, where nothing has looked at it yet.

    Decimal text and single shorts only; pydicom's own conversion, with its checks, takes 50 times as long.
    """
    tag, vr = _known(keyword)
    if tag is None or vr not in _PLAIN:
        return None
    element = header.get_item(tag)
    if not isinstance(element, RawDataElement) or element.VR not in {None, vr} or not element.value:
        return None
    if vr != "US":
        return element.value.strip(b" \0").split(b"\\")
    little = len(element.value) == 2 and element.is_little_endian
    return [int.from_bytes(element.value, "little")] if little else None


_PLAIN = frozenset({"DS", "IS", "US"})
_GROUPS = (BaseTag(0x52009229), BaseTag(0x52009230))
"""Shared and per-frame functional groups."""


def _items(header: pydicom.Dataset, keyword: str) -> list[pydicom.Dataset]:
    try:
        return list(header.get(keyword) or [])
    except UNREADABLE:
        return []


def _value(header: pydicom.Dataset, keyword: str) -> Any:
    """The value at the top level, else in the shared, else in the first frame's functional groups."""
    try:
        tag, _ = _known(keyword)
        if tag is not None and tag in header:
            return header[tag].value
        if _GROUPS[0] not in header and _GROUPS[1] not in header:
            return None
        first_frame = next(frames(header), None)
        for groups in (shared(header), first_frame):
            item = in_groups(groups, keyword)
            if item is not None:
                return item[keyword].value
    except UNREADABLE:
        return None
    return None
