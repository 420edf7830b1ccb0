"""Who is on duty, for which sites and skill, when; what nobody covers; and exchanges of duties.

An empty set of sites means all of them. Periods are half open: the end belongs to the next one. Times are
UTC; nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Skill(StrEnum):
    """What an expert is asked for."""

    DIAGNOSTIC = "diagnostic"
    """Diagnostic neuroradiology."""
    INTERVENTIONAL = "interventional"
    NEUROLOGY = "neurology"
    NEUROSURGERY = "neurosurgery"
    COORDINATION = "coordination"
    """Not an opinion: finding somebody who gives one."""


class DutyMode(StrEnum):
    """Where the person on duty is."""

    ON_SITE = "on_site"
    """Garde."""
    AT_HOME = "at_home"
    """Astreinte."""


@dataclass(frozen=True, slots=True)
class Period:
    """From ``starts_at`` until, and not including, ``ends_at``."""

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        if self.ends_at <= self.starts_at:
            raise ValueError("a period ends after it starts")

    def holds(self, at: datetime) -> bool:
        """Whether a moment lies in it."""
        return self.starts_at <= at < self.ends_at

    def shared(self, other: Period) -> Period | None:
        """What both have in common."""
        starts, ends = max(self.starts_at, other.starts_at), min(self.ends_at, other.ends_at)
        return Period(starts, ends) if starts < ends else None


@dataclass(frozen=True, slots=True)
class Expert:
    """Somebody who gives opinions; ``languages`` are ISO 639-1 codes."""

    id: UUID
    name: str
    centre: str
    skills: frozenset[Skill]
    sites: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ("fr",)
    phone: str = ""
    revision: int = field(default=0, compare=False)
    """Rises with every change of what is said of him; 0 before anything was."""


@dataclass(frozen=True, slots=True)
class Duty:
    """One expert on duty for one skill; lower ``rank`` is called first."""

    id: UUID
    expert_id: UUID
    centre: str
    skill: Skill
    period: Period
    rank: int = 1
    sites: frozenset[str] = frozenset()
    mode: DutyMode = DutyMode.AT_HOME
    revision: int = field(default=1, compare=False)
    """Rises with every change."""


@dataclass(frozen=True, slots=True)
class Absence:
    """When an expert cannot be called, whatever the rota says: leave, illness, congress."""

    expert_id: UUID
    period: Period


@dataclass(frozen=True, slots=True)
class Need:
    """What must always be covered: one skill for one site."""

    site: str
    skill: Skill


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody covers a need."""

    need: Need
    period: Period


def serves(duty: Duty, need: Need) -> bool:
    """Whether a duty is for a site and a skill."""
    return duty.skill is need.skill and (not duty.sites or need.site in duty.sites)


def on_duty(duties: Iterable[Duty], absences: Sequence[Absence], need: Need, at: datetime) -> list[Duty]:
    """Who is on duty for a need at a moment, by rank; the absent are left out."""
    away = {one.expert_id for one in absences if one.period.holds(at)}
    found = [one for one in duties if serves(one, need) and one.period.holds(at) and one.expert_id not in away]
    return sorted(found, key=lambda one: (one.rank, one.period.starts_at, one.id))


def gaps(duties: Sequence[Duty], absences: Sequence[Absence], needs: Iterable[Need], within: Period) -> list[Gap]:
    """Every time within a period in which a need is covered by nobody, the earliest first."""
    found = [
        Gap(need, open_time) for need in needs for open_time in _uncovered(_covering(duties, absences, need), within)
    ]
    return sorted(found, key=lambda gap: (gap.period.starts_at, gap.need.site, gap.need.skill))


def _covering(duties: Iterable[Duty], absences: Sequence[Absence], need: Need) -> Iterator[Period]:
    for duty in duties:
        if serves(duty, need):
            away = [one.period for one in absences if one.expert_id == duty.expert_id]
            yield from _uncovered(away, duty.period)


def _uncovered(covering: Iterable[Period], within: Period) -> Iterator[Period]:
    """What is left of a period when others are taken out of it."""
    reached = within.starts_at
    for one in sorted(covering, key=lambda period: period.starts_at):
        if one.starts_at > reached and reached < within.ends_at:
            yield Period(reached, min(one.starts_at, within.ends_at))
        reached = max(reached, one.ends_at)
    if reached < within.ends_at:
        yield Period(reached, within.ends_at)


class Clash(StrEnum):
    """Why two duties cannot both be meant."""

    SAME_RANK = "same_rank"
    """Two experts with one rank for one skill and site at one time: who is called first?"""
    TWICE = "twice"
    """One expert twice for the same skill and rank at one time."""


def clash(one: Duty, other: Duty) -> Clash | None:
    """What is wrong with two duties together, if anything."""
    if one.id == other.id or one.skill is not other.skill or one.rank != other.rank:
        return None
    if one.period.shared(other.period) is None or not _share_a_site(one, other):
        return None
    return Clash.TWICE if one.expert_id == other.expert_id else Clash.SAME_RANK


def _share_a_site(one: Duty, other: Duty) -> bool:
    return not one.sites or not other.sites or bool(one.sites & other.sites)


def suits(expert: Expert, duty: Duty) -> bool:
    """Whether an expert can do a duty: the skill, and every site of it."""
    everywhere = not expert.sites
    return duty.skill in expert.skills and (everywhere or bool(duty.sites and duty.sites <= expert.sites))


@dataclass(frozen=True, slots=True)
class Part:
    """A duty after an exchange; ``id`` is none for a part that is new."""

    duty: Duty
    is_new: bool


def hand_over(duty: Duty, part: Period, to: UUID, new_id: Iterator[UUID]) -> list[Part]:
    """Give a part of a duty to somebody else: the rest stays, and nothing of its time is lost.

    Raises `ValueError` when the part does not lie within the duty.
    """
    if duty.period.shared(part) != part:
        raise ValueError("only time of the duty itself can be given away")
    before = (duty.period.starts_at, part.starts_at, duty.expert_id)
    after = (part.ends_at, duty.period.ends_at, duty.expert_id)
    pieces = [(starts, ends, who) for starts, ends, who in (before, (part.starts_at, part.ends_at, to), after)
              if starts < ends]  # fmt: skip
    made = [Part(replace(duty, expert_id=pieces[0][2], period=Period(*pieces[0][:2])), is_new=False)]
    for starts, ends, who in pieces[1:]:
        made.append(Part(replace(duty, id=next(new_id), expert_id=who, period=Period(starts, ends)), is_new=True))
    return made


class ExchangeState(StrEnum):
    """How a proposal to take over a duty stands."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class ExchangeAnswer(StrEnum):
    """What somebody says to a proposal."""

    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A proposal: ``giver`` asks ``taker`` to do a part of his duty."""

    duty_id: UUID
    part: Period
    giver: UUID
    taker: UUID
    state: ExchangeState = ExchangeState.PROPOSED


def answer(exchange: Exchange, said: ExchangeAnswer, by: UUID, *, organises: bool) -> ExchangeState | None:
    """The new state; none when it is not for this person to say, or was answered already.

    ``organises``: a coordinator may answer for either.
    """
    if exchange.state is not ExchangeState.PROPOSED:
        return None
    meant = exchange.giver if said is ExchangeAnswer.WITHDRAW else exchange.taker
    if by != meant and not organises:
        return None
    return {
        ExchangeAnswer.ACCEPT: ExchangeState.ACCEPTED,
        ExchangeAnswer.DECLINE: ExchangeState.DECLINED,
        ExchangeAnswer.WITHDRAW: ExchangeState.WITHDRAWN,
    }[said]
