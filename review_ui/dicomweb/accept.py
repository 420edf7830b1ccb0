"""Which representations a client says it takes (PS3.18 section 8.7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

ANYTHING = "*/*"


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One entry of an Accept header. ``part`` is the type of the parts of a multipart one, else its own type."""

    multipart: bool
    part: str
    transfer_syntax: str | None


def parse(header: str) -> tuple[MediaRange, ...]:
    """The entries of an Accept header, without those of quality 0; an empty header takes anything."""
    return tuple(_ranges(header)) if header.strip() else (MediaRange(False, ANYTHING, None),)  # noqa: FBT003


def _ranges(header: str) -> Iterator[MediaRange]:
    for entry in _split(header):
        message = Message()
        message["Content-Type"] = entry
        own, parameters = _lower(entry), {str(key).lower(): value for key, value in message.get_params([])[1:]}
        if parameters.get("q") in {"0", "0.0", "0.00", "0.000"}:
            continue
        multipart = own == "multipart/related"
        part = parameters.get("type", ANYTHING).lower() if multipart else own
        yield MediaRange(multipart, part, parameters.get("transfer-syntax"))


def _lower(entry: str) -> str:
    return entry.split(";", 1)[0].strip().lower()


def _split(header: str) -> Iterator[str]:
    """Split at commas that are outside quotes."""
    entry, quoted = "", False
    for character in header:
        quoted ^= character == '"'
        if character == "," and not quoted:
            yield entry
            entry = ""
        else:
            entry += character
    yield entry


def takes_frame(ranges: tuple[MediaRange, ...], media_type: str, transfer_syntax: str) -> bool:
    """Whether a multipart answer with parts of this media type and transfer syntax is acceptable.

    ``transfer-syntax=*`` takes every encoding, whatever type is named beside it: viewers write
    ``type="application/octet-stream"; transfer-syntax=*``.
    """
    return any(_takes(one, media_type, transfer_syntax) for one in ranges)


def _takes(one: MediaRange, media_type: str, transfer_syntax: str) -> bool:
    if one.part == ANYTHING or one.transfer_syntax == "*":
        return one.multipart or one.part == ANYTHING
    group = one.part.endswith("/*") and media_type.startswith(one.part[:-1])
    same_type = one.part == media_type or group
    return one.multipart and same_type and one.transfer_syntax in (None, transfer_syntax)


def wants_single_part(ranges: tuple[MediaRange, ...]) -> bool:
    """Whether an instance may go as one bare ``application/dicom`` body: when that, or anything, is taken first."""
    return not ranges[0].multipart if ranges else False


def dicom_syntaxes(ranges: tuple[MediaRange, ...]) -> tuple[str, ...]:
    """The transfer syntaxes in which whole instances are taken, in order; "*" is any, also where none is named."""
    kinds = (ANYTHING, "application/*", "application/dicom")
    return tuple(one.transfer_syntax or "*" for one in ranges if one.part in kinds)


def picture_type(ranges: tuple[MediaRange, ...]) -> str | None:
    """The media type in which a picture is taken: JPEG where that is allowed, or PNG."""
    for one in ranges:
        if one.part in (ANYTHING, "image/*", "image/jpeg"):
            return "image/jpeg"
        if one.part == "image/png":
            return "image/png"
    return None
