"""Reading a Part 10 file of the vault up to its pixels, which stay on the disk."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pydicom
from pydicom import config
from pydicom.errors import InvalidDicomError

from pipeline.domain.errors import UnreadableInstance
from review_ui.dicomweb.transfer_syntaxes import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

MOST_INFLATED = 512 * 1024 * 1024
"""A deflated data set that grows beyond this is refused before it is read."""

_META_WITHIN = 4096
"""Bytes at the start of a file in which its transfer syntax is named; ours have a few hundred."""

UNDEFINED_LENGTH = 0xFFFF_FFFF
_PIXEL_DATA = {  # by endianness: the tag's bytes of (7FE0,0010)
    "<": bytes.fromhex("e07f1000"),
    ">": bytes.fromhex("7fe00010"),
}

BROKEN = (
    InvalidDicomError, ValueError, TypeError, AttributeError, LookupError, OverflowError, EOFError,
    NotImplementedError, RecursionError, OSError, struct.error, zlib.error, MemoryError,
)  # fmt: skip
"""What pydicom is known to raise on hostile or broken files."""


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Where the value of Pixel Data lies in a file. ``length`` is `UNDEFINED_LENGTH` when encapsulated."""

    offset: int
    length: int
    big_endian: bool


@dataclass(frozen=True, slots=True)
class OpenInstance:
    """A file open after its header. ``pixels`` is ``None`` when the instance has no Pixel Data."""

    header: pydicom.FileDataset
    file: BinaryIO
    pixels: PixelElement | None

    @property
    def transfer_syntax(self) -> str:
        """The TransferSyntaxUID the file is encoded in."""
        return str(self.header.file_meta.TransferSyntaxUID)


def be_quiet() -> None:
    """Let pydicom read what devices really send, and say nothing: its warnings quote values of patients."""
    config.settings.reading_validation_mode = config.IGNORE
    warnings.filterwarnings("ignore", module=r"pydicom(\.|$)")


@contextmanager
def open_instance(path: Path) -> Iterator[OpenInstance]:
    """Open a Part 10 file and read its header; raises `UnreadableInstance`, also for what is done inside."""
    try:
        with path.open("rb") as stored:
            file = _inflated(stored)
            header = pydicom.dcmread(file, stop_before_pixels=True)
            yield OpenInstance(header, file, _pixel_element(file, str(header.file_meta.TransferSyntaxUID)))
    except BROKEN as error:
        raise UnreadableInstance(f"The stored image cannot be read ({type(error).__name__}).") from error


def _inflated(stored: BinaryIO) -> BinaryIO:
    """The file itself or, when its data set is deflated, a copy in memory that is not."""
    head = stored.read(_META_WITHIN)
    stored.seek(0)
    if DeflatedExplicitVRLittleEndian.encode() not in head:
        return stored
    (group_length,) = struct.unpack_from("<L", head, 140)  # the value of (0002,0000), PS3.10 section 7.1
    data_set_at = 144 + group_length
    stored.seek(data_set_at)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    data_set = inflater.decompress(stored.read(), MOST_INFLATED)
    if inflater.unconsumed_tail:
        raise OverflowError
    stored.seek(0)
    return _explicit(stored.read(data_set_at), data_set)


def _explicit(head: bytes, data_set: bytes) -> BinaryIO:
    """A file in memory whose meta information no longer says deflated; the UID keeps its length."""
    deflated = DeflatedExplicitVRLittleEndian.encode()
    plain = b"1.2.840.10008.1.2.1".ljust(len(deflated), b"\0")
    return BytesIO(head.replace(deflated, plain, 1) + data_set)


def _pixel_element(file: BinaryIO, transfer_syntax: str) -> PixelElement | None:
    """Read the element header at which pydicom stopped."""
    order = ">" if transfer_syntax == ExplicitVRBigEndian else "<"
    start = file.read(12)
    if len(start) < 8 or start[:4] != _PIXEL_DATA[order]:
        return None
    at = file.tell() - len(start)
    if transfer_syntax == ImplicitVRLittleEndian and start[4:6] not in (b"OB", b"OW"):
        (length,) = struct.unpack("<L", start[4:8])
        return PixelElement(at + 8, length, big_endian=False)
    (length,) = struct.unpack(f"{order}L", start[8:12])
    return PixelElement(at + 12, length, big_endian=order == ">")
