"""One frame of an instance as bytes: cut out of the file, never decoded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydicom.encaps import get_frame

from pipeline.domain.errors import BadInput, UnreadableInstance
from review_ui.dicomweb.part10 import UNDEFINED_LENGTH, OpenInstance, PixelElement, open_instance
from review_ui.dicomweb.transfer_syntaxes import HTJ2KLosslessRPCL, as_sent, media_type

_LARGEST_FRAME = 512 * 1024 * 1024


class NoSuchFrame(BadInput):
    """The image has no frame of that number."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The bytes of one frame and the transfer syntax they are in."""

    data: bytes
    transfer_syntax: str

    @property
    def content_type(self) -> str:
        """Media type and transfer syntax, as a part's header says them."""
        return f"{media_type(self.transfer_syntax)}; transfer-syntax={self.transfer_syntax}"


def derivative(derived_root: Path, sha256: str, number: int) -> Path:
    """Where the worker puts the HTJ2K of a frame; frames count from 1."""
    return derived_root / "frames" / sha256 / f"{number}.jphc"


def read_derivative(derived_root: Path, sha256: str, number: int) -> Frame | None:
    """The HTJ2K of a frame, if it has been made."""
    try:
        return Frame(derivative(derived_root, sha256, number).read_bytes(), HTJ2KLosslessRPCL)
    except FileNotFoundError:
        return None


def read_frame(path: Path, number: int) -> Frame:
    """A frame as it was stored, little endian when not compressed; raises `NoSuchFrame`, `UnreadableInstance`."""
    with open_instance(path) as instance:
        if instance.pixels is None:
            raise NoSuchFrame("This instance has no pixels.")
        frames = number_of_frames(instance)
        if not 1 <= number <= frames:
            raise NoSuchFrame(f"This instance has {frames} frames, numbered from 1.")
        if instance.pixels.length == UNDEFINED_LENGTH:
            data = _encapsulated(instance, instance.pixels, number, frames)
        else:
            data = _native(instance, instance.pixels, number)
        return Frame(data, as_sent(instance.transfer_syntax))


def number_of_frames(instance: OpenInstance) -> int:
    """How many frames the header says there are; 1 when it does not say."""
    return max(int(instance.header.get("NumberOfFrames") or 1), 1)


def _encapsulated(instance: OpenInstance, pixels: PixelElement, number: int, frames: int) -> bytes:
    instance.file.seek(pixels.offset)
    offsets = instance.header.get("ExtendedOffsetTable"), instance.header.get("ExtendedOffsetTableLengths")
    extended = (offsets[0], offsets[1]) if offsets[0] and offsets[1] else None
    return get_frame(instance.file, number - 1, extended_offsets=extended, number_of_frames=frames)


def _native(instance: OpenInstance, pixels: PixelElement, number: int) -> bytes:
    bits = frame_bits(instance)
    first, last = (number - 1) * bits, number * bits
    if last > pixels.length * 8:
        raise UnreadableInstance("The stored image has fewer pixels than its header says.")
    start, stop = first // 8, -(-last // 8)
    if stop - start > _LARGEST_FRAME:
        raise UnreadableInstance("A frame of the stored image is larger than this service sends.")
    instance.file.seek(pixels.offset + start)
    data = instance.file.read(stop - start)
    if len(data) < stop - start:
        raise UnreadableInstance("The stored image ends in the middle of its pixels.")
    if first % 8 or last % 8:
        return _shifted(data, first % 8, bits)
    return _little_endian(data, instance) if pixels.big_endian else data


def frame_bits(instance: OpenInstance) -> int:
    """How many bits one uncompressed frame takes (PS3.5 section 8.2)."""
    header = instance.header
    samples = int(header.get("SamplesPerPixel") or 1)
    bits = int(header.Rows) * int(header.Columns) * samples * int(header.BitsAllocated)
    if header.get("PhotometricInterpretation") == "YBR_FULL_422":
        bits = bits * 2 // 3
    if bits <= 0:
        raise UnreadableInstance("The stored image says it has no pixels.")
    return bits


def _shifted(data: bytes, skip: int, bits: int) -> bytes:
    """A frame of single bits that begins inside a byte, moved to begin at one; the first pixel is the lowest bit."""
    number = (int.from_bytes(data, "little") >> skip) & ((1 << bits) - 1)
    return number.to_bytes(-(-bits // 8), "little")


def _little_endian(data: bytes, instance: OpenInstance) -> bytes:
    """Pixels of two or four bytes with their bytes exchanged."""
    width = int(instance.header.BitsAllocated) // 8
    if width <= 1:
        return data
    swapped = bytearray(len(data))
    for index in range(width):
        swapped[index::width] = data[width - 1 - index :: width]
    return bytes(swapped)
