"""What may be asked of the child: plain values that go as JSON, so that the child is never believed more than bytes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

Kind = Literal["picture", "frame", "htj2k", "part10"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing to make of one file; ``frame`` counts from 1.

    A "picture" is JPEG or PNG within ``most`` = (columns, rows) through ``window`` = (centre, width), the
    series' own without one; a "frame" its pixels as explicit little endian, "htj2k" the same as the worker makes
    them; "part10" the file with no compression.
    """

    kind: Kind
    path: str
    frame: int = 1
    format: str = "JPEG"
    quality: int = 85
    window: tuple[float, float] | None = None
    most: tuple[int, int] | None = None

    def as_line(self) -> bytes:
        """One line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"


def read_line(line: bytes) -> Asked:
    """What `Asked.as_line` wrote."""
    given = json.loads(line)
    for name in ("window", "most"):
        given[name] = tuple(given[name]) if given[name] else None
    return Asked(**given)
