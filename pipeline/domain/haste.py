"""What goes first on a model: answers without one, then urgent series, then routine work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

PRIOR_FROM = timedelta(days=7)
"""A study so much older than its arrival is taken for a prior. A scanner with a wrong clock loses little by
it: routine work starts at once unless something urgent runs, and is urgent itself after `PATIENCE`."""

PATIENCE = timedelta(minutes=10)
"""Routine work that has waited longer is urgent: it may be overtaken, never forgotten."""


class Haste(StrEnum):
    """How soon an analysis must run."""

    QUICK = "quick"
    """Answered from its headers: it takes no model's time."""
    URGENT = "urgent"
    ROUTINE = "routine"
    """Differed requests, priors, and series read again that have an answer already."""
    PROMOTED = "promoted"
    """Routine work that has waited `PATIENCE`: urgent from then on."""


@dataclass(frozen=True, slots=True)
class WorkFacts:
    """What is known of an analysis before it runs; ``study_date`` is DICOM's YYYYMMDD, "" when unknown."""

    read_by_a_model: bool
    differed: bool = False
    study_date: str = ""
    arrived_at: datetime | None = None
    has_answer: bool = False


def haste_of(facts: WorkFacts) -> Haste:
    """How soon an analysis must run; what is not known never makes it routine."""
    if not facts.read_by_a_model:
        return Haste.QUICK
    routine = facts.differed or facts.has_answer or _is_prior(facts)
    return Haste.ROUTINE if routine else Haste.URGENT


def _is_prior(facts: WorkFacts) -> bool:
    if facts.arrived_at is None:
        return False
    try:
        taken = datetime.strptime(facts.study_date[:8], "%Y%m%d").replace(tzinfo=facts.arrived_at.tzinfo)
    except ValueError:
        return False
    return facts.arrived_at - taken > PRIOR_FROM
