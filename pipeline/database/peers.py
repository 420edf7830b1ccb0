"""Peers in the database: what is known of them, what the node saw of them, and who changed what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    delete,
    exists,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from pipeline.database.peer_tables import peer_activity, peer_change
from pipeline.database.sites import ensure_site
from pipeline.database.tables import peer
from pipeline.domain.errors import BadInput
from pipeline.domain.peer import EVERY_SERVICE, Peer, PeerRules, check_peer

_RULES = TypeAdapter(PeerRules)
_CALLER = (peer_activity.c.ae_title, peer_activity.c.host)
MOST_STRANGERS = 500
"""Callers that are no peers of which something is kept."""

NOT_UNDERSTOOD = PeerRules(enabled=False)
"""Rules that cannot be read let nobody in."""


@dataclass(frozen=True, slots=True)
class StoredPeer:
    """A peer and the id of its row."""

    id: UUID
    peer: Peer


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What the node saw of one caller; ``host`` is its peer's, or a stranger's address. ``day`` is of UTC."""

    ae_title: str
    host: str
    day: date
    seen_at: datetime | None = None
    images: int = 0
    bytes: int = 0
    refused_at: datetime | None = None
    refusal: str = ""
    why: str = ""


def rules_json(rules: PeerRules) -> dict[str, Any]:
    """Rules as they are kept; "every service" as no word of services, so that it stays true when there are more."""
    kept: dict[str, Any] = _RULES.dump_python(rules, mode="json")
    services = sorted(kept.pop("services"))
    return kept if rules.services == EVERY_SERVICE else kept | {"services": services}


def rules_of(kept: Mapping[str, Any]) -> PeerRules:
    """Rules as they were kept; what cannot be understood lets nobody in."""
    try:
        return _RULES.validate_python(dict(kept))
    except (ValidationError, TypeError, ValueError):
        return NOT_UNDERSTOOD


def read_peers(connection: Connection) -> list[StoredPeer]:
    """All peers, sorted."""
    return sorted(map(_stored, connection.execute(select(peer))), key=lambda one: (one.peer.site_id, one.peer.ae_title))


def read_peer(connection: Connection, peer_id: UUID) -> StoredPeer | None:
    """One peer."""
    row = connection.execute(select(peer).where(peer.c.id == peer_id)).one_or_none()
    return None if row is None else _stored(row)


def add_peer(connection: Connection, new: Peer, by: UUID | None = None, site_name: str = "") -> UUID:
    """Make a peer and its site known. Raises `BadInput` when it cannot be meant, or is known already."""
    check_peer(new)
    ensure_site(connection, new.site_id, site_name)
    made: UUID | None = connection.execute(
        upsert(peer).values(_values(new)).on_conflict_do_nothing().returning(peer.c.id)
    ).scalar_one_or_none()
    if made is None:
        raise BadInput(f"{new.ae_title} at {new.host} is known already.")
    _note(connection, None, new, by)
    return made


def change_peer(connection: Connection, known: StoredPeer, new: Peer, by: UUID | None = None) -> None:
    """Change a peer. Raises `BadInput` when that cannot be meant, or another one is there."""
    check_peer(new)
    other = (peer.c.ae_title == new.ae_title) & (peer.c.host == new.host) & (peer.c.id != known.id)
    if connection.execute(select(peer.c.id).where(other)).first() is not None:
        raise BadInput(f"{new.ae_title} at {new.host} is known already.")
    ensure_site(connection, new.site_id)
    connection.execute(update(peer).where(peer.c.id == known.id).values(_values(new)))
    if new != known.peer:
        _note(connection, known.peer, new, by)


def forget_peer(connection: Connection, known: StoredPeer, by: UUID | None = None) -> None:
    """Forget a peer; what it sends from then on is refused."""
    connection.execute(delete(peer).where(peer.c.id == known.id))
    _note(connection, known.peer, None, by)


def find_peers(connection: Connection, ae_title: str, host: str = "") -> list[StoredPeer]:
    """The peers of an AE title, at one host or anywhere."""
    wanted: ColumnElement[bool] = peer.c.ae_title == ae_title
    if host:
        wanted &= peer.c.host == host
    return [_stored(row) for row in connection.execute(select(peer).where(wanted).order_by(peer.c.host))]


def read_activity(connection: Connection) -> list[Activity]:
    """What the node saw, the newest first."""
    newest = peer_activity.c.refused_at.desc().nulls_last(), peer_activity.c.seen_at.desc().nulls_last()
    return [Activity(**row) for row in connection.execute(select(peer_activity).order_by(*newest)).mappings()]


def write_activity(connection: Connection, seen: Iterable[Activity]) -> None:
    """Keep what the node saw; of callers that are no peers, the newest only, so that invented names fill no disk."""
    for one in seen:
        values = {column.name: getattr(one, column.name) for column in peer_activity.columns}
        keys = [peer_activity.c.ae_title, peer_activity.c.host]
        connection.execute(upsert(peer_activity).values(values).on_conflict_do_update(index_elements=keys, set_=values))
    connection.execute(delete(peer_activity).where(tuple_(*_CALLER).in_(_strangers().offset(MOST_STRANGERS))))


def _strangers() -> Select[Any]:
    """Callers that are no peers, the newest first."""
    known = exists().where(peer.c.ae_title == peer_activity.c.ae_title, peer.c.host == peer_activity.c.host)
    newest = func.greatest(peer_activity.c.refused_at, peer_activity.c.seen_at)
    return select(*_CALLER).where(~known).order_by(newest.desc().nulls_last())


def _values(one: Peer) -> dict[str, Any]:
    return {
        "site_id": one.site_id,
        "ae_title": one.ae_title,
        "host": one.host,
        "port": one.port,
        "rules": rules_json(one.rules),
    }


def _stored(row: Row[Any]) -> StoredPeer:
    return StoredPeer(row.id, Peer(row.site_id, row.ae_title, row.host, row.port, rules_of(row.rules)))


def _note(connection: Connection, before: Peer | None, after: Peer | None, by: UUID | None) -> None:
    one = after or before
    assert one is not None  # noqa: S101 -- a change is of something
    noted = {
        "ae_title": one.ae_title,
        "host": one.host,
        "before": _without_secrets(before),
        "after": _without_secrets(after),
        "account_id": by,
    }
    connection.execute(insert(peer_change).values(noted))


def _without_secrets(one: Peer | None) -> dict[str, Any] | None:
    if one is None:
        return None
    said = _values(one)
    said["rules"]["passcode_hash"] = bool(one.rules.passcode_hash)
    return said
