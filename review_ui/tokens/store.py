"""Tokens in the database: made at random, shown once, kept as a digest, always with an end."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select

from pipeline.database.grants import is_granted
from pipeline.database.sites import ensure_site
from pipeline.database.tables import account
from pipeline.database.token_tables import access_token
from pipeline.domain.access import Viewer
from pipeline.domain.errors import BadInput
from review_ui.accounts.account import COLUMNS, account_of

LINK_LASTS = timedelta(hours=1)
"""How long a viewer that was opened by link may go on loading its one study."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,15}")
"""A system's name stands in the vault as an AE title does."""
_SITE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Granted:
    """What an administrator allows another system, at one hospital, until when."""

    name: str
    site_id: str
    may_read: bool
    may_store: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a token: a system of a hospital or, with ``viewer`` and ``study_id``, a person's viewer."""

    may_read: bool
    may_store: bool
    name: str = ""
    site_id: str | None = None
    study_id: UUID | None = None
    viewer: Viewer | None = None


def grant(connection: Connection, granted: Granted) -> str:
    """Make a system's token, and return it: it is not to be had again. Raises `BadInput`."""
    if not _NAME.fullmatch(granted.name) or not _SITE.fullmatch(granted.site_id):
        raise BadInput("A system is named by 1 to 16 letters, digits and .-_; a site by lower-case ones and hyphens.")
    if not granted.may_read and not granted.may_store:
        raise BadInput("A token allows something: --read, --store or both.")
    if granted.name in {one.name for one in systems(connection)}:
        raise BadInput(f"There is a token of the name {granted.name}; remove it first.")
    ensure_site(connection, granted.site_id)
    token = secrets.token_urlsafe(32)
    values = {
        "token_sha256": digest(token), "kind": "system", "name": granted.name, "site_id": granted.site_id,
        "may_read": granted.may_read, "may_store": granted.may_store, "expires_at": granted.expires_at,
    }  # fmt: skip
    connection.execute(insert(access_token).values(values))
    return token


def make_link(connection: Connection, account_id: UUID, study_id: UUID, now: datetime) -> str:
    """A token with which a viewer shows one study to the person who opened it; those that ended are swept away."""
    ended = (access_token.c.kind == "viewer") & (access_token.c.expires_at <= now)
    connection.execute(delete(access_token).where(ended))
    token = secrets.token_urlsafe(32)
    values = {
        "token_sha256": digest(token), "kind": "viewer", "account_id": account_id, "study_id": study_id,
        "may_read": True, "expires_at": now + LINK_LASTS,
    }  # fmt: skip
    connection.execute(insert(access_token).values(values))
    return token


def systems(connection: Connection) -> list[Granted]:
    """Every system that was granted a token, ended ones too."""
    columns = (access_token.c[name] for name in ("name", "site_id", "may_read", "may_store", "expires_at"))
    query = select(*columns).where(access_token.c.kind == "system").order_by(access_token.c.name)
    return [Granted(*row) for row in connection.execute(query)]


def revoke(connection: Connection, name: str) -> bool:
    """Take a system's token back; whether there was one."""
    return connection.execute(delete(access_token).where(access_token.c.name == name)).rowcount > 0


def holder_of(connection: Connection, token: str, now: datetime) -> Holder | None:
    """Whose token this is; none when it has ended, was taken back, or never was."""
    known = connection.execute(
        select(access_token).where(access_token.c.token_sha256 == digest(token), access_token.c.expires_at > now)
    ).one_or_none()
    if known is None:
        return None
    if known.account_id is None:
        return Holder(known.may_read, known.may_store, known.name, known.site_id)
    # What the person may see now counts, not what they might when the link was made.
    granted = is_granted(account.c.id, now).label("granted")
    row: Row[*tuple[Any, ...]] = connection.execute(
        select(*COLUMNS, granted).where(account.c.id == known.account_id)
    ).one()
    person = account_of(row, granted=row.granted)
    return Holder(known.may_read, known.may_store, study_id=known.study_id, viewer=person.viewer)


def digest(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()
