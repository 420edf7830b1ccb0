"""What is owed to another system, until that system says it has it: the states of a delivery and every move.

```
OWED ──claim──▶ SENDING ──the peer said success──▶ SENT ──the peer said it keeps it──▶ COMMITTED
 ▲                 │ refused, unreachable, lost          │ the peer said it does not keep it
 │                 ▼                                     ▼
 └──a person──  FAILED_WILL_RETRY(next_at) ──too often or too long──▶ GIVEN_UP (a person is told)
```

A delivery nobody needs any more, since a newer result took its object's place, is WITHDRAWN. Nothing
here reads a clock or draws a number: ``now`` and ``luck`` (0 to 1) are passed in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

LEASE = timedelta(minutes=2)
"""A sender that says nothing for so long is taken for dead; what it sent meanwhile is sent once more."""
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(hours=1)
PATIENCE = timedelta(hours=72)
"""A system that is down for a long weekend still gets what it is owed."""
MOST_REFUSALS = 5
"""A peer that answers and refuses is tried a few times only: its administrator must act, not time."""
COMMITMENT_PAUSES = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
"""How long the answer to each request for storage commitment is waited for; archives may answer at night."""


class DeliveryState(StrEnum):
    """How a delivery stands; ``sent`` and ``committed`` are the peer's words, never our hope."""

    OWED = "owed"
    SENDING = "sending"
    SENT = "sent"
    COMMITTED = "committed"
    FAILED_WILL_RETRY = "failed_will_retry"
    GIVEN_UP = "given_up"
    WITHDRAWN = "withdrawn"


