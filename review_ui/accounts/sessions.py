"""Sessions: an opaque random token in the browser, its digest and expiry in the database."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select, update

from pipeline.database.grants import is_granted
from pipeline.database.tables import account, session
from review_ui.accounts.account import COLUMNS, Account, account_of

IDLE = timedelta(hours=12)
"""A session ends this long after it was last used."""
LONGEST = timedelta(days=7)
"""And this long after the sign-in, however busy it was."""
_EXTEND_EVERY = timedelta(minutes=10)
"""Not every request writes to the database."""


def digest(token: str) -> bytes:
    """What is kept of a token: whoever reads the table cannot sign in with it."""
    return hashlib.sha256(token.encode()).digest()


def begin(connection: Connection, account_id: UUID, now: datetime) -> str:
    """Begin a session and return its token; sessions that have ended are swept away on the way."""
    token = secrets.token_urlsafe(32)
    connection.execute(delete(session).where(session.c.expires_at <= now))
    connection.execute(
        insert(session).values(token_sha256=digest(token), account_id=account_id, created_at=now, expires_at=now + IDLE)
    )
    return token


def whose(connection: Connection, token: str, now: datetime) -> Account | None:
    """Whose session this is, extended because it was used; ``None`` when it has ended or never was."""
    found = _found(connection, token, now)
    if found is None:
        return None
    until = expiry(found.since, now)
    if until - found.expires_at >= _EXTEND_EVERY:
        connection.execute(update(session).where(session.c.token_sha256 == digest(token)).values(expires_at=until))
    return account_of(found, granted=found.granted)


def still(connection: Connection, token: str, now: datetime) -> Account | None:
    """Whose session this still is; an open page alone does not extend it."""
    found = _found(connection, token, now)
    return None if found is None else account_of(found, granted=found.granted)


def _found(connection: Connection, token: str, now: datetime) -> Row[*tuple[Any, ...]] | None:
    return connection.execute(
        select(
            *COLUMNS,
            session.c.created_at.label("since"),
            session.c.expires_at,
            is_granted(account.c.id, now).label("granted"),
        )
        .join(session, session.c.account_id == account.c.id)
        .where(session.c.token_sha256 == digest(token), session.c.expires_at > now)
    ).one_or_none()


def expiry(since: datetime, now: datetime) -> datetime:
    """When a session begun at ``since`` and used ``now`` ends."""
    return min(now + IDLE, since + LONGEST)


def end(connection: Connection, token: str) -> None:
    """End a session; ending it twice is no error."""
    connection.execute(delete(session).where(session.c.token_sha256 == digest(token)))
