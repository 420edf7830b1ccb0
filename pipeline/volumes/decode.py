"""From stored pixels to measured values: every plane of a volume into one array."""

from __future__ import annotations

import os
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydicom.pixels.utils import pixel_array

from pipeline.assembly.headers import BROKEN
from pipeline.domain.errors import UnreadableInstance
from pipeline.volumes.native import clear_unused_bits, is_native, read_native
from pipeline.volumes.source import SourceFrame, read_data_set

Pixels = NDArray[Any]

MOST_DECODERS = 4
"""Compressed files are decoded by at most so many threads; the decoders release Python's lock."""

_INT16 = np.iinfo(np.int16)


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """Measured values ``[plane, j, i]`` of the planes that could be read, in their order, and what failed."""

    frames: tuple[SourceFrame, ...]
    values: Pixels
    problems: tuple[str, ...]


Decoder: TypeAlias = Callable[[Sequence[SourceFrame]], Decoded]
"""Gives the values of planes of one size, in their order."""


def decode(frames: Sequence[SourceFrame]) -> Decoded:
    """Decode planes of one size; those that cannot be read are left out, each with a sentence.

    Values are int16 where every plane's are exactly representable, else float32.
    """
    target = _Target(np.empty((len(frames), frames[0].rows, frames[0].columns), dtype=np.int16))
    of_file: dict[Path, list[int]] = defaultdict(list)
    for index, frame in enumerate(frames):
        of_file[frame.path].append(index)
    jobs = list(of_file.values())
    problems: dict[int, str] = {}
    for indexes, problem in _run(jobs, frames, target):
        if problem:
            problems.update(dict.fromkeys(indexes, problem))
    good = [index for index in range(len(frames)) if index not in problems]
    return Decoded(tuple(frames[index] for index in good), target.values(good), tuple(problems.values()))


class _Target:
    """The array that planes are decoded into; planes that int16 cannot hold are kept beside it."""

    def __init__(self, integers: NDArray[np.int16]) -> None:
        self.integers = integers
        self.others: dict[int, Pixels] = {}

    def put(self, index: int, measured: Pixels) -> None:
        if measured.dtype == np.int16:
            self.integers[index] = measured
        else:
            self.others[index] = measured

    def values(self, good: Sequence[int]) -> Pixels:
        if not self.others:
            return self.integers if len(good) == len(self.integers) else self.integers[list(good)]
        values = self.integers[list(good)].astype(np.float32)
        for place, index in enumerate(good):
            if index in self.others:
                values[place] = self.others[index]
        return values


def _run(jobs: Sequence[list[int]], frames: Sequence[SourceFrame], target: _Target) -> Iterable[tuple[list[int], str]]:
    compressed = not all(is_native(frames[indexes[0]].encoding) for indexes in jobs)
    if compressed and len(jobs) > 1:
        with ThreadPoolExecutor(min(MOST_DECODERS, os.cpu_count() or 1, len(jobs))) as pool:
            return list(pool.map(lambda indexes: (indexes, _file(indexes, frames, target)), jobs))
    return [(indexes, _file(indexes, frames, target)) for indexes in jobs]


def _file(indexes: Sequence[int], frames: Sequence[SourceFrame], target: _Target) -> str:
    """Decode the planes of one file; returns what is wrong with it, or nothing."""
    first = frames[indexes[0]]
    try:
        if _straight(indexes, first, target):
            return ""
        stored = stored_pixels(first)
        for index in indexes:
            target.put(index, measured(_cut(stored, frames[index]), frames[index]))
    except UnreadableInstance as error:
        return str(error)
    return ""


def _straight(indexes: Sequence[int], frame: SourceFrame, target: _Target) -> bool:
    """Read a plain slice of uncompressed integers right into its place; False when it is not so simple."""
    encoding = frame.encoding
    if len(indexes) > 1 or encoding.frames > 1 or frame.tile_ji is not None or not is_native(encoding):
        return False
    if frame.slope != 1 or frame.intercept != int(frame.intercept):
        return False
    lowest, highest = _stored_range(frame)
    place = target.integers[indexes[0]]
    try:
        if not (_INT16.min <= lowest and highest <= _INT16.max and read_native(frame.path, encoding, place)):
            return False
    except OSError:
        return False  # the full parser says what is wrong
    clear_unused_bits(place, encoding)
    if frame.intercept:
        return _shifted(place, frame, int(frame.intercept))
    return True


def _shifted(place: NDArray[np.int16], frame: SourceFrame, intercept: int) -> bool:
    """Add the intercept in place; False, with the place of no use, when a value would leave int16."""
    lowest, highest = _stored_range(frame)
    if lowest + intercept < _INT16.min and int(place.min()) + intercept < _INT16.min:
        return False
    if highest + intercept > _INT16.max and int(place.max()) + intercept > _INT16.max:
        return False
    np.add(place, np.int16(intercept), out=place)
    return True


def _stored_range(frame: SourceFrame) -> tuple[int, int]:
    bits = frame.encoding.BitsStored
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if frame.encoding.signed else (0, (1 << bits) - 1)


def _cut(stored: Pixels, frame: SourceFrame) -> Pixels:
    """One plane ``[j, i]`` out of a file's stored pixels."""
    if frame.tile_ji is not None:
        j, i = frame.tile_ji
        return stored[j : j + frame.rows, i : i + frame.columns]
    return stored[frame.frame - 1] if stored.ndim == 3 else stored


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
    if stored.shape[-2:] != (frame.encoding.rows, frame.encoding.columns) or stored.ndim not in (2, 3):
        raise UnreadableInstance("the pixel data are not of the size that the header declares")
    if stored.ndim == 3 and len(stored) < frame.frame and frame.tile_ji is None:
        raise UnreadableInstance("the pixel data hold fewer frames than the header describes")
    return stored


def measured(stored: Pixels, frame: SourceFrame) -> Pixels:
    """Stored pixels rescaled to what they measure (PS3.3 C.11.1): int16 when exact, else float32."""
    if frame.slope == 1 and frame.intercept == 0 and stored.dtype == np.int16:
        return stored
    if frame.slope == int(frame.slope) and frame.intercept == int(frame.intercept):
        values = stored.astype(np.int64) * int(frame.slope) + int(frame.intercept)
        if _INT16.min <= values.min() and values.max() <= _INT16.max:
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
