"""Connections to PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from pipeline.domain.errors import ConfigurationError, DatabaseUnavailable

_KEEPALIVE = {
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
    "connect_timeout": "5",
}
"""A server that vanishes without a word is noticed in about 15 s instead of hours."""


def conninfo(database_url: str) -> str:
    """The libpq connection string of a database URL, as psycopg and Procrastinate want it."""
    url = make_url(database_url).set(drivername="postgresql").update_query_dict(_KEEPALIVE)
    return url.render_as_string(hide_password=False)


def connect(database_url: str, *, connections: int = 4) -> Engine:
    """An engine that checks a pooled connection before it is used, so a restarted server is no error.

    Parameters, which may be a patient's name, never stand in an error's text.
    """
    url = make_url(database_url).set(drivername="postgresql+psycopg").update_query_dict(_KEEPALIVE)
    return create_engine(url, pool_size=connections, max_overflow=2, pool_pre_ping=True, hide_parameters=True)


@contextmanager
def one_transaction(database_url: str) -> Iterator[Connection]:
    """A connection for one command, committed at its end.

    Raises `ConfigurationError` without a URL, `DatabaseUnavailable` when no server answers.
    """
    if not database_url:
        raise ConfigurationError("DATABASE_URL is not set; `neurovigie`'s own commands find the embedded PostgreSQL.")
    engine = connect(database_url, connections=1)
    try:
        with engine.begin() as connection:
            yield connection
    except OperationalError as error:
        raise DatabaseUnavailable("PostgreSQL does not answer; check DATABASE_URL.") from error
    finally:
        engine.dispose()
