"""One image plane as its header describes it, and the files that hold them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.errors import InvalidDicomError
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pipeline.assembly.diffusion import Weighting
from pipeline.assembly.headers import BROKEN
from pipeline.domain.errors import NotDicom, UnreadableInstance
from pipeline.volumes.lazy_header import lazy_header

_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00")
"""How a data set without preamble begins: file meta information, or group 0008."""


@dataclass(frozen=True, slots=True)
class FrameKind:
    """What distinguishes images of one series at one place: planes that differ in it never share a volume.

    ``component`` is the third and further values of ImageType (or FrameType), e.g. M, P, ADC, TRACEW;
    ``echo`` counts echoes; ``moment`` is the temporal position, 0 where there is none.
    """

    weighting: Weighting | None = None
    component: str = ""
    echo: int = 0
    moment: int = 0


@dataclass(frozen=True, slots=True)
class PixelEncoding:
    """How the pixels of a file are stored (PS3.3 C.7.6.3), all frames and tiles of it."""

    TransferSyntaxUID: str = ""
    BitsAllocated: int = 16
    BitsStored: int = 16
    HighBit: int = 15
    signed: bool = False
    frames: int = 1
    rows: int = 0
    columns: int = 0


ORDINARY = FrameKind()
UNKNOWN_ENCODING = PixelEncoding()


@dataclass(frozen=True, slots=True)
class SourceFrame:
    """One image plane: where it is, how it is rescaled, and which frame of which file it is.

    ``frame`` counts from 1 (PS3.3 C.7.6.6). ``orientation`` is ImageOrientationPatient: the patient
    direction of a row (along i), then of a column (along j). ``spacing_mm`` is PixelSpacing: between
    rows (along j), then between columns (along i). ``tile_ji`` is where the plane begins inside a
    stored picture that holds several (a mosaic); there ``frame`` counts the tiles.
    """

    path: Path
    SOPInstanceUID: str
    FrameOfReferenceUID: str
    frame: int
    rows: int
    columns: int
    orientation: tuple[float, ...]
    position_mm: tuple[float, ...]
    spacing_mm: tuple[float, float]
    thickness_mm: float | None
    slope: float
    intercept: float
    acquisition: int
    instance: int
    tile_ji: tuple[int, int] | None = None
    kind: FrameKind = ORDINARY
    encoding: PixelEncoding = UNKNOWN_ENCODING


def read_header(path: Path) -> pydicom.Dataset:
    """Read one file without its pixels; raises `NotDicom` or `UnreadableInstance`."""
    try:
        return read_data_set(path, stop_before_pixels=True)
    except InvalidDicomError as error:
        raise NotDicom from error
    except BROKEN as error:
        raise UnreadableInstance(f"the data set cannot be read ({type(error).__name__})") from error


def read_data_set(path: Path, *, stop_before_pixels: bool = False) -> pydicom.Dataset:
    """Read one file, with or without the preamble of PS3.10; raises one of `BROKEN`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's remarks on odd values; what matters is checked by us
        quick = lazy_header(path) if stop_before_pixels else None
        if quick is not None:
            return quick
        try:
            return pydicom.dcmread(path, stop_before_pixels=stop_before_pixels)
        except InvalidDicomError:
            with path.open("rb") as file:
                if file.read(2) not in _FIRST_GROUPS:
                    raise
            return _without_preamble(pydicom.dcmread(path, force=True, stop_before_pixels=stop_before_pixels))


def _without_preamble(data_set: pydicom.Dataset) -> pydicom.Dataset:
    """Accept a bare data set if it says what it is, and note the encoding it was found to have."""
    if "SOPClassUID" not in data_set:
        raise InvalidDicomError
    if "TransferSyntaxUID" not in data_set.file_meta:
        implicit, little = data_set.original_encoding
        encoded = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        data_set.file_meta.TransferSyntaxUID = encoded
    return data_set
