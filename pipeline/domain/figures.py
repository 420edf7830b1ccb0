"""What a network looks at each month: intervals, volumes, agreement with the models, reasons, and who did the work.

Pure: rows in, figures out. An interval that was not told for a case is left out of its figure, and the figure
says on how many cases it rests. Months are those of the zone passed in.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from math import ceil

from pipeline.domain.opinion import Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What is counted of one case; times are UTC, none where nobody told."""

    site: str
    tier: str
    opened_at: datetime
    onset_at: datetime | None = None
    door_at: datetime | None = None
    imaged_at: datetime | None = None
    requested_at: datetime | None = None
    called_at: datetime | None = None
    taken_at: datetime | None = None
    signed_at: datetime | None = None
    needle_at: datetime | None = None
    puncture_at: datetime | None = None
    departed_at: datetime | None = None
    signed_by: str = ""
    not_analysed: tuple[str, ...] = ()
    haemorrhage: Agreement | None = None
    ischaemia: Agreement | None = None


INTERVALS: Mapping[str, tuple[str, str]] = {
    "onset_to_door": ("onset_at", "door_at"),
    "door_to_imaging": ("door_at", "imaged_at"),
    "request_to_taken": ("requested_at", "taken_at"),
    "call_to_taken": ("called_at", "taken_at"),
    "imaging_to_opinion": ("imaged_at", "signed_at"),
    "request_to_opinion": ("requested_at", "signed_at"),
    "opinion_to_needle": ("signed_at", "needle_at"),
    "door_to_needle": ("door_at", "needle_at"),
    "door_to_puncture": ("door_at", "puncture_at"),
    "door_in_door_out": ("door_at", "departed_at"),
}
"""From which time to which; shown in minutes."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The distribution of an interval in minutes, over the ``cases`` in which both its times are known."""

    cases: int
    median_min: float
    p90_min: float


@dataclass(frozen=True, slots=True)
class Agreed:
    """How a model's answer stood to the signed opinion; a share is none where nothing was counted."""

    counts: Mapping[str, int]

    @property
    def sensitivity(self) -> float | None:
        """Of those the expert saw, the share the model marked."""
        return _share(self.counts, Agreement.TRUE_POSITIVE, Agreement.FALSE_NEGATIVE)

    @property
    def positive_predictive_value(self) -> float | None:
        """Of those the model marked, the share the expert saw."""
        return _share(self.counts, Agreement.TRUE_POSITIVE, Agreement.FALSE_POSITIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One site in one month, "" for all sites together."""

    site: str
    month: str
    cases: int
    tiers: Mapping[str, int]
    intervals: Mapping[str, Interval]
    not_analysed: Mapping[str, int]
    experts: Mapping[str, int]
    haemorrhage: Agreed = field(default_factory=lambda: Agreed({}))
    ischaemia: Agreed = field(default_factory=lambda: Agreed({}))


def figures(cases: Iterable[CaseFacts], zone: tzinfo) -> list[Figures]:
    """The figures of every month, of each site and of all of them, in order."""
    groups: dict[tuple[str, str], list[CaseFacts]] = defaultdict(list)
    for one in cases:
        month = f"{one.opened_at.astimezone(zone):%Y-%m}"
        for site in (one.site, ""):
            groups[month, site].append(one)
    return [_of(site, month, group) for (month, site), group in sorted(groups.items())]


def _of(site: str, month: str, group: Sequence[CaseFacts]) -> Figures:
    found = {name: _interval(group, *ends) for name, ends in INTERVALS.items()}
    return Figures(
        site=site,
        month=month,
        cases=len(group),
        tiers=_counted(one.tier for one in group),
        intervals={name: one for name, one in found.items() if one is not None},
        not_analysed=_counted(why for one in group for why in one.not_analysed),
        experts=_counted(one.signed_by for one in group if one.signed_by),
        haemorrhage=Agreed(_counted(one.haemorrhage for one in group if one.haemorrhage)),
        ischaemia=Agreed(_counted(one.ischaemia for one in group if one.ischaemia)),
    )


def _interval(group: Iterable[CaseFacts], starts: str, ends: str) -> Interval | None:
    """Times told in the wrong order are nobody's interval, and are left out too."""
    minutes = sorted(
        (until - since).total_seconds() / 60
        for since, until in ((getattr(one, starts), getattr(one, ends)) for one in group)
        if since is not None and until is not None and until >= since
    )
    if not minutes:
        return None
    return Interval(len(minutes), round(median(minutes), 1), round(percentile(minutes, 0.9), 1))


def median(ordered: Sequence[float]) -> float:
    """The middle of sorted values, or the mean of the two that share it."""
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest of sorted values that at least this share of them do not exceed (nearest rank)."""
    return ordered[max(ceil(share * len(ordered)), 1) - 1]


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(str(name) for name in names).items()))


def _share(counts: Mapping[str, int], right: Agreement, wrong: Agreement) -> float | None:
    good, bad = counts.get(right.value, 0), counts.get(wrong.value, 0)
    return good / (good + bad) if good + bad else None
