"""How far a sender's clock is from ours, told from when its images say they were made and when they came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

FEWEST = 5
"""Series below which nothing is said."""

_A_DAY_S = timedelta(days=1).total_seconds()
"""A series further off is an old one that was sent again, or has no true date; it says nothing of a clock."""

_AHEAD_S = 60.0
_LATE_S = 900.0


@dataclass(frozen=True, slots=True)
class Skew:
    """``ahead_s`` is how far a clock is ahead of ours, in seconds, over so many ``series``.

    Where it is negative, the clock is behind, or images come that late: one cannot tell which.
    """

    ahead_s: float
    series: int

    @property
    def is_large(self) -> bool:
        """Whether a person should know: nothing can come before it is made, but much can come late."""
        return self.ahead_s > _AHEAD_S or self.ahead_s < -_LATE_S


def skew(lags_s: Iterable[float]) -> Skew | None:
    """The skew of a sender whose series came so long after they say they were made; none where too few tell.

    The lower quartile: most series come soon, some are sent late or again, and a few carry a date that never was.
    """
    known = sorted(lag for lag in lags_s if abs(lag) <= _A_DAY_S)
    if len(known) < FEWEST:
        return None
    return Skew(-known[len(known) // 4], len(known))
