"""What the calling for a case is made of: calls, alarms, what may happen, and what is then to be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pipeline.domain.tier import Tier


class Phase(StrEnum):
    """What is being done for a case."""

    QUIET = "quiet"
    """Not urgent: nobody is called by itself."""
    CALLING = "calling"
    HELD = "held"
    ENDED = "ended"


class CallKind(StrEnum):
    """What somebody is called for."""

    EXPERT = "expert"
    COORDINATOR = "coordinator"
    HANDED = "handed"
    """A coordinator named this person, whoever is on duty, and whoever holds the case."""


class Outcome(StrEnum):
    """What became of a call."""

    WAITING = "waiting"
    TOOK = "took"
    REFUSED = "refused"
    SILENT = "silent"
    STOOD_DOWN = "stood_down"
    """Somebody else took the case, or it is no longer urgent."""


class AlarmWhy(StrEnum):
    """Why the requester must telephone."""

    NOBODY_ON_DUTY = "nobody_on_duty"
    NOBODY_LEFT = "nobody_left"
    """Whoever is on duty has refused."""
    NOBODY_ACKNOWLEDGED = "nobody_acknowledged"


@dataclass(frozen=True, slots=True)
class Call:
    """One person called, and until when an answer is waited for; ``by`` is the coordinator who named this person."""

    person: UUID
    kind: CallKind
    round: int
    called_at: datetime
    due_at: datetime
    outcome: Outcome = Outcome.WAITING
    why: str = ""
    ended_at: datetime | None = None
    by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Nobody can be found: said to whoever asked, with a telephone number, until somebody takes the case."""

    why: AlarmWhy
    at: datetime


@dataclass(frozen=True, slots=True)
class Escalation:
    """How the calling for a case stands; ``since`` is from when nobody has held it."""

    phase: Phase = Phase.QUIET
    tier: Tier = Tier.GREY
    owner: UUID | None = None
    calls: tuple[Call, ...] = ()
    round: int = 0
    since: datetime | None = None
    due_at: datetime | None = None
    alarm: Alarm | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what, for one tier."""

    silence: timedelta
    alarm: timedelta
    again: timedelta


@dataclass(frozen=True, slots=True)
class EscalationRules:
    """One version of the rules; a tier without patience calls nobody by itself."""

    id: str
    version: str
    source: str
    patience: Mapping[Tier, Patience]

    @property
    def name(self) -> str:
        """Id and version in one word."""
        return f"{self.id} {self.version}"

    def silence(self, tier: Tier) -> timedelta:
        """How long one person's answer is waited for; for a tier that calls nobody by itself, as long as for any."""
        known = self.patience.get(tier)
        return known.silence if known else max(one.silence for one in self.patience.values())


@dataclass(frozen=True, slots=True)
class Reach:
    """Who can be called now, in the order of calling."""

    experts: tuple[UUID, ...] = ()
    coordinators: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranked:
    """The case has this tier now."""

    tier: Tier


@dataclass(frozen=True, slots=True)
class TimePassed:
    """It is later."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody holds the case now, whoever held it before."""

    by: UUID


@dataclass(frozen=True, slots=True)
class Released:
    """Its owner gave it back."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody says he cannot."""

    by: UUID
    why: str


@dataclass(frozen=True, slots=True)
class Handed:
    """A coordinator names who is to have it."""

    to: UUID
    by: UUID


@dataclass(frozen=True, slots=True)
class Ended:
    """The case was answered or closed."""


@dataclass(frozen=True, slots=True)
class Reopened:
    """Something more is asked about a case that had ended."""


Event = Ranked | TimePassed | Taken | Released | Refused | Handed | Ended | Reopened


@dataclass(frozen=True, slots=True)
class Notify:
    """Call somebody."""

    person: UUID
    kind: CallKind


@dataclass(frozen=True, slots=True)
class StandDown:
    """Tell somebody who was called that he is no longer needed."""

    person: UUID


@dataclass(frozen=True, slots=True)
class TellRaised:
    """Tell the owner that his case has become more urgent."""

    person: UUID


@dataclass(frozen=True, slots=True)
class HandedBack:
    """Tell the coordinator that whoever he named did not take the case."""

    person: UUID
    by: UUID


@dataclass(frozen=True, slots=True)
class RaiseAlarm:
    """Tell whoever asked to telephone."""

    why: AlarmWhy


@dataclass(frozen=True, slots=True)
class ClearAlarm:
    """Somebody holds the case after all."""


Effect = Notify | StandDown | TellRaised | HandedBack | RaiseAlarm | ClearAlarm


@dataclass(frozen=True, slots=True)
class Step:
    """The state after an event, and what is to be done in the same breath."""

    state: Escalation
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """What a step is decided on, beside state and event."""

    now: datetime
    reach: Reach
    rules: EscalationRules
