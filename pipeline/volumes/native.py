"""Uncompressed pixels read straight from the end of their file into memory that is already there."""

from __future__ import annotations

import os
import struct
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pipeline.volumes.source import PixelEncoding

_LITTLE_ENDIAN = frozenset({str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian)})
_PIXEL_DATA = struct.pack("<HH", 0x7FE0, 0x0010)


def is_native(encoding: PixelEncoding) -> bool:
    """Whether the pixels can be read as they stand: 16 bits each, little endian, not compressed."""
    return (
        encoding.TransferSyntaxUID in _LITTLE_ENDIAN
        and encoding.BitsAllocated == 16
        and 0 < encoding.BitsStored <= 16
        and encoding.HighBit == encoding.BitsStored - 1
    )


def read_native(path: Path, encoding: PixelEncoding, out: NDArray[np.int16]) -> bool:
    """Read all stored pixels of a file into ``out``, as they are; False when they are not at the file's end.

    Pixel data nearly always end the file; its element header must stand right before them and name their
    exact length, otherwise nothing is read and a full parser has to find them. Raises `OSError`.
    """
    with FileIO(path) as file:
        before = os.fstat(file.fileno()).st_size - out.nbytes - 12
        if before < 0:
            return False
        file.seek(before)
        if not _announces(file.read(12), encoding, out.nbytes):
            return False
        return _fill(file, out)


def _announces(element: bytes, encoding: PixelEncoding, length: int) -> bool:
    """Whether these 12 bytes end with the header of pixel data of that length (PS3.5 7.1)."""
    if encoding.TransferSyntaxUID == ImplicitVRLittleEndian:
        return element[4:] == _PIXEL_DATA + struct.pack("<L", length)
    return element == _PIXEL_DATA + b"OW\0\0" + struct.pack("<L", length)


def _fill(file: FileIO, out: NDArray[np.int16]) -> bool:
    view = out.data.cast("B")
    while len(view):
        count = file.readinto(view)
        if not count:
            return False
        view = view[count:]
    return True


def clear_unused_bits(stored: NDArray[Any], encoding: PixelEncoding) -> None:
    """Overwrite, in place, the bits above HighBit: with the sign, or with zero (PS3.5 8.1.1)."""
    unused = 16 - encoding.BitsStored
    if not unused:
        return
    if encoding.signed:
        np.left_shift(stored, unused, out=stored)
        np.right_shift(stored, unused, out=stored)
    else:
        np.bitwise_and(stored, (1 << encoding.BitsStored) - 1, out=stored)
