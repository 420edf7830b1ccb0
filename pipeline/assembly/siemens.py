"""What Siemens writes in private elements: the CSA image header, and how a mosaic is put together."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pydicom

from pipeline.assembly.headers import UNREADABLE, text

_CSA_IMAGE_HEADER = (0x0029, 0x1010)
_IMAGES_IN_MOSAIC = (0x0019, 0x100A)
_ACQUISITION_MATRIX_TEXT = (0x0051, 0x100B)
_MOST_TAGS = 1024
"""A CSA header holds about a hundred; a hostile count is not followed."""

Csa = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Mosaic:
    """How many slices lie in how many tiles a side, and the slice normal where the scanner says it."""

    slices: int
    grid: int
    normal: tuple[float, ...]


def mosaic(header: pydicom.Dataset) -> Mosaic | None:
    """How a Siemens mosaic is put together; None when the image is not one or does not say.

    The tiles fill a square grid row by row; its side is the least whose square holds all slices
    (Siemens MR conformance statement; the same in dcm2niix and nibabel).
    """
    if "MOSAIC" not in text(header, "ImageType").split("\\"):
        return None
    csa = csa_image_header(header)
    slices = _count(header, csa)
    if slices is not None and slices > 0:
        return Mosaic(slices, math.isqrt(slices - 1) + 1, _normal(csa))
    grid = _grid_by_matrix(header)
    return None if grid is None else Mosaic(grid * grid, grid, _normal(csa))


def csa_image_header(header: pydicom.Dataset) -> Csa:
    """The named values of the CSA image header (0029,1010); empty when absent or broken."""
    try:
        if _CSA_IMAGE_HEADER not in header:
            return {}
        value = header[_CSA_IMAGE_HEADER].value
        return dict(_tags(value)) if isinstance(value, bytes) else {}
    except (*UNREADABLE, UnicodeDecodeError):
        return {}


def csa_numbers(csa: Csa, name: str) -> tuple[float, ...]:
    """The numbers of one CSA value; empty when absent or not numbers."""
    try:
        read = tuple(float(part) for part in csa.get(name, ()) if part)
    except ValueError:
        return ()
    return read if all(math.isfinite(part) for part in read) else ()


def _tags(data: bytes) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name and values of each tag, in the newer form ("SV10") and in the older one without a mark."""
    newer = data[:4] == b"SV10"
    at = 8 if newer else 0
    (count,) = struct.unpack_from("<L", data, at)
    at += 8
    first_items = 0
    for number in range(min(count, _MOST_TAGS)):
        name, multiplicity, _, _, items, _ = struct.unpack_from("<64si4siii", data, at)
        at += 84
        first_items = items if number == 0 else first_items
        values = []
        for item in range(items):
            first, second = struct.unpack_from("<ii", data, at)
            length = second if newer else first - first_items
            at += 16
            if length < 0 or at + length > len(data):
                break
            if item < max(multiplicity, 1):
                values.append(data[at : at + length].split(b"\0")[0].decode("latin-1").strip())
            at += length + (-length) % 4
        yield name.split(b"\0")[0].decode("latin-1"), tuple(values)


def _count(header: pydicom.Dataset, csa: Csa) -> int | None:
    private = _private_number(header, _IMAGES_IN_MOSAIC)
    if private is not None:
        return int(private)
    said = csa_numbers(csa, "NumberOfImagesInMosaic")
    return int(said[0]) if said else None


def _private_number(header: pydicom.Dataset, tag: tuple[int, int]) -> float | None:
    try:
        value: Any = header[tag].value if tag in header else None
        if isinstance(value, bytes):
            return float(struct.unpack("<H", value)[0]) if len(value) == 2 else float(value.strip(b" \0"))
        return None if value is None else float(value)
    except UNREADABLE:
        return None


def _grid_by_matrix(header: pydicom.Dataset) -> int | None:
    """Tiles a side from the acquired matrix, e.g. "64p*64": only where that divides the picture evenly."""
    try:
        value = header[_ACQUISITION_MATRIX_TEXT].value if _ACQUISITION_MATRIX_TEXT in header else ""
        said = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        sizes = [int(part) for part in re.findall(r"\d+", said)[:2]]
        rows, columns = int(header.Rows), int(header.Columns)
    except UNREADABLE:
        return None
    if len(sizes) != 2 or 0 in sizes or rows % max(sizes) or columns % max(sizes):
        return None
    grid = rows // max(sizes)
    return grid if grid == columns // max(sizes) and grid > 1 else None


def _normal(csa: Csa) -> tuple[float, ...]:
    normal = csa_numbers(csa, "SliceNormalVector")
    return normal if len(normal) == 3 and any(normal) else ()
