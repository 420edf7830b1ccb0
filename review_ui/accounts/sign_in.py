"""Signing in: a name and a password become a session, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, select, update

from pipeline.database.tables import account
from review_ui.accounts import sessions
from review_ui.accounts.account import COLUMNS, Account, account_of
from review_ui.accounts.lockout import PER_ACCOUNT, PER_ADDRESS, Throttle
from review_ui.accounts.passwords import Passwords
from review_ui.accounts.store import plain_name


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to sign in, from one network address."""

    name: str
    password: str
    address: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """The password was right; ``token`` is the session's."""

    token: str
    account: Account


@dataclass(frozen=True, slots=True)
class Wrong:
    """No such account or not its password: never said which."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Too many failures; nothing was tried."""

    until: datetime


class Door:
    """Checks passwords, counting failures per account (in the database) and per address (here)."""

    def __init__(self, engine: Engine, passwords: Passwords) -> None:
        self._engine = engine
        self._passwords = passwords
        self._addresses = Throttle(PER_ADDRESS)
        self._strangers = Throttle(PER_ACCOUNT)

    def sign_in(self, attempt: Attempt, now: datetime) -> Welcome | Wrong | Locked:
        """Try one attempt."""
        name = plain_name(attempt.name)
        until = self._addresses.locked_until(attempt.address, now) or self._strangers.locked_until(name, now)
        with self._engine.begin() as connection:
            known = connection.execute(
                select(*COLUMNS, account.c.password_hash, account.c.locked_until).where(account.c.name == name)
            ).one_or_none()
        if known is not None and known.locked_until is not None and known.locked_until > now:
            until = known.locked_until
        if until is not None:
            return Locked(until)
        if self._passwords.fits(known.password_hash if known else None, attempt.password) and known is not None:
            return self._welcome(account_of(known), now)
        self._note_failure(name, attempt.address, now, is_account=known is not None)
        return Wrong()

    def _welcome(self, who: Account, now: datetime) -> Welcome:
        with self._engine.begin() as connection:
            connection.execute(
                update(account).where(account.c.id == who.id).values(failures=0, locked_until=None)
            )
            return Welcome(sessions.begin(connection, who.id, now), who)

    def _note_failure(self, name: str, address: str, now: datetime, *, is_account: bool) -> None:
        self._addresses.failed(address, now)
        if not is_account:  # a stranger is locked just like an account, so that a lock tells nobody which names exist
            self._strangers.failed(name, now)
            return
        with self._engine.begin() as connection:
            _count_failure(connection, name, now)


def _count_failure(connection: Connection, name: str, now: datetime) -> None:
    here = account.c.name == name
    failures: int = connection.execute(
        update(account).where(here).values(failures=account.c.failures + 1).returning(account.c.failures)
    ).scalar_one()
    connection.execute(update(account).where(here).values(locked_until=now + PER_ACCOUNT.wait_after(failures)))
