"""What a series is like beyond its role: all that decides whether a model may read it, and which of several is best."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kernel(StrEnum):
    """What a CT was reconstructed for."""

    SOFT = "soft"
    BONE = "bone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SeriesCharacter:
    """Facts about one series, with the evidence for them; None where nothing speaks for or against.

    ``phase`` is arterial, venous, delayed or "" and only has a meaning where ``contrast`` is True;
    ``whole_head`` says that the slices span a head; ``original`` that the images are not reformatted.
    """

    images: int
    kernel: Kernel = Kernel.UNKNOWN
    contrast: bool | None = None
    phase: str = ""
    thickness_mm: float | None = None
    extent_mm: float | None = None
    whole_head: bool | None = None
    tilt_degrees: float = 0.0
    original: bool = True
    metal: bool | None = None
    motion: bool | None = None
    complete: bool = True
    reasons: tuple[str, ...] = ()
