"""The header of one plain CT slice read without a general parser: only what its geometry and pixels need.

A full parse of each of 600 headers takes longer than reading their pixels. This reader knows only
single-frame CT in little endian; whatever it is not sure of, it leaves to `pipeline.volumes.planes`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from io import FileIO
from pathlib import Path

from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from pipeline.volumes.elements import SEQUENCE_END, UNDEFINED, NotPlainError, after, head_of
from pipeline.volumes.limits import MOST_FRAME_PIXELS
from pipeline.volumes.source import FrameKind, PixelEncoding, SourceFrame

_FIRST_READ = 16_384
_LONGEST_HEADER = 1_048_576
"""Headers are 2 to 20 kB; more is read only where private elements before group 0030 are that long."""

_META = frozenset({0x00020010})
_WANTED = frozenset({
    0x00080008, 0x00080018, 0x00080060, 0x00180050, 0x00200012, 0x00200013, 0x00200032, 0x00200037, 0x00200052,
    0x00280002, 0x00280008, 0x00280010, 0x00280011, 0x00280030, 0x00280100, 0x00280101, 0x00280102, 0x00280103,
    0x00281052, 0x00281053,
})  # fmt: skip
_LAST = max(_WANTED)

_NOT_READ = frozenset({str(ExplicitVRBigEndian), str(DeflatedExplicitVRLittleEndian), ""})

Values = Mapping[int, bytes]


def quick_plane(path: Path) -> SourceFrame | None:
    """The plane of a plain CT slice, as `planes` would give it; None when a full parser has to look."""
    try:
        with FileIO(path) as file:
            head = file.read(_FIRST_READ)
            try:
                return _plane(path, head)
            except NotPlainError:
                more = file.read(_LONGEST_HEADER) if len(head) == _FIRST_READ else b""
                return _plane(path, head + more) if more else None
    except (NotPlainError, OSError, ValueError, struct.error):
        return None


def _plane(path: Path, head: bytes) -> SourceFrame | None:
    if head[128:132] != b"DICM":
        return None
    meta, start = _walk(head, 132, _META, 0x0002FFFF, implicit=False)
    syntax = _uid(meta, 0x00020010)
    if syntax in _NOT_READ:
        return None
    values, _ = _walk(head, start, _WANTED, _LAST, implicit=syntax == ImplicitVRLittleEndian)
    if values.get(0x00080060, b"").strip(b" \0") != b"CT" or not _is_plain(values):
        return None
    return _frame(path, values, syntax)


def _walk(head: bytes, at: int, wanted: frozenset[int], last: int, *, implicit: bool) -> tuple[dict[int, bytes], int]:
    """The wanted elements up to tag ``last``, and where the first one after it begins."""
    found: dict[int, bytes] = {}
    size = len(head)
    while True:
        if at + 8 > size:
            raise NotPlainError
        if int.from_bytes(head[at : at + 2], "little") > last >> 16:
            return found, at
        tag, _, length, value = head_of(head, at, implicit=implicit)
        if tag > last:
            return found, at
        if length == UNDEFINED:
            at = after(head, value, SEQUENCE_END, 0, implicit=implicit)
            continue
        at = value + length
        if tag in wanted:
            if at > size:
                raise NotPlainError
            found[tag] = head[value:at]


def _is_plain(values: Values) -> bool:
    """One grey frame with all that geometry needs, each value once and finite."""
    if _first(values, 0x00280008, 1.0) != 1 or _short(values, 0x00280002) != 1:
        return False
    counts = {0x00200032: 3, 0x00200037: 6, 0x00280030: 2}
    numbers = {tag: _numbers(values, tag) for tag in counts}
    if any(len(numbers[tag]) != count for tag, count in counts.items()) or min(numbers[0x00280030]) <= 0:
        return False
    return 0 < _short(values, 0x00280010) * _short(values, 0x00280011) <= MOST_FRAME_PIXELS


def _frame(path: Path, values: Values, syntax: str) -> SourceFrame:
    rows, columns = _short(values, 0x00280010), _short(values, 0x00280011)
    between_rows_mm, between_columns_mm = _numbers(values, 0x00280030)
    image_type = [part.strip().upper() for part in values.get(0x00080008, b"").decode("latin-1").split("\\")]
    return SourceFrame(
        path=path,
        SOPInstanceUID=_uid(values, 0x00080018),
        FrameOfReferenceUID=_uid(values, 0x00200052),
        frame=1,
        rows=rows,
        columns=columns,
        orientation=_numbers(values, 0x00200037),
        position_mm=_numbers(values, 0x00200032),
        spacing_mm=(between_rows_mm, between_columns_mm),
        thickness_mm=_first(values, 0x00180050, None),
        slope=_first(values, 0x00281053, 1.0) or 1.0,
        intercept=_first(values, 0x00281052, 0.0) or 0.0,
        acquisition=int(_first(values, 0x00200012, 0.0) or 0),
        instance=int(_first(values, 0x00200013, 0.0) or 0),
        kind=FrameKind(component="\\".join(part for part in image_type[2:] if part not in {"", "NONE", "MOSAIC"})),
        encoding=PixelEncoding(
            TransferSyntaxUID=syntax,
            BitsAllocated=_short(values, 0x00280100),
            BitsStored=_short(values, 0x00280101),
            HighBit=_short(values, 0x00280102),
            signed=_short(values, 0x00280103) == 1,
            rows=rows,
            columns=columns,
        ),
    )


def _uid(values: Values, tag: int) -> str:
    return values.get(tag, b"").rstrip(b" \0").decode("latin-1")


def _short(values: Values, tag: int) -> int:
    value = values.get(tag, b"")
    return int.from_bytes(value, "little") if len(value) == 2 else 0


def _numbers(values: Values, tag: int) -> tuple[float, ...]:
    value = values.get(tag, b"").strip(b" \0")
    read = tuple(float(part) for part in value.split(b"\\")) if value else ()
    if not all(math.isfinite(part) for part in read):
        raise NotPlainError
    return read


def _first(values: Values, tag: int, otherwise: float | None) -> float | None:
    read = _numbers(values, tag)
    return read[0] if read else otherwise
