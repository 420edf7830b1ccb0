"""An account as the rest of the desk sees it: without its password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from pipeline.database.tables import account
from pipeline.domain.access import AccountRole, Viewer

COLUMNS = (
    account.c.id,
    account.c.name,
    account.c.full_name,
    account.c.role,
    account.c.site_id,
    account.c.language,
    account.c.must_change_password,
)
"""What an `Account` is read from."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in."""

    id: UUID
    name: str
    full_name: str
    role: AccountRole
    site_id: str | None
    language: str
    must_change_password: bool
    granted: bool = False

    @property
    def viewer(self) -> Viewer:
        """What decides which cases this person sees."""
        return Viewer(self.role, self.site_id, granted=self.granted)

    @property
    def shown_name(self) -> str:
        """How colleagues know this person."""
        return self.full_name or self.name


def account_of(row: Row[Any], *, granted: bool = False) -> Account:
    """The account in a row of `COLUMNS`; ``granted``: whether images are shown to this administrator now."""
    return Account(
        row.id,
        row.name,
        row.full_name,
        AccountRole(row.role),
        row.site_id,
        row.language,
        row.must_change_password,
        granted,
    )
