"""What the peripheral doctor asks: the clinical half of a case (demande d'avis)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Urgency(StrEnum):
    """How soon the requesting doctor needs the opinion."""

    URGENT = "urgent"
    DIFFERED = "differed"


@dataclass(frozen=True, slots=True)
class Request:
    """A request for an opinion. Times are UTC; ``nihss`` is the total, 0 to 42."""

    urgency: Urgency
    question: str = ""
    onset_at: datetime | None = None
    nihss: int | None = None
    anticoagulant: str | None = None
