"""Byte ranges of a known length (RFC 9110 section 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes ``first`` to ``last``, both included."""

    first: int
    last: int

    def content_range(self, total: int) -> str:
        """The Content-Range header."""
        return f"bytes {self.first}-{self.last}/{total}"


class Unsatisfiable(ValueError):
    """The range begins beyond the end."""


def parse(header: str | None, total: int) -> ByteRange | None:
    """The one range asked for; ``None`` for none, several or nonsense, which are answered whole.

    Raises `Unsatisfiable`.
    """
    matched = _ONE_RANGE.fullmatch(header.strip()) if header else None
    if matched is None:
        return None
    first, last, suffix = matched.groups()
    if suffix is not None:
        return _checked(max(total - int(suffix), 0), total - 1, total)
    if last and int(last) < int(first):
        return None
    return _checked(int(first), min(int(last), total - 1) if last else total - 1, total)


def _checked(first: int, last: int, total: int) -> ByteRange:
    if first >= total or last < first:
        raise Unsatisfiable
    return ByteRange(first, last)
