"""Duties as iCalendar: whole after a round trip, and what other programs write is read as they meant it."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.rota import Duty, DutyMode, Expert, Period, Skill
from review_ui.rota.calendar import Entry, NotACalendar, Unreadable, read, write
from review_ui.rota.importing import NotOurs, Unsaid, as_duty

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 20, tzinfo=UTC)
WITHIN = Period(NOW, NOW + timedelta(days=400))
ANNE, BASTIEN = UUID(int=1), UUID(int=2)
EXPERTS = {
    ANNE: Expert(ANNE, "Anne Le Gall; née «Kerven»", "chu-brest", frozenset(Skill)),
    BASTIEN: Expert(BASTIEN, "Bastien Roué", "chu-rennes", frozenset(Skill)),
}
EMAILS = {BASTIEN: "bastien@chu.example"}
UNSAID = Unsaid(Skill.DIAGNOSTIC)

moments = st.integers(0, 300 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes))
duties = st.builds(
    Duty,
    id=st.uuids(),
    expert_id=st.sampled_from([ANNE, BASTIEN]),
    centre=st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=30),
    skill=st.sampled_from(Skill),
    period=st.builds(lambda at, hours: Period(at, at + timedelta(hours=hours)), moments, st.integers(1, 100)),
    rank=st.integers(1, 9),
    sites=st.frozensets(st.sampled_from(["brest", "carhaix", "lannion"])),
    mode=st.sampled_from(DutyMode),
)


def entries(text: str) -> list[Entry | Unreadable]:
    whole = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + text.strip().replace("\n", "\r\n") + "\r\nEND:VCALENDAR\r\n"
    )
    return list(read(whole.encode(), PARIS, WITHIN))


def event(*lines: str) -> str:
    return "\n".join(("BEGIN:VEVENT", *lines, "END:VEVENT"))


def starts(found: list[Entry | Unreadable]) -> list[str]:
    return [one.period.starts_at.isoformat() if isinstance(one, Entry) else one.why for one in found]


@given(st.lists(duties, max_size=4, unique_by=lambda one: one.id))
def test_what_is_exported_is_imported_the_same(known: list[Duty]) -> None:
    found = list(read(write(known, EXPERTS, EMAILS, NOW), PARIS, WITHIN))
    assert [as_duty(one, EXPERTS, EMAILS, UNSAID) for one in found if isinstance(one, Entry)] == known


@given(st.binary(max_size=200))
def test_any_bytes_are_a_calendar_or_refused(text: bytes) -> None:
    with contextlib.suppress(NotACalendar):
        list(read(text, PARIS, WITHIN))


def test_a_weekly_duty_keeps_its_hour_when_summer_time_begins_and_skips_what_is_excepted() -> None:
    found = entries(
        event(
            "UID:w",
            "DTSTART;TZID=Europe/Paris:20260322T083000",
            "DTEND;TZID=Europe/Paris:20260323T083000",
            "RRULE:FREQ=WEEKLY;COUNT=4",
            "EXDATE;TZID=Europe/Paris:20260405T083000",
        )
    )
    assert starts(found) == [f"2026-{day}:30:00+00:00" for day in ("03-22T07", "03-29T06", "04-12T06")]


def test_an_occurrence_that_was_moved_is_read_once_where_it_was_moved_to() -> None:
    weekly = event("UID:w", "DTSTART:20260401T080000Z", "DTEND:20260401T180000Z", "RRULE:FREQ=WEEKLY;COUNT=2")
    moved = event(
        "UID:w", "RECURRENCE-ID:20260408T080000Z", "DTSTART:20260409T080000Z", "DTEND:20260409T180000Z"
    )  # fmt: skip
    found = entries(f"{weekly}\n{moved}")
    assert starts(found) == ["2026-04-01T08:00:00+00:00", "2026-04-09T08:00:00+00:00"]
    assert [one.source for one in found if isinstance(one, Entry)][1] == "w/2026-04-08T08:00:00+00:00"


def test_whole_days_and_times_without_a_zone_are_of_paris() -> None:
    found = entries(
        event("UID:1", "DTSTART;VALUE=DATE:20260401")
        + "\n"
        + event("UID:2", "DTSTART:20260402T080000", "DURATION:PT12H")
    )
    assert starts(found) == ["2026-03-31T22:00:00+00:00", "2026-04-02T06:00:00+00:00"]
    first = found[0]
    assert isinstance(first, Entry)
    assert first.period.ends_at - first.period.starts_at == timedelta(days=1)


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART:never",),
        ("SUMMARY:no time",),
        ("DTSTART;TZID=Mars:20260401T080000", "DURATION:PT1H"),
        ("DTSTART:20260401T080000Z", "DTEND:20260401T070000Z"),
        ("DTSTART:20260401T080000Z", "DTEND:20260401T090000Z", "RRULE:FREQ=SOMETIMES"),
        ("DTSTART:20200101T080000Z", "DTEND:20200101T090000Z", "RRULE:FREQ=MINUTELY"),
        ("DTSTART:00010101T080000Z", "DTEND:00010101T090000Z", "RRULE:FREQ=DAILY"),
    ],
)
def test_what_cannot_be_understood_is_said_and_not_guessed(lines: tuple[str, ...]) -> None:
    (found,) = entries(event("UID:1", *lines))
    assert isinstance(found, Unreadable)


def test_a_recurrence_without_an_end_ends_with_the_time_asked_for() -> None:
    found = entries(event("UID:1", "DTSTART:20200106T080000Z", "DTEND:20200106T090000Z", "RRULE:FREQ=WEEKLY"))
    assert len(found) == 57


def test_an_expert_is_found_by_address_then_by_name_and_never_guessed() -> None:
    def who(*lines: str) -> UUID:
        (found,) = entries(event("UID:1", "DTSTART:20260401T080000Z", "DTEND:20260401T090000Z", *lines))
        assert isinstance(found, Entry)
        return as_duty(found, EXPERTS, EMAILS, UNSAID).expert_id

    assert who("ATTENDEE:MAILTO:Bastien@CHU.example", "SUMMARY:Anne Le Gall") == BASTIEN
    assert who("SUMMARY:Astreinte bastien roué (Rennes)") == BASTIEN
    with pytest.raises(NotOurs):
        who("SUMMARY:Astreinte")
