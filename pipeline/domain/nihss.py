"""The National Institutes of Health Stroke Scale: fifteen items, and a total that may contradict them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class NihssItem(StrEnum):
    """One item of the scale, by the number on its form."""

    CONSCIOUSNESS = "1a"
    QUESTIONS = "1b"
    COMMANDS = "1c"
    GAZE = "2"
    VISUAL_FIELDS = "3"
    FACE = "4"
    LEFT_ARM = "5a"
    RIGHT_ARM = "5b"
    LEFT_LEG = "6a"
    RIGHT_LEG = "6b"
    ATAXIA = "7"
    SENSATION = "8"
    LANGUAGE = "9"
    DYSARTHRIA = "10"
    NEGLECT = "11"


MOST: Mapping[NihssItem, int] = {
    item: {"1a": 3, "3": 3, "4": 3, "5a": 4, "5b": 4, "6a": 4, "6b": 4, "9": 3}.get(item.value, 2) for item in NihssItem
}
"""The highest score of each item (NIH Stroke Scale, NINDS)."""

MOST_TOTAL = 42


@dataclass(frozen=True, slots=True)
class Nihss:
    """What was examined: a total, items, or both; an item that could not be tested is not among them."""

    total: int | None = None
    items: Mapping[NihssItem, int] = field(default_factory=dict)

    @property
    def sum(self) -> int | None:
        """The sum of the items; none unless all fifteen are known."""
        return sum(self.items.values()) if len(self.items) == len(NihssItem) else None

    @property
    def score(self) -> int | None:
        """What to reckon with: the total as told, else the sum."""
        return self.total if self.total is not None else self.sum

    @property
    def contradicts_itself(self) -> bool:
        """Whether no scores of the untested items could make the total what it is said to be."""
        if self.total is None or not self.items:
            return False
        least = sum(self.items.values())
        untested = sum(most for item, most in MOST.items() if item not in self.items)
        return not least <= self.total <= least + untested
