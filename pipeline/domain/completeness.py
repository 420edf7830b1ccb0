"""Whether a series has arrived whole: evidence first, silence only when there is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.domain.role import SeriesRole

WHOLE_HEAD_MM = {
    SeriesRole.NCCT: 110.0,
    SeriesRole.CTA: 110.0,
    SeriesRole.DWI: 95.0,
    SeriesRole.ADC: 95.0,
    SeriesRole.FLAIR: 95.0,
}
"""Least extent along the slice normal that holds an adult brain, foramen magnum to vertex
(brain height about 95 to 120 mm); CT protocols start below the skull base."""

QUIET_TIME_S = 5.0
"""How long a series without any evidence must be silent; MONAI's gateway waits as long."""


class Signal(StrEnum):
    """What decided that a series is complete."""

    HEADER_COUNT = "header_count"
    ASSOCIATION_RELEASED = "association_released"
    QUIET_TIME = "quiet_time"


MOST_LAG_S = 30.0
"""The index may be behind the door; a series of which nothing has come at the door for longer is not waited for."""


def silence_s(last_image_at: datetime, heard_at: datetime, now: datetime) -> float:
    """How long a series has been silent, in seconds.

    ``last_image_at`` is when the door took its newest known image, ``heard_at`` until when the index knows
    that no other was waiting. While the index is behind, only the second proves silence.
    """
    at_the_door = (now - last_image_at).total_seconds()
    return max((now - heard_at).total_seconds(), at_the_door - MOST_LAG_S)


@dataclass(frozen=True, slots=True)
class SeriesEvidence:
    """What is known of a series' arrival.

    ``expected`` is the number of images a header promises; ``extent_mm`` the distance between the
    outermost slices; ``released`` says that every association that sent to it was released by its sender
    (one that is open, or was cut, may have had more to send);
    ``silent_s`` how long it has been silent (`silence_s`).
    """

    role: SeriesRole
    images: int
    expected: int | None
    extent_mm: float | None
    released: bool
    silent_s: float


@dataclass(frozen=True, slots=True)
class Complete:
    """The series is taken for complete; ``provisional`` when images are known or likely to miss."""

    signal: Signal
    provisional: bool


@dataclass(frozen=True, slots=True)
class StillArriving:
    """Not yet; without further news look again in ``look_again_s`` seconds."""

    look_again_s: float


def judge(evidence: SeriesEvidence, quiet_time_s: float = QUIET_TIME_S) -> Complete | StillArriving:
    """Decide whether a series is complete, and on which signal.

    Gap-free geometry alone proves nothing (half a head is gap-free), so a released association
    counts only with whole-head extent, and never against a header that promises more images.
    """
    counted = evidence.expected is not None and evidence.images >= evidence.expected
    if counted:
        return Complete(Signal.HEADER_COUNT, provisional=False)
    if evidence.released and evidence.expected is None and covers_whole_head(evidence):
        return Complete(Signal.ASSOCIATION_RELEASED, provisional=False)
    if evidence.silent_s >= quiet_time_s:
        return Complete(Signal.QUIET_TIME, provisional=_likely_partial(evidence))
    return StillArriving(quiet_time_s - evidence.silent_s)


def covers_whole_head(evidence: SeriesEvidence) -> bool:
    """Whether the slices span a whole head for the series' role."""
    needed = WHOLE_HEAD_MM.get(evidence.role)
    return needed is not None and evidence.extent_mm is not None and evidence.extent_mm >= needed


def _likely_partial(evidence: SeriesEvidence) -> bool:
    if evidence.expected is not None:
        return evidence.images < evidence.expected
    return evidence.role in WHOLE_HEAD_MM and not covers_whole_head(evidence)
