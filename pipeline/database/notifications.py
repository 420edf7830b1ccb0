"""Notifications in the database: one row a person and channel, moved by the domain on locked rows."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, insert, select, update

from pipeline.database.calling_tables import channel, notification, push_subscription
from pipeline.database.rota_tables import expert
from pipeline.database.tables import account, case, site
from pipeline.domain import notification as moves
from pipeline.domain.notification import ChannelKind, Notification, NotificationKind, NotificationState
from pipeline.domain.tier import Tier

_CALLS = (NotificationKind.CALL.value, NotificationKind.COORDINATE.value)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A notification in hand: the fence of this attempt, whom it is for, and what it says of the case."""

    id: UUID
    fence: int
    token: str
    kind: NotificationKind
    tier: Tier
    site: str
    person: UUID
    language: str
    phone: str
    email: str
    made_at: datetime


def queue(
    connection: Connection, case_id: UUID, person: UUID, kind: NotificationKind, tier: Tier, now: datetime
) -> int:
    """Have somebody told by every channel that is on and reaches him; by how many."""
    rows = [
        {
            "case_id": case_id,
            "channel_id": channel_id,
            "person_id": person,
            "token": secrets.token_urlsafe(16),
            "kind": kind.value,
            "tier": tier.value,
            "made_at": now,
            "next_at": now,
        }
        for channel_id in _channels_to(connection, person)
    ]
    if rows:
        connection.execute(insert(notification).values(rows))
    return len(rows)


def drop_calls(connection: Connection, case_id: UUID, person: UUID) -> int:
    """Send nothing more that would call somebody who is no longer needed; how many were still unsent."""
    waiting = connection.execute(
        select(notification.c.id).where(
            notification.c.case_id == case_id,
            notification.c.person_id == person,
            notification.c.kind.in_(_CALLS),
            notification.c.next_at.is_not(None),
        )
    ).scalars()
    why = "somebody else has the case"
    return sum(change(connection, one, lambda known: moves.drop(known, why)) is not None for one in waiting.all())


def due_channels(connection: Connection, now: datetime) -> list[UUID]:
    """Channels that are on and have something to send now."""
    query = (
        select(notification.c.channel_id)
        .join(channel, channel.c.id == notification.c.channel_id)
        .where(notification.c.next_at <= now, channel.c.active)
        .distinct()
    )
    return list(connection.execute(query).scalars())


def claim_due(connection: Connection, channel_id: UUID, now: datetime, most: int) -> list[Claimed]:
    """Begin an attempt at what is due on one channel, the oldest first."""
    query = _with_person().where(
        notification.c.channel_id == channel_id,
        notification.c.next_at <= now,
        notification.c.state.in_([NotificationState.QUEUED.value, NotificationState.FAILED_WILL_RETRY.value]),
    )
    ordered = query.order_by(notification.c.made_at, notification.c.id).limit(most)
    rows = connection.execute(ordered.with_for_update(of=notification, skip_locked=True)).all()
    claimed = ((row, change(connection, row.id, lambda one: moves.claim(one, now))) for row in rows)
    return [_claimed(row, one.fence) for row, one in claimed if one is not None]


def take_back_lost(connection: Connection, now: datetime, luck: Random) -> int:
    """Take back the attempts of senders that fell silent; how many."""
    silent = connection.execute(
        select(notification.c.id)
        .where(notification.c.state == NotificationState.SENDING.value, notification.c.next_at <= now)
        .with_for_update(skip_locked=True)
    ).scalars()
    return sum(
        change(connection, one, lambda known: moves.lost(known, now, luck.random())) is not None for one in silent.all()
    )


def change(
    connection: Connection, notification_id: UUID, move: Callable[[Notification], Notification | None]
) -> Notification | None:
    """Make a move on a locked notification; none, and nothing written, when it is not allowed."""
    row = connection.execute(select(notification).where(notification.c.id == notification_id).with_for_update()).one()
    changed = move(_as_domain(row))
    if changed is not None:
        values = {**asdict(changed), "state": changed.state.value}
        connection.execute(update(notification).where(notification.c.id == notification_id).values(values))
    return changed


def open_link(connection: Connection, token: str, person: UUID, now: datetime) -> UUID | None:
    """The case a link leads to; that the person it was for has opened it is noted, the first time."""
    row = connection.execute(select(notification).where(notification.c.token == token)).one_or_none()
    if row is None:
        return None
    if row.person_id == person and row.opened_at is None:
        connection.execute(update(notification).where(notification.c.id == row.id).values(opened_at=now))
    case_id: UUID = row.case_id
    return case_id


def _channels_to(connection: Connection, person: UUID) -> list[UUID]:
    row = connection.execute(select(expert.c.phone, expert.c.email).where(expert.c.id == person)).one_or_none()
    pushed = select(push_subscription.c.id).where(push_subscription.c.account_id == person).limit(1)
    reached = {
        ChannelKind.WEBHOOK.value: True,
        ChannelKind.EMAIL.value: row is not None and row.email != "",
        ChannelKind.SMS.value: row is not None and row.phone != "",
        ChannelKind.PUSH.value: connection.execute(pushed).first() is not None,
    }
    on = connection.execute(select(channel.c.id, channel.c.kind).where(channel.c.active).order_by(channel.c.name))
    return [one.id for one in on if reached.get(one.kind, False)]


def _with_person() -> Select[Any]:
    return (
        select(
            notification,
            account.c.language,
            expert.c.phone,
            expert.c.email,
            site.c.name.label("site_name"),
            site.c.id.label("site_id"),
        )
        .join(account, account.c.id == notification.c.person_id)
        .join(case, case.c.id == notification.c.case_id)
        .join(site, site.c.id == case.c.site_id)
        .outerjoin(expert, expert.c.id == notification.c.person_id)
    )


def _claimed(row: Row[Any], fence: int) -> Claimed:
    return Claimed(
        id=row.id,
        fence=fence,
        token=row.token,
        kind=NotificationKind(row.kind),
        tier=Tier(row.tier),
        site=row.site_name or row.site_id,
        person=row.person_id,
        language=row.language,
        phone=row.phone or "",
        email=row.email or "",
        made_at=row.made_at,
    )


def _as_domain(row: Row[Any]) -> Notification:
    return Notification(
        state=NotificationState(row.state),
        made_at=row.made_at,
        next_at=row.next_at,
        why=row.why,
        fence=row.fence,
        attempts=row.attempts,
        sent_at=row.sent_at,
    )
