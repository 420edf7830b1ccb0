"""How strongly, and along which direction, each diffusion image is weighted, whoever made the scanner."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pydicom

from pipeline.assembly.headers import UNREADABLE, first_item, number, numbers, text
from pipeline.assembly.siemens import csa_image_header, csa_numbers

UNWEIGHTED_BELOW = 50.0
"""Images under this b-value (s/mm2) are read as not weighted: scanners write 0, 5, 10 or 20 for b0."""

_GE_MARK = 100_000
"""GE adds 10^9 to mark a newer meaning of (0043,1039); no b-value comes near this."""


class Direction(StrEnum):
    """What one image's diffusion weighting is along."""

    NONE = "none"
    """Not weighted (b0)."""
    TRACE = "trace"
    """All directions together: the trace-weighted or isotropic image."""
    ONE = "one"
    """A single gradient direction."""
    UNKNOWN = "unknown"
    """Weighted, but no header says along what."""


@dataclass(frozen=True, slots=True)
class Weighting:
    """The b-value (s/mm2), what it is along, the direction if one is given, and who says so.

    ``source`` is the keyword or private tag; ``proves`` is False for a private 0, which some scanners
    write on every image of theirs.
    """

    b_value: float
    direction: Direction
    gradient: tuple[float, ...] = ()
    source: str = ""
    proves: bool = True


def weighting(header: pydicom.Dataset, *groups: pydicom.Dataset | None) -> Weighting | None:
    """The diffusion weighting of one image, or of one frame given its functional groups; None if not diffusion."""
    for one in (*groups, header):
        found = _standard(one) if one is not None else None
        if found is not None:
            return found if found.gradient or found.direction is not Direction.UNKNOWN else _refined(found, header)
    maker = text(header, "Manufacturer")
    for name, read in _MAKERS.items():
        if name in maker:
            found = read(header)
            if found is not None:
                return found
    return _by_sequence_name(header)


def _standard(groups: pydicom.Dataset) -> Weighting | None:
    """MR Diffusion Macro (PS3.3 C.8.13.5.9), or its attributes at the top level of a classic image."""
    item = groups if "DiffusionBValue" in groups else first_item(groups, "MRDiffusionSequence")
    value = None if item is None else _top_number(item)
    if item is None or value is None:
        return None
    directional = text(item, "DiffusionDirectionality")
    gradient = numbers(item, "DiffusionGradientOrientation")
    if not gradient:
        inner = first_item(item, "DiffusionGradientDirectionSequence")
        gradient = () if inner is None else numbers(inner, "DiffusionGradientOrientation")
    return _weighting(value, gradient, "DiffusionBValue", isotropic=directional == "ISOTROPIC")


def _top_number(item: pydicom.Dataset) -> float | None:
    return number(item, "DiffusionBValue") if "DiffusionBValue" in item else None


def _refined(found: Weighting, header: pydicom.Dataset) -> Weighting:
    """A weighting without direction, with the direction that the picture's type or maker gives it."""
    if text(header, "ImageType").find("TRACE") >= 0 or "ISOTROPIC" in text(header, "ImageType"):
        return Weighting(found.b_value, Direction.TRACE, (), found.source)
    for name, read in _MAKERS.items():
        if name in text(header, "Manufacturer"):
            private = read(header)
            if private is not None and private.direction is not Direction.UNKNOWN:
                return Weighting(found.b_value, private.direction, private.gradient, found.source)
    return found


def _weighting(
    b_value: float, gradient: tuple[float, ...], source: str, *, isotropic: bool = False, private: bool = False
) -> Weighting | None:
    if not 0 <= b_value < _GE_MARK:
        return None
    if b_value < UNWEIGHTED_BELOW:
        return Weighting(b_value, Direction.NONE, (), source, proves=not private)
    given = len(gradient) == 3 and any(abs(part) > 1e-6 for part in gradient)
    if isotropic or not given:
        return Weighting(b_value, Direction.TRACE if isotropic else Direction.UNKNOWN, (), source)
    return Weighting(b_value, Direction.ONE, gradient, source)


def _ge(header: pydicom.Dataset) -> Weighting | None:
    """(0043,1039), its direction in (0019,10BB-BD); (0043,1030) is 15 for images combined over directions."""
    value = _private(header, 0x0043, 0x1039)
    if not value:
        return None
    gradient = tuple(part[0] for part in (_private(header, 0x0019, one) for one in (0x10BB, 0x10BC, 0x10BD)) if part)
    combined = _private(header, 0x0043, 0x1030)[:1] == (15.0,)
    return _weighting(value[0] % _GE_MARK, gradient, "(0043,1039)", isotropic=combined, private=True)


