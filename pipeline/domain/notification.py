"""A notification on its way to one person by one channel: its states, and what it may say.

It says that a case of a tier and a site waits, and nothing of any patient. It is tried quickly and often,
for it is about minutes, and dropped when the case no longer needs the person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.domain.tier import Tier

LEASE = timedelta(seconds=60)
"""A sender that says nothing for so long is taken for dead."""
FIRST_PAUSE = timedelta(seconds=3)
LONGEST_PAUSE = timedelta(seconds=60)
PATIENCE = timedelta(minutes=30)
"""Who has not been reached by then has been passed over long ago."""
MOST_REFUSALS = 3


class ChannelKind(StrEnum):
    """A way of reaching somebody."""

    WEBHOOK = "webhook"
    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"


class NotificationKind(StrEnum):
    """Why somebody is told."""

    CALL = "call"
    COORDINATE = "coordinate"
    """Nobody on duty has taken it: find somebody."""
    STAND_DOWN = "stand_down"
    RAISED = "raised"


class NotificationState(StrEnum):
    """How it stands; ``sent`` is the other system's word."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED_WILL_RETRY = "failed_will_retry"
    GIVEN_UP = "given_up"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to one person by one channel; ``fence`` keeps an overtaken attempt out."""

    state: NotificationState
    made_at: datetime
    next_at: datetime | None
    why: str = ""
    fence: int = 0
    attempts: int = 0
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Setback:
    """What went wrong with one attempt; ``hopeless`` when trying again cannot help."""

    why: str
    hopeless: bool = False


_TO_SEND = frozenset({NotificationState.QUEUED, NotificationState.FAILED_WILL_RETRY})


def new(now: datetime) -> Notification:
    """A notification to be sent at once."""
    return Notification(NotificationState.QUEUED, made_at=now, next_at=now)


def claim(one: Notification, now: datetime) -> Notification | None:
    """Begin an attempt; none when there is nothing to send now."""
    if one.state not in _TO_SEND or one.next_at is None or one.next_at > now:
        return None
    return replace(
        one,
        state=NotificationState.SENDING,
        fence=one.fence + 1,
        attempts=one.attempts + 1,
        next_at=now + LEASE,
    )


def sent(one: Notification, fence: int, now: datetime) -> Notification | None:
    """The other system took it; none when the attempt was overtaken."""
    if one.state is not NotificationState.SENDING or one.fence != fence:
        return None
    return replace(one, state=NotificationState.SENT, why="", sent_at=now, next_at=None)


def failed(one: Notification, fence: int, setback: Setback, now: datetime, luck: float) -> Notification | None:
    """This attempt came to nothing; none when it was overtaken."""
    if one.state is not NotificationState.SENDING or one.fence != fence:
        return None
    return _after(one, setback, now, luck)


def lost(one: Notification, now: datetime, luck: float) -> Notification | None:
    """Take an attempt back from a sender that fell silent; it may arrive twice, which is better than never."""
    if one.state is not NotificationState.SENDING or one.next_at is None or one.next_at > now:
        return None
    return _after(replace(one, fence=one.fence + 1), Setback("the attempt was interrupted"), now, luck)


def drop(one: Notification, why: str) -> Notification | None:
    """The person is no longer needed; what is on its way cannot be held back."""
    if one.state not in _TO_SEND:
        return None
    return replace(one, state=NotificationState.DROPPED, why=why, next_at=None, fence=one.fence + 1)


def pause(attempts: int, luck: float) -> timedelta:
    """How long to wait after the n-th failure: doubling, bounded, and spread over half of itself."""
    whole = min(FIRST_PAUSE * 2.0 ** min(attempts - 1, 10), LONGEST_PAUSE)
    return whole * (0.5 + 0.5 * luck)


def _after(one: Notification, setback: Setback, now: datetime, luck: float) -> Notification:
    refused = setback.hopeless and one.attempts >= MOST_REFUSALS
    if refused or now - one.made_at >= PATIENCE:
        return replace(one, state=NotificationState.GIVEN_UP, why=setback.why, next_at=None)
    next_at = now + pause(one.attempts, luck)
    return replace(one, state=NotificationState.FAILED_WILL_RETRY, why=setback.why, next_at=next_at)


_TIERS = {
    "fr": {Tier.RED: "rouge", Tier.ORANGE: "orange", Tier.YELLOW: "jaune", Tier.GREY: "gris"},
    "en": {tier: tier.value for tier in Tier},
    "zh": {Tier.RED: "红色", Tier.ORANGE: "橙色", Tier.YELLOW: "黄色", Tier.GREY: "灰色"},
}
_TEXTS = {
    "fr": {
        NotificationKind.CALL: "Cas {tier}, site {site} : à ouvrir",
        NotificationKind.COORDINATE: "Cas {tier}, site {site} : personne n'a répondu, trouver un expert",
        NotificationKind.STAND_DOWN: "Cas {tier}, site {site} : pris en charge par un autre",
        NotificationKind.RAISED: "Votre cas, site {site}, est passé en {tier} : à ouvrir",
    },
    "en": {
        NotificationKind.CALL: "{tier} case, site {site}: open",
        NotificationKind.COORDINATE: "{tier} case, site {site}: nobody has answered, find an expert",
        NotificationKind.STAND_DOWN: "{tier} case, site {site}: somebody else has it",
        NotificationKind.RAISED: "Your case, site {site}, is now {tier}: open",
    },
    "zh": {
        NotificationKind.CALL: "{tier}病例，站点{site}：请打开",
        NotificationKind.COORDINATE: "{tier}病例，站点{site}：无人应答，请联系专家",
        NotificationKind.STAND_DOWN: "{tier}病例，站点{site}：已由他人处理",
        NotificationKind.RAISED: "您的病例（站点{site}）已升为{tier}：请打开",
    },
}


def words(kind: NotificationKind, tier: Tier, site: str, language: str) -> str:
    """The whole text of a notification: a tier and a site, nothing of any patient."""
    spoken = language if language in _TEXTS else "en"
    text = _TEXTS[spoken][kind].format(tier=_TIERS[spoken][tier], site=site)
    return text[:1].upper() + text[1:]
