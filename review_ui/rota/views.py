"""The rota as the desk's JSON shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from pipeline.database.exchanges import StoredExchange
from pipeline.database.rota import StoredAbsence
from pipeline.domain.holidays import holidays
from pipeline.domain.rota import Duty, Expert, Gap, Period
from review_ui.views import Instant

PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertView:
    """An account that can be on duty; without ``centre`` nobody has yet said what for."""

    id: UUID
    name: str
    role: str
    centre: str | None
    skills: list[str]
    sites: list[str]
    languages: list[str]
    phone: str
    email: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyView:
    """One expert on duty; no site means all of them."""

    id: UUID
    expert: UUID
    expert_name: str
    centre: str
    skill: str
    starts_at: Instant
    ends_at: Instant
    rank: int
    sites: list[str]
    mode: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDutyView:
    """Who is called now, in this order."""

    expert_name: str
    centre: str
    rank: int
    mode: str
    phone: str
    languages: list[str]
    until: Instant


@dataclass(frozen=True, slots=True)
class AbsenceView:
    """When an expert cannot be called."""

    id: UUID
    expert: UUID
    expert_name: str
    starts_at: Instant
    ends_at: Instant
    why: str


@dataclass(frozen=True, slots=True)
class GapView:
    """A time in which nobody covers a need; ``holidays`` are the public holidays in it, in Paris time."""

    site: str
    skill: str
    starts_at: Instant
    ends_at: Instant
    holidays: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeView:
    """A proposal to take over a part of a duty."""

    id: UUID
    duty: UUID
    giver: UUID
    giver_name: str
    taker: UUID
    taker_name: str
    starts_at: Instant
    ends_at: Instant
    state: str
    note: str
    proposed_at: Instant
    answered_at: Instant | None


@dataclass(frozen=True, slots=True)
class HolidayView:
    """A public holiday."""

    day: date
    code: str


def duty_view(one: Duty, experts: Mapping[UUID, Expert]) -> DutyView:
    """A duty with its expert's name."""
    return DutyView(
        id=one.id,
        expert=one.expert_id,
        expert_name=experts[one.expert_id].name,
        centre=one.centre,
        skill=one.skill.value,
        starts_at=one.period.starts_at,
        ends_at=one.period.ends_at,
        rank=one.rank,
        sites=sorted(one.sites),
        mode=one.mode.value,
        revision=one.revision,
    )


def on_duty_view(one: Duty, experts: Mapping[UUID, Expert]) -> OnDutyView:
    """Somebody to call."""
    who = experts[one.expert_id]
    return OnDutyView(
        expert_name=who.name,
        centre=one.centre,
        rank=one.rank,
        mode=one.mode.value,
        phone=who.phone,
        languages=list(who.languages),
        until=one.period.ends_at,
    )


def absence_view(one: StoredAbsence, experts: Mapping[UUID, Expert]) -> AbsenceView:
    """An absence with its expert's name."""
    away = one.absence
    name = experts[away.expert_id].name
    return AbsenceView(one.id, away.expert_id, name, away.period.starts_at, away.period.ends_at, one.why)


def gap_view(one: Gap, region: str) -> GapView:
    """A gap and the public holidays in it."""
    found = {day.isoformat(): code for day, code in _holidays_in(one.period, region).items()}
    return GapView(one.need.site, one.need.skill.value, one.period.starts_at, one.period.ends_at, found)


def _holidays_in(period: Period, region: str) -> dict[date, str]:
    first = period.starts_at.astimezone(PARIS).date()
    last = (period.ends_at - timedelta(microseconds=1)).astimezone(PARIS).date()
    known = {day: code for year in range(first.year, last.year + 1) for day, code in holidays(year, region).items()}
    return {day: code for day, code in known.items() if first <= day <= last}


def exchange_view(one: StoredExchange, experts: Mapping[UUID, Expert]) -> ExchangeView:
    """A proposal with both names."""
    wanted = one.exchange
    return ExchangeView(
        id=one.id,
        duty=wanted.duty_id,
        giver=wanted.giver,
        giver_name=experts[wanted.giver].name,
        taker=wanted.taker,
        taker_name=experts[wanted.taker].name,
        starts_at=wanted.part.starts_at,
        ends_at=wanted.part.ends_at,
        state=wanted.state.value,
        note=one.note,
        proposed_at=one.proposed_at,
        answered_at=one.answered_at,
    )
