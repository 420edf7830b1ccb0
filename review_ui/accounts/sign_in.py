"""Signing in: a name and a password become a session, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, update

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
        until = self._addresses.locked_until(attempt.address, now)
        if until is not None:
            return Locked(until)
        outcome = self._try(plain_name(attempt.name), attempt.password, now)
        if isinstance(outcome, Wrong):
            self._addresses.failed(attempt.address, now)
        if not isinstance(outcome, Account):
            return outcome
        with self._engine.begin() as connection:
            return Welcome(sessions.begin(connection, outcome.id, now), outcome)

    def check(self, who: Account, password: str, now: datetime) -> Account | Wrong | Locked:
        """Whether this is the password of somebody already signed in; failures count all the same."""
        return self._try(who.name, password, now)

    def _try(self, name: str, password: str, now: datetime) -> Account | Wrong | Locked:
        known = self._known(name)
        until = known.locked_until if known is not None else self._strangers.locked_until(name, now)
        if until is not None and until > now:
            return Locked(until)
        fits = self._passwords.fits(known.password_hash if known is not None else None, password)
        if known is not None:
            with self._engine.begin() as connection:
                _count(connection, name, now, failed=not fits)
            return account_of(known) if fits else Wrong()
        # A name that is no account is locked like one, so that a lock tells nobody which names exist.
        self._strangers.failed(name, now)
        return Wrong()

    def _known(self, name: str) -> Row[*tuple[Any, ...]] | None:
        with self._engine.begin() as connection:
            return connection.execute(
                select(*COLUMNS, account.c.password_hash, account.c.locked_until).where(account.c.name == name)
            ).one_or_none()


def _count(connection: Connection, name: str, now: datetime, *, failed: bool) -> None:
    here = account.c.name == name
    if not failed:
        connection.execute(update(account).where(here).values(failures=0, locked_until=None))
        return
    failures: int = connection.execute(
        update(account).where(here).values(failures=account.c.failures + 1).returning(account.c.failures)
    ).scalar_one()
    until = now + PER_ACCOUNT.wait_after(failures)
    connection.execute(update(account).where(here).values(locked_until=until))
