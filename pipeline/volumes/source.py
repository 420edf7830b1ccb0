"""The image planes of a series as their headers describe them, classic or enhanced multi-frame."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.errors import InvalidDicomError
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pipeline.assembly.headers import BROKEN, MOST_FRAMES_READ, frames, in_groups, number, numbers, shared, text, uid
from pipeline.domain.errors import NotAVolume, NotDicom, TooLarge, UnreadableInstance
from pipeline.volumes.limits import check_frame

_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00")
"""How a data set without preamble begins: file meta information, or group 0008."""


@dataclass(frozen=True, slots=True)
class SourceFrame:
    """One image plane: where it is, how it is rescaled, and which frame of which file it is.

    ``frame`` counts from 1 (PS3.3 C.7.6.6). ``orientation`` is ImageOrientationPatient: the patient
    direction of a row (along i), then of a column (along j). ``spacing_mm`` is PixelSpacing: between
    rows (along j), then between columns (along i).
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


def planes(path: Path, header: pydicom.Dataset) -> Sequence[SourceFrame]:
    """The image planes of one instance; raises `NotAVolume` or `TooLarge` with the reason."""
    rows, columns = int(number(header, "Rows") or 0), int(number(header, "Columns") or 0)
    if rows <= 0 or columns <= 0:
        raise NotAVolume("no image in it (Rows and Columns are missing)")
    check_frame(rows, columns)
    if (number(header, "SamplesPerPixel") or 1) != 1:
        raise NotAVolume("a colour picture, not a measured image")
    if "MOSAIC" in text(header, "ImageType").split("\\"):
        raise NotAVolume("a Siemens mosaic, which is not taken apart yet")
    if (number(header, "NumberOfFrames") or 1) > MOST_FRAMES_READ:
        raise TooLarge(f"a file of {number(header, 'NumberOfFrames'):.0f} frames is more than this service decodes")
    groups = list(frames(header))
    if not groups and (number(header, "NumberOfFrames") or 1) > 1:
        raise NotAVolume("a multi-frame image without the position of its frames")
    return list(_enhanced(path, header, groups) if groups else _classic(path, header))


def _classic(path: Path, header: pydicom.Dataset) -> Iterator[SourceFrame]:
    yield _plane(path, header, header, 1)


def _enhanced(path: Path, header: pydicom.Dataset, groups: Sequence[pydicom.Dataset]) -> Iterator[SourceFrame]:
    for index, frame in enumerate(groups, start=1):
        yield _plane(path, header, _flattened(shared(header), frame), index)


def _flattened(common: pydicom.Dataset | None, frame: pydicom.Dataset) -> pydicom.Dataset:
    """The functional group values of one frame as if they stood in a classic header."""
    flat = pydicom.Dataset()
    for keyword in (
        "ImageOrientationPatient", "ImagePositionPatient", "PixelSpacing", "SliceThickness", "RescaleSlope",
        "RescaleIntercept", "FrameAcquisitionNumber", "TemporalPositionIndex",
    ):  # fmt: skip
        item = in_groups(frame, keyword) or in_groups(common, keyword)
        if item is not None:
            flat.add(item[keyword])
    return flat


def _plane(path: Path, header: pydicom.Dataset, geometry: pydicom.Dataset, frame: int) -> SourceFrame:
    orientation = numbers(geometry, "ImageOrientationPatient")
    position = numbers(geometry, "ImagePositionPatient")
    spacing = numbers(geometry, "PixelSpacing")
    if len(orientation) != 6 or len(position) != 3:
        raise NotAVolume("no place in the patient (ImagePositionPatient or ImageOrientationPatient is missing)")
    if len(spacing) != 2 or min(spacing) <= 0:
        raise NotAVolume("no size of its pixels (PixelSpacing is missing)")
    slope = number(geometry, "RescaleSlope")
    acquisition = number(geometry, "FrameAcquisitionNumber") or number(header, "AcquisitionNumber") or 0
    return SourceFrame(
        path=path,
        SOPInstanceUID=uid(header, "SOPInstanceUID"),
        FrameOfReferenceUID=uid(header, "FrameOfReferenceUID"),
        frame=frame,
        rows=int(number(header, "Rows") or 0),
        columns=int(number(header, "Columns") or 0),
        orientation=orientation,
        position_mm=position,
        spacing_mm=(spacing[0], spacing[1]),
        thickness_mm=number(geometry, "SliceThickness"),
        slope=slope or 1.0,
        intercept=number(geometry, "RescaleIntercept") or 0.0,
        acquisition=int(acquisition),
        instance=int(number(geometry, "TemporalPositionIndex") or number(header, "InstanceNumber") or 0),
    )
