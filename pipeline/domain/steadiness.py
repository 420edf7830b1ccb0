"""Whether the clock on the wall was set: deadlines move with it, so that nothing is early or late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

TOLERANCE = timedelta(seconds=2)
"""Drift, and the time between two readings of one reading."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Two clocks read together: the wall's (UTC), and one that only ever counts on since the machine was started.

    ``boot_id`` tells one start of the machine from another.
    """

    boot_id: str
    counted: timedelta
    wall_at: datetime


def jumped(before: Reading, after: Reading) -> timedelta:
    """By how much the clock on the wall was set between two readings; nothing when the machine was started anew.

    Across a start nobody has counted, and the wall must be believed.
    """
    if before.boot_id != after.boot_id:
        return timedelta()
    jump = (after.wall_at - before.wall_at) - (after.counted - before.counted)
    return jump if abs(jump) > TOLERANCE else timedelta()


def set_before(before: Reading, after: Reading) -> datetime:
    """Until when, on the old clock, a deadline may have been set that must move with the jump."""
    return before.wall_at + (after.counted - before.counted) + TOLERANCE