def _siemens(header: pydicom.Dataset) -> Weighting | None:
    """(0019,100C-100E), else the CSA image header."""
    csa = csa_image_header(header)
    value = _private(header, 0x0019, 0x100C) or csa_numbers(csa, "B_value")
    if not value:
        return None
    source = "(0019,100C)" if _private(header, 0x0019, 0x100C) else "CSA B_value"
    gradient = _private(header, 0x0019, 0x100E) or csa_numbers(csa, "DiffusionGradientDirection")
    said = _private_text(header, 0x0019, 0x100D) or " ".join(csa.get("DiffusionDirectionality", ())).upper()
    trace = "ISOTROPIC" in said or "TRACE" in text(header, "ImageType")
    return _weighting(value[0], gradient, source, isotropic=trace, private=True)


def _philips(header: pydicom.Dataset) -> Weighting | None:
    """(2001,1003) with its direction letter (2001,1004), "I" for isotropic, or (2005,10B0-B2)."""
    value = _private(header, 0x2001, 0x1003)
    if not value:
        return None
    gradient = tuple(part[0] for part in (_private(header, 0x2005, one) for one in (0x10B0, 0x10B1, 0x10B2)) if part)
    letter = _private_text(header, 0x2001, 0x1004)
    axes = {"P": (1.0, 0.0, 0.0), "M": (0.0, 1.0, 0.0), "S": (0.0, 0.0, 1.0)}  # preparation, measurement, slice
    if not any(gradient):
        gradient = axes.get(letter, ())
    return _weighting(value[0], gradient, "(2001,1003)", isotropic=letter == "I", private=True)


def _canon(header: pydicom.Dataset) -> Weighting | None:
    """ImageComments such as "b=1500(0.445,0.000,0.895)"; a trace image gives no direction."""
    said = re.search(r"\bB\s*=\s*(\d+(?:\.\d+)?)\s*(?:\(([-\d., ]+)\))?", text(header, "ImageComments"))
    if said is None:
        return None
    parts = said.group(2).split(",") if said.group(2) else []
    try:
        gradient = tuple(float(part) for part in parts)
    except ValueError:
        gradient = ()
    return _weighting(float(said.group(1)), gradient, "ImageComments", isotropic="ISO" in text(header, "ImageComments"))


def _uih(header: pydicom.Dataset) -> Weighting | None:
    """(0065,1009), else what was asked for in (0065,100A); direction in (0065,1037)."""
    value = _private(header, 0x0065, 0x1009) or _private(header, 0x0065, 0x100A)
    if not value:
        return None
    trace = "TRACE" in text(header, "ImageType") or "ISO" in text(header, "ImageType").split("\\")
    return _weighting(value[0], _private(header, 0x0065, 0x1037), "(0065,1009)", isotropic=trace, private=True)


def _by_sequence_name(header: pydicom.Dataset) -> Weighting | None:
    """A Siemens sequence name: "*ep_b1000t" is the trace, "*ep_b1000#3" the third direction, "*ep_b0" none."""
    said = re.search(r"EP_B(\d+)(T|#\d+)?", text(header, "SequenceName"))
    if said is None:
        return None
    mark = said.group(2) or ""
    found = _weighting(float(said.group(1)), (), "SequenceName", isotropic=mark == "T")
    if found is not None and mark.startswith("#"):
        return Weighting(found.b_value, Direction.ONE, (float(mark[1:]), 0.0, 0.0), found.source)
    return found


_MAKERS: dict[str, Callable[[pydicom.Dataset], Weighting | None]] = {
    "GE": _ge, "SIEMENS": _siemens, "PHILIPS": _philips, "CANON": _canon, "TOSHIBA": _canon, "UIH": _uih,
    "UNITED IMAGING": _uih,
}  # fmt: skip
"""Where manufacturers keep the weighting (their DICOM conformance statements; as dcm2niix reads them)."""


def _private(header: pydicom.Dataset, group: int, element: int) -> tuple[float, ...]:
    """The numbers of a private element, decoded or not; empty when absent or not numbers."""
    try:
        if (group, element) not in header:
            return ()
        return _numbers_of(header[group, element].value)
    except (*UNREADABLE, UnicodeDecodeError):
        return ()


def _private_text(header: pydicom.Dataset, group: int, element: int) -> str:
    try:
        value = header[group, element].value if (group, element) in header else ""
        said = value.decode("latin-1") if isinstance(value, bytes) else str(value or "")
    except UNREADABLE:
        return ""
    return said.strip(" \0").upper()


def _numbers_of(value: Any) -> tuple[float, ...]:
    if value is None or value == "":
        return ()
    if isinstance(value, bytes):  # an unknown VR: implicit little endian files of unknown private tags
        return _numbers_in_bytes(value)
    many = value if isinstance(value, list | tuple | pydicom.multival.MultiValue) else [value]
    return tuple(float(part) for part in many)


def _numbers_in_bytes(value: bytes) -> tuple[float, ...]:
    plain = value.strip(b" \0")
    if plain and not plain.strip(b"0123456789.+-eE\\ "):
        return tuple(float(part) for part in plain.split(b"\\"))
    for size, code in ((8, "d"), (4, "f"), (2, "h")):
        if len(value) and len(value) % size == 0 and len(value) // size in (1, 3):
            return tuple(float(part) for part in struct.unpack(f"<{len(value) // size}{code}", value))
    return ()
