"""What may be deleted, and what is due to be: rules that an administrator named, weighed against what holds a case.

Nothing is ever due that is open, unanswered or undelivered, whatever the rules say and however full the disk is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID


class RuleKind(StrEnum):
    """What a rule looks at."""

    CLOSE = "close"
    """Close cases that are answered, ``days`` after the last thing that happened."""
    AGE = "age"
    """Delete what has been closed for ``days``."""
    SIZE = "size"
    """Delete what was closed first while the images of the site, or of all, take more than ``most`` bytes."""
    DISK = "disk"
    """The same while more than the share ``most`` (0 to 1) of the disk is used."""


class Scope(StrEnum):
    """How much is deleted."""

    IMAGES = "images"
    """Images, results and what was computed; request, opinions, messages and history stay."""
    RECORD = "record"
    """The case and all that was written of it, too."""


class Hold(StrEnum):
    """Why a case is not deleted."""

    OPEN = "open"
    HELD = "held"
    """A person has it."""
    ARRIVING = "arriving"
    UNDER_ANALYSIS = "under_analysis"
    CALLING = "calling"
    REQUEST_WITHOUT_OPINION = "request_without_opinion"
    OPINION_NOT_SIGNED = "opinion_not_signed"
    UNDELIVERED = "undelivered"
    IDENTITY_TO_CONFIRM = "identity_to_confirm"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; ``site_id`` none means every site, ``most`` is for rules of size and disk only."""

    id: UUID
    kind: RuleKind
    days: float
    site_id: str | None = None
    most: float = 0.0
    unasked: bool = False
    """For rules that close: also what nobody was asked about, unless it is urgent."""
    scope: Scope = Scope.IMAGES

    @property
    def settled_for(self) -> timedelta:
        """How long a case must have been as it is."""
        return timedelta(days=self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a case stands; ``size`` is of its images in bytes, in ``studies`` studies.

    ``settled_for`` is how long it has been closed or, while it is open, how long nothing has happened:
    by the clock on the wall and by the time that was lived through, whichever is shorter.
    """

    case_id: UUID
    site_id: str
    size: int
    studies: int
    settled_for: timedelta
    closed: bool
    held: bool = False
    urgent: bool = False
    arriving: bool = False
    under_analysis: bool = False
    calling: bool = False
    asked: bool = False
    answered: bool = False
    request_open: bool = False
    drafted: bool = False
    undelivered: bool = False
    to_confirm: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """The disk in bytes; ``leaving`` is what is decided to go and still lies there."""

    disk: int
    used: int
    leaving: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A case that a rule has deleted."""

    standing: Standing
    rule: Rule


def holds(case: Standing) -> frozenset[Hold]:
    """Everything that keeps a case from being deleted; nobody and no rule may pass over one of these."""
    keeps = {
        Hold.OPEN: not case.closed,
        Hold.HELD: case.held and not case.closed,
        Hold.ARRIVING: case.arriving,
        Hold.UNDER_ANALYSIS: case.under_analysis,
        Hold.CALLING: case.calling,
        Hold.REQUEST_WITHOUT_OPINION: case.request_open or (case.asked and not case.answered),
        Hold.OPINION_NOT_SIGNED: case.drafted,
        Hold.UNDELIVERED: case.undelivered,
        Hold.IDENTITY_TO_CONFIRM: case.to_confirm,
    }
    return frozenset(hold for hold, keeps_it in keeps.items() if keeps_it)


def keeps_open(case: Standing) -> frozenset[Hold]:
    """Everything that keeps a person from closing a case; what is not delivered yet is delivered all the same."""
    return holds(case) - {Hold.OPEN, Hold.HELD, Hold.UNDELIVERED}


def may_close(case: Standing, *, unasked: bool) -> bool:
    """Whether an open case may be closed by a rule: answered or, if ``unasked``, not urgent and nobody asked."""
    settled = holds(case) <= {Hold.OPEN, Hold.HELD} and not case.closed
    return settled and (case.answered or (unasked and not (case.asked or case.urgent or case.held)))


def to_close(rules: Iterable[Rule], cases: Iterable[Standing]) -> list[UUID]:
    """The cases that a rule closes."""
    closing = [rule for rule in rules if rule.kind is RuleKind.CLOSE]
    return [case.case_id for case in cases if any(_closes(rule, case) for rule in closing)]


def to_delete(rules: Iterable[Rule], cases: Sequence[Standing], room: Room) -> list[Due]:
    """What is due, each case once, by the rule that deletes most of it; what was closed first goes first."""
    due: dict[UUID, Due] = {}
    for rule in sorted(rules, key=lambda one: (one.scope is not Scope.RECORD, one.kind is not RuleKind.AGE)):
        left = [case for case in cases if case.case_id not in due]
        gone = sum(one.standing.size for one in due.values())
        for case in _chosen(rule, left, room, gone):
            due[case.case_id] = Due(case, rule)
    return list(due.values())


def _closes(rule: Rule, case: Standing) -> bool:
    return _concerns(rule, case) and case.settled_for >= rule.settled_for and may_close(case, unasked=rule.unasked)


def _chosen(rule: Rule, cases: Sequence[Standing], room: Room, gone: int) -> list[Standing]:
    eligible = [case for case in cases if _may_go(rule, case)]
    if rule.kind is RuleKind.AGE:
        return eligible
    if rule.kind is RuleKind.CLOSE:
        return []
    too_much = _too_much(rule, cases, room, gone)
    chosen = []
    for case in sorted(eligible, key=lambda one: one.settled_for, reverse=True):
        if too_much <= 0:
            break
        if case.size:
            chosen.append(case)
            too_much -= case.size
    return chosen


def _may_go(rule: Rule, case: Standing) -> bool:
    something = case.studies > 0 or rule.scope is Scope.RECORD
    return something and _concerns(rule, case) and case.settled_for >= rule.settled_for and not holds(case)


def _concerns(rule: Rule, case: Standing) -> bool:
    return rule.site_id in (None, case.site_id)


def _too_much(rule: Rule, cases: Sequence[Standing], room: Room, gone: int) -> float:
    """Bytes above a rule's limit; those of ``cases`` do not count what other rules have chosen."""
    if rule.kind is RuleKind.SIZE:
        return sum(case.size for case in cases if _concerns(rule, case)) - rule.most
    return room.used - room.leaving - gone - rule.most * room.disk
