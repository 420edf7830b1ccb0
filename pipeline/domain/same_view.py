"""Whether one series shows all that another one shows: other reconstructions of the same acquisition do."""

from __future__ import annotations

from dataclasses import dataclass

SLACK_S = 1.0
"""Reconstructions of one acquisition carry its times; scanners round them."""
SLACK_MM = 5.0
"""Thick slices are centred half a slice further inside than thin ones of the same range."""
_SAME_NORMAL = 0.996
"""Cosine of 5 degrees."""

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class View:
    """When and where the images of a series were acquired, as far as their headers say.

    ``acquired_s`` are the first and last acquisition times, in seconds on one calendar; ``normal`` the
    slice normal (LPS), ``from_mm`` and ``to_mm`` the outermost slices along it.
    """

    FrameOfReferenceUID: str = ""
    acquired_s: tuple[float, float] | None = None
    normal: Vector | None = None
    from_mm: float | None = None
    to_mm: float | None = None
    whole_head: bool = False


UNKNOWN_VIEW = View()
"""Headers that say nothing: the same as no other."""


def shows_all_of(view: View, other: View) -> bool:
    """Whether ``view`` shows the same acquisition as ``other``, over at least its range.

    What is not known is never taken for the same: two series are then both read. A repeated scan has
    other times, the lower half of a head another range.
    """
    if not view.FrameOfReferenceUID or view.FrameOfReferenceUID != other.FrameOfReferenceUID:
        return False
    return _at_the_same_time(view, other) and _reaches(view, other)


def _at_the_same_time(view: View, other: View) -> bool:
    if view.acquired_s is None or other.acquired_s is None:
        return False
    (first, last), (others_first, others_last) = view.acquired_s, other.acquired_s
    return first - SLACK_S <= others_last and others_first - SLACK_S <= last


def _reaches(view: View, other: View) -> bool:
    """Along one normal the ranges are compared; across two, only a whole head is known to reach."""
    if view.normal is None or other.normal is None or not _parallel(view.normal, other.normal):
        return view.whole_head
    if view.from_mm is None or view.to_mm is None or other.from_mm is None or other.to_mm is None:
        return False
    return view.from_mm <= other.from_mm + SLACK_MM and other.to_mm <= view.to_mm + SLACK_MM


def _parallel(one: Vector, other: Vector) -> bool:
    """Same direction; slices stacked the other way round have ranges of the other sign, and count as unlike."""
    return sum(a * b for a, b in zip(one, other, strict=True)) > _SAME_NORMAL
