"""multipart/related bodies (PS3.18 section 8.6.1.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BOUNDARY = "neurovigie-part-7c1d0e52f9a84b36"
"""Fixed, so that the same content is the same bytes, and byte ranges and caches hold. A client finds the end
of a part by its Content-Length; by the boundary, 128 random-looking bits do not occur in pixels."""


RELATED = "multipart/related"


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its content type, with parameters, and its bytes."""

    content_type: str
    body: bytes


def part_head(content_type: str, length: int, *, first: bool = True) -> bytes:
    """What stands before the bytes of a part."""
    start = "" if first else "\r\n"
    return (f"{start}--{BOUNDARY}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n").encode("ascii")


END = f"\r\n--{BOUNDARY}--\r\n".encode("ascii")
"""What stands after the bytes of the last part."""


def body(parts: Sequence[Part]) -> bytes:
    """The whole body of these parts."""
    pieces = []
    for index, part in enumerate(parts):
        pieces += [part_head(part.content_type, len(part.body), first=index == 0), part.body]
    return b"".join([*pieces, END])


def content_type(media_type: str, transfer_syntax: str | None = None) -> str:
    """The Content-Type of a body whose parts are all of one media type."""
    named = f'{RELATED}; type="{media_type}"; boundary={BOUNDARY}'
    return named if transfer_syntax is None else f"{named}; transfer-syntax={transfer_syntax}"
