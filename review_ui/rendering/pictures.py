"""One frame of a file as a picture for a browser, or its pixels without compression; run in the child only."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import ExplicitVRLittleEndian

from pipeline.assembly.headers import number, text
from pipeline.domain.errors import BadInput
from pipeline.results.picture import windowed
from pipeline.results.transcode import encode
from pipeline.results.window import Window, window_of
from pipeline.volumes.limits import check_series
from pipeline.volumes.source import read_header
from review_ui.rendering.wanted import Asked

MOST_SIDE = 4096


def make(asked: Asked) -> bytes:
    """What is asked for. Raises `BadInput` and whatever the decoders raise."""
    path = Path(asked.path)
    header = read_header(path)
    _check(header, asked.frame)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if asked.kind == "picture":
            return _picture(asked, path, header)
        if asked.kind == "htj2k":
            return _htj2k(path, asked.frame, header)
        return _frame(path, asked.frame) if asked.kind == "frame" else _part10(path)


def _check(header: pydicom.Dataset, frame: int) -> None:
    rows, columns, frames = (int(number(header, name) or 0) for name in ("Rows", "Columns", "NumberOfFrames"))
    if not rows or not columns:
        raise BadInput("this instance has no pixels")
    check_series(rows, columns, max(frames, 1))
    if not 1 <= frame <= max(frames, 1):
        raise BadInput(f"this instance has {max(frames, 1)} frames")


def _picture(asked: Asked, path: Path, header: pydicom.Dataset) -> bytes:
    grey_or_colour = _shown(asked, pixel_array(path, index=asked.frame - 1), header)
    picture = Image.fromarray(grey_or_colour)
    if asked.most is not None:
        columns, rows = (max(1, min(side, MOST_SIDE)) for side in asked.most)
        share = min(columns / picture.width, rows / picture.height)
        size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
        picture = picture.resize(size, Image.Resampling.BILINEAR)
    written = io.BytesIO()
    picture.save(written, asked.format, **({"quality": asked.quality} if asked.format == "JPEG" else {}))
    return written.getvalue()


def _shown(asked: Asked, stored: NDArray[Any], header: pydicom.Dataset) -> NDArray[np.uint8]:
    """Grey ``[row, column]`` through a window, or colour ``[row, column, rgb]``."""
    interpretation = text(header, "PhotometricInterpretation")
    if interpretation == "PALETTE COLOR":
        stored = apply_color_lut(stored, header)
    if stored.ndim == 3:
        most = np.iinfo(stored.dtype).max if stored.dtype.itemsize > 1 else 255
        colour: NDArray[np.uint8] = (stored.astype(np.float32) * (255 / most)).astype(np.uint8)
        return colour
    values = apply_modality_lut(stored, header)
    window = Window(*asked.window) if asked.window else window_of(header, values)
    grey = windowed(values, *window) if window else np.zeros(values.shape, np.uint8)
    return 255 - grey if interpretation == "MONOCHROME1" else grey


def _frame(path: Path, frame: int) -> bytes:
    stored = pixel_array(path, index=frame - 1, raw=True)
    little = stored.astype(stored.dtype.newbyteorder("<"), copy=False)
    return little.tobytes()


def _htj2k(path: Path, frame: int, header: pydicom.Dataset) -> bytes:
    if number(header, "BitsAllocated") != 16 or (number(header, "SamplesPerPixel") or 1) != 1:
        raise BadInput("only 16-bit grey images are made HTJ2K")
    stored = pixel_array(path, index=frame - 1, raw=True)
    return encode(np.ascontiguousarray(stored.astype(stored.dtype.newbyteorder("="), copy=False)))


def _part10(path: Path) -> bytes:
    dataset = pydicom.dcmread(path)
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        dataset.decompress(generate_instance_uid=False)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for private in ("PrivateInformationCreatorUID", "PrivateInformation"):
        if private in dataset.file_meta:
            delattr(dataset.file_meta, private)
    written = io.BytesIO()
    dataset.save_as(written, implicit_vr=False, little_endian=True, enforce_file_format=True)
    return written.getvalue()
