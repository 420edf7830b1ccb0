"""The four tiers of the worklist."""

from __future__ import annotations

from enum import StrEnum


class Tier(StrEnum):
    """Reading order, most urgent first."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    GREY = "grey"

    @property
    def rank(self) -> int:
        """0 for red, 3 for grey."""
        return list(Tier).index(self)
