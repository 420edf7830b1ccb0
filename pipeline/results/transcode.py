"""Frames as lossless HTJ2K, the form in which the viewer loads them fastest, low resolution first."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.pixels.utils import pixel_array

from pipeline.assembly.headers import BROKEN, number
from pipeline.domain.errors import BadInput, NeuroVigieError
from pipeline.domain.ports import Step
from pipeline.results.requests import SourceImage, Transcode, Transcoded
from pipeline.volumes.limits import check_series
from pipeline.volumes.source import read_data_set, read_header

_CHECK_EVERY = 16
"""One frame in so many is decoded again and compared."""


def transcode(request: Transcode) -> Iterator[Step | Transcoded]:
    """Write the frames of each image; yields a `Step` per image and last the count.

    A frame is written beside its place and renamed, so that one that exists is whole. Frames that are not
    16-bit grey, or that cannot be decoded, are skipped: they are served as they came.
    """
    written = skipped = 0
    for done, image in enumerate(request.images, start=1):
        if re.fullmatch("[0-9a-f]{64}", image.sha256) is None:
            raise BadInput("an image to transcode is named by the SHA-256 of its data set")
        try:
            frames = _frames(image)
        except (*BROKEN, NeuroVigieError):
            skipped += 1
        else:
            for index, frame in enumerate(frames, start=1):
                _write(request.out / image.sha256 / f"{index}.jphc", frame, check=(done + index) % _CHECK_EVERY == 2)
            written += len(frames)
        yield Step("transcoded", done / len(request.images))
    yield Transcoded(written, skipped)


def encode(frame: NDArray[Any]) -> bytes:
    """One 16-bit grey frame ``[j, i]`` as a reversible HTJ2K codestream.

    Progression RPCL with TLM markers and one tile-part per resolution, so that a beginning of the bytes
    is a smaller picture (transfer syntax 1.2.840.10008.1.2.4.202).
    """
    parts = imagecodecs.HTJ2K.TILEPART.RESOLUTIONS
    return bytes(imagecodecs.htj2k_encode(frame, reversible=True, tlm=True, tilepart=parts))


def _frames(image: SourceImage) -> NDArray[Any]:
    """All frames ``[frame, j, i]`` as stored."""
    header = read_header(image.path)
    if number(header, "BitsAllocated") != 16 or (number(header, "SamplesPerPixel") or 1) != 1:
        raise BadInput("not a 16-bit grey image")
    sizes = [int(number(header, keyword) or 1) for keyword in ("Rows", "Columns", "NumberOfFrames")]
    check_series(*sizes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stored = pixel_array(read_data_set(image.path))
    native = stored.astype(stored.dtype.newbyteorder("="), copy=False)
    return native[np.newaxis] if native.ndim == 2 else native


def _write(path: Path, frame: NDArray[Any], *, check: bool) -> None:
    if path.exists():
        return
    frame = np.ascontiguousarray(frame)
    coded = encode(frame)
    if check and not np.array_equal(imagecodecs.htj2k_decode(coded), frame):
        raise BadInput("a frame did not survive its transcoding; it is served as it came")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_bytes(coded)
    unfinished.replace(path)
