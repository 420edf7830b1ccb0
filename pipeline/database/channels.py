"""Ways of reaching people, in the database: there is none until an administrator names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from pipeline.database.calling_tables import channel, notification, push_subscription
from pipeline.domain.errors import BadInput
from pipeline.domain.notification import ChannelKind


@dataclass(frozen=True, slots=True)
class NewChannel:
    """What an administrator says of a channel; ``secret_path`` names a file that only the clerk must read."""

    name: str
    kind: ChannelKind
    address: str
    options: Mapping[str, str] = field(default_factory=dict)
    secret_path: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as it stands."""

    id: UUID
    name: str
    kind: ChannelKind
    address: str
    options: Mapping[str, str]
    secret_path: str
    active: bool


@dataclass(frozen=True, slots=True)
class Subscription:
    """A browser that may be woken; the keys are base64url."""

    endpoint: str
    p256dh: str
    auth: str


def turn_on(connection: Connection, wanted: NewChannel, now: datetime) -> None:
    """Name a channel and turn it on, or change one; raises `BadInput` when the name is of another kind."""
    known = connection.execute(select(channel.c.kind).where(channel.c.name == wanted.name)).scalar_one_or_none()
    if known not in (None, wanted.kind.value):
        raise BadInput(f"There is a channel {wanted.name} of kind {known}; choose another name.")
    values = {
        "kind": wanted.kind.value,
        "address": wanted.address,
        "options": dict(wanted.options),
        "secret_path": wanted.secret_path,
        "active": True,
        "named_at": now,
    }
    named = upsert(channel).values(name=wanted.name, **values)
    connection.execute(named.on_conflict_do_update(index_elements=[channel.c.name], set_=values))


def turn_off(connection: Connection, name: str) -> bool:
    """Send nothing there any more; whether such a channel is known."""
    off = update(channel).where(channel.c.name == name).values(active=False).returning(channel.c.id)
    return connection.execute(off).first() is not None


def read_channels(connection: Connection) -> list[Channel]:
    """Every channel, by name."""
    return [_channel(row) for row in connection.execute(select(channel).order_by(channel.c.name))]


def read_channel(connection: Connection, channel_id: UUID) -> Channel | None:
    """One channel."""
    row = connection.execute(select(channel).where(channel.c.id == channel_id)).one_or_none()
    return None if row is None else _channel(row)


def counts(connection: Connection) -> dict[UUID, dict[str, int]]:
    """How many notifications of each channel are in which state."""
    query = select(notification.c.channel_id, notification.c.state, func.count().label("number")).group_by(
        notification.c.channel_id, notification.c.state
    )
    found: dict[UUID, dict[str, int]] = {}
    for row in connection.execute(query):
        found.setdefault(row.channel_id, {})[row.state] = row.number
    return found


def subscribe(connection: Connection, account_id: UUID, wanted: Subscription, now: datetime) -> None:
    """Let a browser be woken for an account; the same browser is known once, for whoever signed in last."""
    values = {"account_id": account_id, "p256dh": wanted.p256dh, "auth": wanted.auth, "made_at": now}
    known = upsert(push_subscription).values(endpoint=wanted.endpoint, **values)
    connection.execute(known.on_conflict_do_update(index_elements=[push_subscription.c.endpoint], set_=values))


def unsubscribe(connection: Connection, endpoint: str, account_id: UUID | None = None) -> None:
    """Wake a browser no more: its person's wish, or the push service says that it is gone."""
    gone = push_subscription.c.endpoint == endpoint
    if account_id is not None:
        gone &= push_subscription.c.account_id == account_id
    connection.execute(delete(push_subscription).where(gone))


def subscriptions_of(connection: Connection, account_id: UUID) -> list[Subscription]:
    """The browsers of an account that may be woken."""
    rows = connection.execute(select(push_subscription).where(push_subscription.c.account_id == account_id))
    return [Subscription(row.endpoint, row.p256dh, row.auth) for row in rows]


def _channel(row: Row[Any]) -> Channel:
    return Channel(row.id, row.name, ChannelKind(row.kind), row.address, row.options, row.secret_path, row.active)
