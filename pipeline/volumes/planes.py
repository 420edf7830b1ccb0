"""The image planes of one instance: a classic slice, the frames of an enhanced image, the tiles of a mosaic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom

from pipeline.assembly.diffusion import weighting
from pipeline.assembly.headers import (
    MOST_FRAMES_READ,
    UNREADABLE,
    frames,
    in_groups,
    number,
    numbers,
    shared,
    text,
    tokens,
    uid,
)
from pipeline.assembly.siemens import Mosaic, mosaic
from pipeline.domain.errors import NotAVolume, TooLarge
from pipeline.volumes.limits import check_frame
from pipeline.volumes.source import FrameKind, PixelEncoding, SourceFrame

_GRID_COUNT, _GRID_SLICES = (0x0065, 0x1050), (0x0065, 0x1051)
"""UIH: slices in a picture of several, and a sequence with the position of each (conformance statement)."""

_FLAT = (
    "ImageOrientationPatient", "ImagePositionPatient", "PixelSpacing", "SliceThickness", "RescaleSlope",
    "RescaleIntercept", "FrameAcquisitionNumber", "TemporalPositionIndex", "FrameType", "EffectiveEchoTime",
)  # fmt: skip


def planes(path: Path, header: pydicom.Dataset) -> Sequence[SourceFrame]:
    """The image planes of one instance; raises `NotAVolume` or `TooLarge` with the reason."""
    _check(header)
    groups = list(frames(header))
    if not groups and (number(header, "NumberOfFrames") or 1) > 1:
        raise NotAVolume("a multi-frame image without the position of its frames")
    if groups:
        return _enhanced(path, header, groups)
    image_type = tokens(header, "ImageType")
    if "MOSAIC" in image_type:
        return _mosaic(path, header)
    if "VFRAME" in image_type and _GRID_COUNT in header:
        return _grid(path, header)
    return [_plane(path, header, header, 1)]


def _check(header: pydicom.Dataset) -> None:
    rows, columns = int(number(header, "Rows") or 0), int(number(header, "Columns") or 0)
    if rows <= 0 or columns <= 0:
        raise NotAVolume("no image in it (Rows and Columns are missing)")
    check_frame(rows, columns)
    if (number(header, "SamplesPerPixel") or 1) != 1:
        raise NotAVolume("a colour picture, not a measured image")
    if (number(header, "NumberOfFrames") or 1) > MOST_FRAMES_READ:
        raise TooLarge(f"a file of {number(header, 'NumberOfFrames'):.0f} frames is more than this service decodes")


def _enhanced(path: Path, header: pydicom.Dataset, groups: Sequence[pydicom.Dataset]) -> list[SourceFrame]:
    common = shared(header)
    found = [
        _plane(path, header, _flattened(common, frame), index, (frame, common))
        for index, frame in enumerate(groups, start=1)
    ]
    echoes = sorted({plane.kind.echo for plane in found})
    return [
        replace(plane, kind=replace(plane.kind, echo=echoes.index(plane.kind.echo) + 1)) if len(echoes) > 1 else plane
        for plane in found
    ]


def _flattened(common: pydicom.Dataset | None, frame: pydicom.Dataset) -> pydicom.Dataset:
    """The functional group values of one frame as if they stood in a classic header."""
    flat = pydicom.Dataset()
    for keyword in _FLAT:
        item = in_groups(frame, keyword) or in_groups(common, keyword)
        if item is not None:
            flat.add(item[keyword])
    return flat


def _mosaic(path: Path, header: pydicom.Dataset) -> list[SourceFrame]:
    """The slices of a Siemens mosaic.

    Its ImagePositionPatient is that of the whole picture laid over the first slice: the slice begins
    half a picture less half a tile further along both rows and columns.
    """
    laid = mosaic(header)
    if laid is None:
        raise NotAVolume("a Siemens mosaic that does not say how many slices it holds")
    whole = _plane(path, header, header, 1)
    rows, columns = whole.rows // laid.grid, whole.columns // laid.grid
    if rows * laid.grid != whole.rows or columns * laid.grid != whole.columns:
        raise NotAVolume("a Siemens mosaic whose picture cannot be divided into its slices")
    first, step = _first_slice(whole, rows, columns), _slice_step(header, whole, laid)
    return [_tile(whole, k, rows, columns, laid.grid, tuple(map(float, first + k * step))) for k in range(laid.slices)]


def _first_slice(whole: SourceFrame, rows: int, columns: int) -> np.ndarray:
    along_i, along_j = np.array(whole.orientation[:3]), np.array(whole.orientation[3:])
    between_rows_mm, between_columns_mm = whole.spacing_mm
    right = along_i * between_columns_mm * (whole.columns - columns) / 2
    down = along_j * between_rows_mm * (whole.rows - rows) / 2
    first: np.ndarray = np.array(whole.position_mm) + right + down
    return first


def _slice_step(header: pydicom.Dataset, whole: SourceFrame, laid: Mosaic) -> np.ndarray:
    normal = np.array(laid.normal) if laid.normal else np.cross(whole.orientation[:3], whole.orientation[3:])
    step_mm = number(header, "SpacingBetweenSlices") or whole.thickness_mm
    if not step_mm or step_mm <= 0:
        raise NotAVolume("a Siemens mosaic that does not say how far its slices are apart")
    step: np.ndarray = normal / np.linalg.norm(normal) * step_mm
    return step


def _grid(path: Path, header: pydicom.Dataset) -> list[SourceFrame]:
    """The slices of a UIH picture of several, each with its own position."""
    try:
        items: list[Any] = list(header[_GRID_SLICES].value)
    except UNREADABLE as error:
        raise NotAVolume("a UIH grid that does not say where its slices lie") from error
    whole = _plane(path, header, header, 1)
    across = math.isqrt(max(len(items) - 1, 0)) + 1
    rows, columns = whole.rows // max(1, -(-len(items) // across)), whole.columns // across
    positions = [numbers(item, "ImagePositionPatient") for item in items]
    if not items or rows == 0 or columns == 0 or any(len(position) != 3 for position in positions):
        raise NotAVolume("a UIH grid that does not say where its slices lie")
    return [_tile(whole, k, rows, columns, across, position) for k, position in enumerate(positions)]


def _tile(
    whole: SourceFrame, k: int, rows: int, columns: int, across: int, position_mm: tuple[float, ...]
) -> SourceFrame:
    row, column = divmod(k, across)
    return replace(
        whole, frame=k + 1, rows=rows, columns=columns, position_mm=position_mm, tile_ji=(row * rows, column * columns)
    )


def _plane(
    path: Path,
    header: pydicom.Dataset,
    geometry: pydicom.Dataset,
    frame: int,
    groups: tuple[pydicom.Dataset | None, ...] = (),
) -> SourceFrame:
    orientation = numbers(geometry, "ImageOrientationPatient")
    position = numbers(geometry, "ImagePositionPatient")
    spacing = numbers(geometry, "PixelSpacing")
    if len(orientation) != 6 or len(position) != 3:
        raise NotAVolume("no place in the patient (ImagePositionPatient or ImageOrientationPatient is missing)")
    if len(spacing) != 2 or min(spacing) <= 0:
        raise NotAVolume("no size of its pixels (PixelSpacing is missing)")
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
        slope=number(geometry, "RescaleSlope") or 1.0,
        intercept=number(geometry, "RescaleIntercept") or 0.0,
        acquisition=int(acquisition),
        instance=int(number(geometry, "TemporalPositionIndex") or number(header, "InstanceNumber") or 0),
        kind=_kind(header, geometry, groups),
        encoding=_encoding(header),
    )


def _encoding(header: pydicom.Dataset) -> PixelEncoding:
    meta = getattr(header, "file_meta", None)
    return PixelEncoding(
        TransferSyntaxUID="" if meta is None else uid(meta, "TransferSyntaxUID"),
        BitsAllocated=int(number(header, "BitsAllocated") or 0),
        BitsStored=int(number(header, "BitsStored") or 0),
        HighBit=int(number(header, "HighBit") or 0),
        signed=number(header, "PixelRepresentation") == 1,
        frames=int(number(header, "NumberOfFrames") or 1),
        rows=int(number(header, "Rows") or 0),
        columns=int(number(header, "Columns") or 0),
    )


def _kind(header: pydicom.Dataset, geometry: pydicom.Dataset, groups: tuple[pydicom.Dataset | None, ...]) -> FrameKind:
    said = text(geometry, "FrameType") or text(header, "ImageType")
    component = "\\".join(part for part in said.split("\\")[2:] if part not in {"", "NONE", "MOSAIC"})
    if text(header, "Modality") != "MR":
        return FrameKind(component=component)
    echo_ms = number(geometry, "EffectiveEchoTime")
    echo = int(number(header, "EchoNumbers") or 0) if echo_ms is None else round(echo_ms * 1000)
    moment = number(geometry, "TemporalPositionIndex") or number(header, "TemporalPositionIdentifier") or 0
    return FrameKind(weighting(header, *groups), component, echo, int(moment))
