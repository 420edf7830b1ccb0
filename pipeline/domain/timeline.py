"""The moments of one case, from the first symptom to the needle, and the minutes between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from pipeline.domain.figures import INTERVALS, CaseFacts

LATEST = timedelta(days=2)
"""Treatment is told at most so long after the case began: a later time is a slip of the date."""
EARLY = timedelta(minutes=5)
"""A hospital's clock may be this much ahead of ours."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """When a case was treated or left the hospital that asked; none where nobody told, or it did not happen."""

    needle_at: datetime | None = None
    puncture_at: datetime | None = None
    departed_at: datetime | None = None


_BEFORE = ("onset_at", "door_at", "imaged_at", "requested_at", "called_at", "taken_at", "signed_at")
MOMENTS = (*_BEFORE, *(one.name for one in fields(Treatment)))
"""In the order in which they are expected."""


def moments(facts: CaseFacts) -> dict[str, datetime]:
    """The moments that are known, the earliest first."""
    known = {name: getattr(facts, name) for name in MOMENTS if getattr(facts, name) is not None}
    return dict(sorted(known.items(), key=lambda one: one[1]))


def intervals_min(facts: CaseFacts) -> dict[str, float]:
    """The minutes of every interval both of whose ends are known and in order."""
    known = moments(facts)
    return {
        name: round((known[ends] - known[starts]).total_seconds() / 60, 1)
        for name, (starts, ends) in INTERVALS.items()
        if starts in known and ends in known and known[ends] >= known[starts]
    }


def refused(told: Treatment, known_since: datetime, now: datetime) -> Mapping[str, str]:
    """Why a time cannot be meant, by its name: it has not come yet, or lies days from the case."""
    why: dict[str, str] = {}
    for one in fields(told):
        at = getattr(told, one.name)
        if at is not None and at > now + EARLY:
            why[one.name] = "future"
        elif at is not None and abs(at - known_since) > LATEST:
            why[one.name] = "far"
    return why
