"""Duties as iCalendar (RFC 5545), there and back; a calendar names experts and centres, never a patient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import icalendar
from dateutil.rrule import rrulestr

from pipeline.domain.errors import BadInput
from pipeline.domain.rota import Duty, Expert, Period

_OURS = "@neurovigie"
MOST_ENTRIES = 2000
"""Occurrences read from one calendar."""
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_OLDEST = 2000


class NotACalendar(BadInput):
    """This is not an iCalendar file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One occurrence of an event: what a calendar says of a duty. Empty where it does not say."""

    source: str
    period: Period
    cancelled: bool
    summary: str
    email: str
    account: str
    skill: str
    rank: str
    sites: str
    mode: str
    location: str

    @property
    def our_id(self) -> UUID | None:
        """The duty it was exported from."""
        name = self.source.split("/")[0]
        try:
            return UUID(name.removesuffix(_OURS)) if name.endswith(_OURS) else None
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An event that cannot be read, by its place in the file, and why."""

    place: int
    why: str


def write(duties: Iterable[Duty], experts: Mapping[UUID, Expert], emails: Mapping[UUID, str], now: datetime) -> bytes:
    """A calendar of duties that any calendar program reads, and that `read` reads back whole."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//NeuroVigie//rota//EN")
    calendar.add("version", "2.0")
    calendar.add("name", "NeuroVigie")
    for one in duties:
        calendar.add_component(_event(one, experts[one.expert_id], emails.get(one.expert_id, ""), now))
    written: bytes = calendar.to_ical()
    return written


def _event(one: Duty, who: Expert, email: str, now: datetime) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", f"{one.id}{_OURS}")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", one.period.starts_at.astimezone(UTC))
    event.add("dtend", one.period.ends_at.astimezone(UTC))
    event.add("summary", f"{who.name} – {one.skill.value} {one.rank}")
    event.add("location", one.centre)
    event.add("categories", [one.skill.value])
    event.add("x-neurovigie-expert", str(one.expert_id))
    event.add("x-neurovigie-rank", str(one.rank))
    event.add("x-neurovigie-mode", one.mode.value)
    event.add("x-neurovigie-sites", ",".join(sorted(one.sites)))
    if email:
        event.add("attendee", f"mailto:{email}")
    return event


def read(text: bytes, zone: ZoneInfo, within: Period) -> Iterator[Entry | Unreadable]:
    """Every occurrence that touches a period; times without a zone, and whole days, are of ``zone``.

    Raises `NotACalendar`.
    """
    try:
        events = icalendar.Calendar.from_ical(text).walk("VEVENT")
    except (ValueError, IndexError, KeyError) as error:
        raise NotACalendar from error
    moved = _moved(events)
    left = MOST_ENTRIES
    for place, event in enumerate(events, start=1):
        try:
            found = list(_occurrences(event, zone, within, moved, left))
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError):
            yield Unreadable(place, "its times or its recurrence cannot be understood")
            continue
        yield from found
        left -= len(found)
        if left <= 0:
            yield Unreadable(place, f"only the first {MOST_ENTRIES} occurrences are read")
            return


def _moved(events: Iterable[Any]) -> set[tuple[str, str]]:
    """Occurrences of a series that have an event of their own (RECURRENCE-ID)."""
    return {
        (str(one.get("UID", "")), one["RECURRENCE-ID"].dt.isoformat())
        for one in events
        if "RECURRENCE-ID" in one and hasattr(one["RECURRENCE-ID"], "dt")
    }


def _occurrences(event: Any, zone: ZoneInfo, within: Period, moved: set[tuple[str, str]], most: int) -> Iterator[Entry]:
    first, last = _span(event, zone)
    length = last - first
    name = str(event.get("UID", "")) or f"{event.get('SUMMARY', '')}-{first.isoformat()}"
    single = "RRULE" not in event
    starts = [first] if single else _repeated(event, first, zone, within, length, most)
    for start in starts:
        if not single and (name, start.isoformat()) in moved:
            continue
        period = Period(start.astimezone(UTC), (start + length).astimezone(UTC))
        if period.shared(within) is not None:
            source = name if single and "RECURRENCE-ID" not in event else f"{name}/{_which(event, start, zone)}"
            yield _entry(event, source, period)


def _which(event: Any, start: datetime, zone: ZoneInfo) -> str:
    """The occurrence's own name: when it was first meant to begin."""
    meant = _local(event["RECURRENCE-ID"], zone) if "RECURRENCE-ID" in event else start
    return meant.astimezone(UTC).isoformat()


def _span(event: Any, zone: ZoneInfo) -> tuple[datetime, datetime]:
    first = _local(event["DTSTART"], zone)
    if "DTEND" in event:
        return first, _local(event["DTEND"], zone)
    if "DURATION" in event:
        return first, first + event["DURATION"].dt
    whole_day = not isinstance(event["DTSTART"].dt, datetime)
    return first, first + timedelta(days=1 if whole_day else 0)


def _repeated(
    event: Any, first: datetime, zone: ZoneInfo, within: Period, length: timedelta, most: int
) -> list[datetime]:
    """The beginnings of a recurring event that touch a period; in local time, so that summer time moves none."""
    if _never_ends_counting(event["RRULE"], first):
        raise ValueError("it recurs too often")
    rule = rrulestr(event["RRULE"].to_ical().decode(), dtstart=first)
    except_for = {_aware(one.dt, zone) for dates in _listed(event.get("EXDATE")) for one in dates.dts}
    found: list[datetime] = []
    for start in rule.xafter((within.starts_at - length).astimezone(first.tzinfo), inc=True):
        if start >= within.ends_at or len(found) >= most:
            break
        if start not in except_for:
            found.append(start)
    return found


def _never_ends_counting(rule: Mapping[str, Any], first: datetime) -> bool:
    """Whether it recurs within a day, or began so long ago that counting its days would take seconds."""
    often = str(rule.get("FREQ", [""])[0]).upper() not in _FREQUENCIES
    return often or first.year < _OLDEST or any(part in rule for part in ("BYHOUR", "BYMINUTE", "BYSECOND"))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _local(value: Any, zone: ZoneInfo) -> datetime:
    at = value.dt
    if isinstance(at, datetime) and at.tzinfo is None and value.params.get("TZID"):
        raise ValueError("an unknown time zone")
    return _aware(at, zone)


def _aware(at: date, zone: ZoneInfo) -> datetime:
    if not isinstance(at, datetime):
        return datetime.combine(at, time(), zone)
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def _entry(event: Any, source: str, period: Period) -> Entry:
    categories = event.get("CATEGORIES")
    named = [str(one) for part in _listed(categories) for one in part.cats]
    attendee = str(next(iter(_listed(event.get("ATTENDEE"))), ""))
    return Entry(
        source=source[:500],
        period=period,
        cancelled=str(event.get("STATUS", "")).upper() == "CANCELLED",
        summary=str(event.get("SUMMARY", "")),
        email=attendee.lower().removeprefix("mailto:"),
        account=str(event.get("X-NEUROVIGIE-EXPERT", "")),
        skill=named[0].strip().lower() if named else "",
        rank=str(event.get("X-NEUROVIGIE-RANK", "")),
        sites=str(event.get("X-NEUROVIGIE-SITES", "")),
        mode=str(event.get("X-NEUROVIGIE-MODE", "")),
        location=str(event.get("LOCATION", "")),
    )
