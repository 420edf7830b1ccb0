"""From stored pixels to measured values, one plane at a time."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.pixels.utils import pixel_array

from pipeline.assembly.headers import BROKEN
from pipeline.domain.errors import UnreadableInstance
from pipeline.volumes.source import SourceFrame, read_data_set

Pixels = NDArray[Any]


def decoded(frames: Sequence[SourceFrame]) -> Iterator[tuple[SourceFrame, Pixels | str]]:
    """Each plane with its measured values ``[j, i]``, or with the reason why it has none."""
    by_file = sorted(frames, key=lambda frame: (str(frame.path), frame.frame))
    for _, group in groupby(by_file, key=lambda frame: frame.path):
        yield from _of_file(list(group))


def _of_file(frames: Sequence[SourceFrame]) -> Iterator[tuple[SourceFrame, Pixels | str]]:
    try:
        stored = stored_pixels(frames[0])
        for frame in frames:
            yield frame, measured(stored[frame.frame - 1] if stored.ndim == 3 else stored, frame)
    except UnreadableInstance as error:
        yield from ((frame, str(error)) for frame in frames)


def stored_pixels(frame: SourceFrame) -> Pixels:
    """The stored pixels of a plane's file, ``[j, i]`` or ``[frame, j, i]``; raises `UnreadableInstance`.

    The dimensions that the header declares must have passed `limits.check_frame` before.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a decoder's remarks; a wrong shape is refused below
            stored = pixel_array(read_data_set(frame.path))
    except BROKEN as error:
        raise UnreadableInstance(f"the pixel data cannot be decoded ({_in_words(error)})") from error
    if stored.shape[-2:] != (frame.rows, frame.columns) or stored.ndim not in (2, 3):
        raise UnreadableInstance("the pixel data are not of the size that the header declares")
    return stored


def measured(stored: Pixels, frame: SourceFrame) -> Pixels:
    """Stored pixels rescaled to what they measure (PS3.3 C.11.1): int16 when exact, else float32."""
    if frame.slope == 1 and frame.intercept == 0 and stored.dtype == np.int16:
        return stored
    if frame.slope == int(frame.slope) and frame.intercept == int(frame.intercept):
        values = stored.astype(np.int64) * int(frame.slope) + int(frame.intercept)
        limits = np.iinfo(np.int16)
        if limits.min <= values.min() and values.max() <= limits.max:
            return values.astype(np.int16)
    rescaled: Pixels = (stored * frame.slope + frame.intercept).astype(np.float32)
    return rescaled


def _in_words(error: Exception) -> str:
    text = str(error).lower()
    if "less than expected" in text or "insufficient" in text or isinstance(error, EOFError):
        return "it is cut short"
    if "no 'pixel data'" in text or ("pixel data" in text and "missing" in text):
        return "there is none"
    if isinstance(error, MemoryError):
        return "it needs more memory than allowed"
    return type(error).__name__
