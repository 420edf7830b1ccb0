"""Letting an administrator see images and patients for a while: given by somebody else, with a reason and an end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, exists, func, insert, select, update

from pipeline.database.grant_tables import image_grant
from pipeline.database.tables import account
from pipeline.domain.access import AccountRole

_MOST = 200
"""Grants in one answer, the newest."""


@dataclass(frozen=True, slots=True)
class NewGrant:
    """Who may see images until when, by whose word, and why."""

    account_id: UUID
    granted_by: UUID
    why: str
    granted_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredGrant:
    """A grant with people's names; ``ended_at`` where somebody ended it early."""

    id: UUID
    account_id: UUID
    account: str
    granted_by: str
    why: str
    granted_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    ended_by: str | None


def is_granted(account_id: Any, now: datetime) -> ColumnElement[bool]:
    """The condition under which an account has a grant at this moment."""
    return exists().where(
        image_grant.c.account_id == account_id, image_grant.c.ended_at.is_(None), image_grant.c.ends_at > now
    )


def grant(connection: Connection, new: NewGrant) -> UUID:
    """Write a grant down; it counts from this transaction's end."""
    values = {name: getattr(new, name) for name in NewGrant.__dataclass_fields__}
    made: UUID = connection.execute(insert(image_grant).values(values).returning(image_grant.c.id)).scalar_one()
    return made


def end_grant(connection: Connection, grant_id: UUID, by: UUID, now: datetime) -> bool:
    """End a grant early; false when it had ended already, or never was."""
    running = (image_grant.c.id == grant_id) & image_grant.c.ended_at.is_(None) & (image_grant.c.ends_at > now)
    ended = update(image_grant).where(running).values(ended_at=now, ended_by=by).returning(image_grant.c.id)
    return connection.execute(ended).first() is not None


def read_grants(connection: Connection) -> list[StoredGrant]:
    """The grants there are and were, the newest first."""
    to, giver, ender = account.alias("to"), account.alias("giver"), account.alias("ender")
    query = (
        select(
            image_grant,
            _shown(to).label("to_name"),
            _shown(giver).label("giver_name"),
            _shown(ender).label("ender_name"),
        )
        .join(to, to.c.id == image_grant.c.account_id)
        .join(giver, giver.c.id == image_grant.c.granted_by)
        .outerjoin(ender, ender.c.id == image_grant.c.ended_by)
        .order_by(image_grant.c.granted_at.desc(), image_grant.c.id)
        .limit(_MOST)
    )
    return [_stored(row) for row in connection.execute(query)]


def administrators(connection: Connection) -> dict[UUID, str]:
    """Whom images can be granted to, by name."""
    wanted = account.c.role == AccountRole.ADMINISTRATOR.value
    rows = connection.execute(select(account.c.id, _shown(account).label("shown")).where(wanted).order_by("shown"))
    return {row.id: row.shown for row in rows}


def _shown(who: Any) -> ColumnElement[str]:
    return func.coalesce(func.nullif(who.c.full_name, ""), who.c.name)


def _stored(row: Row[Any]) -> StoredGrant:
    return StoredGrant(
        id=row.id,
        account_id=row.account_id,
        account=row.to_name,
        granted_by=row.giver_name,
        why=row.why,
        granted_at=row.granted_at,
        ends_at=row.ends_at,
        ended_at=row.ended_at,
        ended_by=row.ender_name,
    )
