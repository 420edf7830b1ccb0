"""Peers in the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from dicom_node.peers.peer import Peer
from pipeline.database.sites import ensure_site
from pipeline.database.tables import peer
from pipeline.domain.errors import DatabaseUnavailable


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as exc:
        raise DatabaseUnavailable from exc


def read_peers(engine: Engine) -> tuple[Peer, ...]:
    """All peers, sorted. Raises `DatabaseUnavailable`."""
    columns = (peer.c.site_id, peer.c.ae_title, peer.c.host, peer.c.port)
    with _transaction(engine) as connection:
        return tuple(sorted(Peer(*row) for row in connection.execute(select(*columns))))


def write_peer(engine: Engine, new: Peer, site_name: str = "") -> None:
    """Make a peer and its site known, or change the port and site of one. Raises `DatabaseUnavailable`."""
    values = {"site_id": new.site_id, "ae_title": new.ae_title, "host": new.host, "port": new.port}
    statement = insert(peer).values(**values)
    changes = {"site_id": new.site_id, "port": new.port}
    with _transaction(engine) as connection:
        ensure_site(connection, new.site_id, site_name)
        connection.execute(statement.on_conflict_do_update(index_elements=["ae_title", "host"], set_=changes))


def remove_peer(engine: Engine, ae_title: str, host: str = "") -> int:
    """Forget a peer, at ``host`` or wherever it is; how many were forgotten. Raises `DatabaseUnavailable`."""
    statement = delete(peer).where(peer.c.ae_title == ae_title)
    if host:
        statement = statement.where(peer.c.host == host)
    with _transaction(engine) as connection:
        return connection.execute(statement).rowcount
