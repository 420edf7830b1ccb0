"""Peers in the database, for processes that live through its outages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from pipeline.database import peers
from pipeline.database.peers import Activity
from pipeline.domain.errors import DatabaseUnavailable
from pipeline.domain.peer import Peer


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as exc:
        raise DatabaseUnavailable from exc


def read_peers(engine: Engine) -> tuple[Peer, ...]:
    """All peers, sorted. Raises `DatabaseUnavailable`."""
    with _transaction(engine) as connection:
        return tuple(sorted(one.peer for one in peers.read_peers(connection)))


def write_peer(engine: Engine, new: Peer, site_name: str = "") -> None:
    """Make a peer and its site known, or change one at its address.

    Raises `DatabaseUnavailable`, and `BadInput` when it cannot be meant.
    """
    with _transaction(engine) as connection:
        known = peers.find_peers(connection, new.ae_title, new.host)
        if known:
            peers.change_peer(connection, known[0], new)
        else:
            peers.add_peer(connection, new, site_name=site_name)


def remove_peer(engine: Engine, ae_title: str, host: str = "") -> int:
    """Forget a peer, at ``host`` or wherever it is; how many were forgotten. Raises `DatabaseUnavailable`."""
    with _transaction(engine) as connection:
        known = peers.find_peers(connection, ae_title, host)
        for one in known:
            peers.forget_peer(connection, one)
    return len(known)


def read_activity(engine: Engine) -> list[Activity]:
    """What the node saw of its callers. Raises `DatabaseUnavailable`."""
    with _transaction(engine) as connection:
        return peers.read_activity(connection)


def write_activity(engine: Engine, seen: Iterable[Activity]) -> None:
    """Keep what the node saw. Raises `DatabaseUnavailable`."""
    with _transaction(engine) as connection:
        peers.write_activity(connection, seen)
