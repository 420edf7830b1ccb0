"""Accounts in the database."""

from __future__ import annotations

import re
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from pipeline.database.tables import account, session, site
from pipeline.domain.access import AccountRole
from pipeline.domain.errors import BadInput
from review_ui.accounts.passwords import Passwords, one_time_password

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_FIRST_ACCOUNT_LOCK = 7_310_112_027
"""Key of the advisory lock under which the first account is made; any fixed number."""


class BadAccount(BadInput):
    """The account cannot be made."""


def plain_name(name: str) -> str:
    """The one spelling under which a name is kept and looked up."""
    return name.strip().casefold()


def first_administrator(connection: Connection, passwords: Passwords) -> str | None:
    """Make the account "admin" if there is no account at all; its one-time password, or ``None``."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _FIRST_ACCOUNT_LOCK})
    if connection.scalar(select(func.count()).select_from(account)):
        return None
    password = one_time_password()
    add_account(connection, "admin", AccountRole.ADMINISTRATOR, password_hash=passwords.hash(password))
    return password


def add_account(
    connection: Connection,
    name: str,
    role: AccountRole,
    *,
    password_hash: str,
    site_id: str | None = None,
    full_name: str = "",
    must_change_password: bool = True,
) -> UUID:
    """Add an account and return its id; raises `BadAccount` when it cannot be."""
    name = plain_name(name)
    _check(connection, name, role, site_id)
    values = {
        "name": name,
        "full_name": full_name,
        "role": str(role),
        "site_id": site_id,
        "password_hash": password_hash,
        "must_change_password": must_change_password,
    }
    try:
        with connection.begin_nested():
            made: UUID = connection.execute(insert(account).values(values).returning(account.c.id)).scalar_one()
    except IntegrityError as error:
        raise BadAccount(f"There is already an account named {name}.") from error
    return made


def _check(connection: Connection, name: str, role: AccountRole, site_id: str | None) -> None:
    if not _NAME.fullmatch(name):
        raise BadAccount("A name is 1 to 64 of a-z, 0-9, dot, dash and underscore, and starts with a letter or digit.")
    if (role is AccountRole.SITE) != (site_id is not None):
        raise BadAccount("An account of role site needs a site; the other roles have none.")
    if site_id is not None and connection.scalar(select(site.c.id).where(site.c.id == site_id)) is None:
        raise BadAccount(f"There is no site {site_id}; `neurovigie peer add` makes one known.")


def change_password(connection: Connection, account_id: UUID, password_hash: str, *, keep: bytes) -> None:
    """Set a new password and end every other session of the account; ``keep`` is the session's token digest."""
    connection.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(password_hash=password_hash, must_change_password=False, failures=0, locked_until=None)
    )
    others = (session.c.account_id == account_id) & (session.c.token_sha256 != keep)
    connection.execute(session.delete().where(others))


def reset_password(connection: Connection, name: str, password_hash: str) -> None:
    """Give an account a one-time password, unlock it, and end all its sessions; raises `BadAccount`."""
    known = connection.execute(
        update(account)
        .where(account.c.name == plain_name(name))
        .values(password_hash=password_hash, must_change_password=True, failures=0, locked_until=None)
        .returning(account.c.id)
    ).scalar_one_or_none()
    if known is None:
        raise BadAccount("There is no such account.")
    connection.execute(session.delete().where(session.c.account_id == known))
