"""Destinations in the database: whom we may owe results, and on which terms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, insert, select, update

from pipeline.database.delivery_tables import destination
from pipeline.database.tables import peer
from pipeline.domain.destination import DeliverWhen, Terms
from pipeline.domain.errors import BadInput

DICOM = "dicom"
STOW = "stow"


@dataclass(frozen=True, slots=True)
class Destination:
    """Another system, where it is, and what it may be owed; ``ae_title``, ``host`` and ``port`` are its peer's."""

    id: UUID
    name: str
    kind: str
    terms: Terms
    ae_title: str
    host: str
    port: int
    url: str
    ca_path: str
    token_path: str
    tls: bool
    commitment: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDestination:
    """What an administrator says of a destination; ``peer_id`` for kind "dicom", ``url`` for "stow"."""

    name: str
    kind: str
    site_id: str
    peer_id: UUID | None = None
    url: str = ""
    ca_path: str = ""
    token_path: str = ""
    tls: bool = False
    commitment: bool = True


def read_destinations(connection: Connection) -> list[Destination]:
    """Every destination, by name."""
    return [_destination(row) for row in connection.execute(_query().order_by(destination.c.name))]


def read_destination(connection: Connection, destination_id: UUID) -> Destination | None:
    """One destination."""
    row = connection.execute(_query().where(destination.c.id == destination_id)).one_or_none()
    return None if row is None else _destination(row)


def turn_on(connection: Connection, wanted: NewDestination, deliver_when: DeliverWhen, now: datetime) -> None:
    """Make a destination known and turn it on, or change one; results made before now are not owed to it.

    Raises `BadInput` when the name belongs to another system.
    """
    known = connection.execute(select(destination).where(destination.c.name == wanted.name)).one_or_none()
    values = {
        "site_id": wanted.site_id,
        "peer_id": wanted.peer_id,
        "url": wanted.url,
        "ca_path": wanted.ca_path,
        "token_path": wanted.token_path,
        "tls": wanted.tls,
        "commitment": wanted.commitment,
        "deliver_when": deliver_when.value,
    }
    if known is None:
        connection.execute(insert(destination).values(name=wanted.name, kind=wanted.kind, on_since=now, **values))
        return
    if known.kind != wanted.kind or known.peer_id not in (wanted.peer_id, None):
        raise BadInput(f"There is another destination named {wanted.name}; choose another --name.")
    since = now if _begins_anew(known, wanted, deliver_when) else known.on_since
    connection.execute(update(destination).where(destination.c.id == known.id).values(on_since=since, **values))


def turn_off(connection: Connection, name: str) -> bool:
    """Send nothing there any more, also not what is owed already; whether such a destination is known."""
    off = update(destination).where(destination.c.name == name).values(deliver_when=DeliverWhen.OFF.value)
    return connection.execute(off.returning(destination.c.id)).first() is not None


def _begins_anew(known: Row[Any], wanted: NewDestination, deliver_when: DeliverWhen) -> bool:
    """Whether it was off, belonged to another site, or did not yet get unsigned results."""
    return known.site_id != wanted.site_id or known.deliver_when not in (
        deliver_when.value,
        DeliverWhen.UNSIGNED.value,
    )


def _query() -> Select[Any]:
    return select(
        destination,
        peer.c.site_id.label("peer_site_id"),
        peer.c.ae_title,
        peer.c.host,
        peer.c.port,
    ).outerjoin(peer, peer.c.id == destination.c.peer_id)


def _destination(row: Row[Any]) -> Destination:
    peer_site_id = row.site_id if row.kind == STOW else row.peer_site_id
    return Destination(
        id=row.id,
        name=row.name,
        kind=row.kind,
        terms=Terms(row.site_id, DeliverWhen(row.deliver_when), peer_site_id),
        ae_title=row.ae_title or "",
        host=row.host or "",
        port=row.port or 0,
        url=row.url,
        ca_path=row.ca_path,
        token_path=row.token_path,
        tls=row.tls,
        commitment=row.commitment,
    )