class FailureKind(StrEnum):
    """Why an attempt came to nothing."""

    UNREACHABLE = "unreachable"
    """No answer, or a connection lost: time may heal it."""
    REFUSED = "refused"
    """The peer answered, and not with success."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong with one attempt, in a sentence without patient data."""

    kind: FailureKind
    why: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One object owed to one destination.

    ``token`` fences out an overtaken attempt; ``asked`` counts the requests for storage commitment;
    ``next_at`` is when it must be looked at again, none when nothing is left to do.
    """

    state: DeliveryState
    owed_at: datetime
    next_at: datetime | None
    why: str = ""
    token: int = 0
    attempts: int = 0
    asked: int = 0
    sending_at: datetime | None = None
    sent_at: datetime | None = None
    committed_at: datetime | None = None


_TO_SEND = frozenset({DeliveryState.OWED, DeliveryState.FAILED_WILL_RETRY})
_RESENDABLE = frozenset(
    {DeliveryState.FAILED_WILL_RETRY, DeliveryState.GIVEN_UP, DeliveryState.SENT, DeliveryState.COMMITTED}
)
_TRIED = frozenset({DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.FAILED_WILL_RETRY, DeliveryState.GIVEN_UP})
_NOT_YET_THERE = frozenset({DeliveryState.OWED, DeliveryState.FAILED_WILL_RETRY, DeliveryState.GIVEN_UP})


def new(now: datetime) -> Delivery:
    """A delivery owed from now on."""
    return Delivery(DeliveryState.OWED, owed_at=now, next_at=now)


def is_due(one: Delivery, now: datetime) -> bool:
    """Whether somebody must look at it now."""
    return one.next_at is not None and one.next_at <= now


def claim(one: Delivery, now: datetime) -> Delivery | None:
    """Begin an attempt; none when there is nothing to send now."""
    if one.state not in _TO_SEND or not is_due(one, now):
        return None
    return replace(
        one,
        state=DeliveryState.SENDING,
        token=one.token + 1,
        attempts=one.attempts + 1,
        sending_at=now,
        next_at=now + LEASE,
    )


def renew(one: Delivery, token: int, now: datetime) -> Delivery | None:
    """The sender still lives; none when its attempt was overtaken, or half the lease is still to run."""
    if not _held(one, token) or one.next_at is None or one.next_at - now > LEASE / 2:
        return None
    return replace(one, next_at=now + LEASE)


def succeeded(one: Delivery, token: int, now: datetime, *, wants_commitment: bool) -> Delivery | None:
    """The peer answered this attempt with success; none when the attempt was overtaken."""
    if not _held(one, token):
        return None
    return replace(
        one,
        state=DeliveryState.SENT,
        why="",
        asked=0,
        sent_at=now,
        next_at=now if wants_commitment else None,
    )


def failed(one: Delivery, token: int, failure: Failure, now: datetime, luck: float) -> Delivery | None:
    """This attempt came to nothing; none when it was overtaken."""
    return _after_failure(one, failure, now, luck) if _held(one, token) else None


def lost(one: Delivery, now: datetime, luck: float) -> Delivery | None:
    """Take an attempt back from a sender that fell silent; none while its lease lasts."""
    if one.state is not DeliveryState.SENDING or not is_due(one, now):
        return None
    failure = Failure(FailureKind.UNREACHABLE, "the attempt was interrupted")
    return _after_failure(replace(one, token=one.token + 1), failure, now, luck)


def asked(one: Delivery, now: datetime) -> Delivery | None:
    """Storage commitment was asked for; after the last request unanswered, it is left at sent."""
    if one.state is not DeliveryState.SENT or not is_due(one, now):
        return None
    if one.asked >= len(COMMITMENT_PAUSES):
        return replace(one, next_at=None, why="the system has it, but never said that it keeps it")
    return replace(one, asked=one.asked + 1, next_at=now + COMMITMENT_PAUSES[one.asked])


def not_offered(one: Delivery) -> Delivery | None:
    """The peer has no storage commitment: its success is all there will be."""
    return replace(one, next_at=None) if one.state is DeliveryState.SENT else None


def kept(one: Delivery, now: datetime) -> Delivery | None:
    """The peer said that it keeps the object, whatever became of its answer to the sending."""
    if one.state not in _TRIED or one.attempts == 0:
        return None
    return replace(
        one,
        state=DeliveryState.COMMITTED,
        why="",
        token=one.token + 1,
        next_at=None,
        sent_at=one.sent_at or now,
        committed_at=now,
    )


def not_kept(one: Delivery, why: str, now: datetime, luck: float) -> Delivery | None:
    """The peer said that it does not keep what it had taken: it is sent again."""
    if one.state is not DeliveryState.SENT:
        return None
    return _after_failure(replace(one, sent_at=None), Failure(FailureKind.REFUSED, why), now, luck)


def resend(one: Delivery, now: datetime) -> Delivery | None:
    """A person wants it sent again, with all its patience new; none when it is under way or withdrawn."""
    if one.state not in _RESENDABLE:
        return None
    return replace(new(now), token=one.token + 1)


def withdraw(one: Delivery, why: str) -> Delivery | None:
    """A newer object took its place before this one was there; none when it is there or on its way."""
    if one.state not in _NOT_YET_THERE:
        return None
    return replace(one, state=DeliveryState.WITHDRAWN, why=why, token=one.token + 1, next_at=None)


def pause(attempts: int, luck: float) -> timedelta:
    """How long to wait after the n-th failure: doubling, bounded, and spread over half of itself."""
    doublings = min(attempts - 1, 12)
    whole = min(timedelta(seconds=FIRST_PAUSE.total_seconds() * 2.0**doublings), LONGEST_PAUSE)
    return whole * (0.5 + 0.5 * luck)


def _held(one: Delivery, token: int) -> bool:
    return one.state is DeliveryState.SENDING and one.token == token


def _after_failure(one: Delivery, failure: Failure, now: datetime, luck: float) -> Delivery:
    refused_enough = failure.kind is FailureKind.REFUSED and one.attempts >= MOST_REFUSALS
    if refused_enough or now - one.owed_at >= PATIENCE:
        return replace(one, state=DeliveryState.GIVEN_UP, why=failure.why, next_at=None)
    next_at = now + pause(one.attempts, luck)
    return replace(one, state=DeliveryState.FAILED_WILL_RETRY, why=failure.why, next_at=next_at)
