"""What a person does to a case: each change, its event and the new version in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from pipeline.database.escalations import hand, look, was_named
from pipeline.database.events import record_event
from pipeline.database.tables import account
from pipeline.database.tables import case as cases
from pipeline.domain.access import AccountRole
from pipeline.domain.errors import BadInput
from pipeline.domain.ownership import Ownership, ReleaseVerdict, TakeVerdict, release, take
from review_ui.accounts.account import Account


class NoSuchExpert(BadInput):
    """There is no such expert."""


@dataclass(frozen=True, slots=True)
class Taking:
    """What became of a request to take a case, and who holds it now."""

    verdict: TakeVerdict
    owner: str | None


def take_case(connection: Connection, case_id: UUID, who: Account, now: datetime) -> Taking:
    """Take a case for ``who`` unless somebody holds it; the update itself decides between two at once.

    Whom a coordinator named takes it also from the one who holds it.
    """
    free = (cases.c.id == case_id) & cases.c.owner_id.is_(None) & cases.c.closed_at.is_(None)
    taken = update(cases).where(free).values(owner_id=who.id, taken_at=now, version=cases.c.version + 1)
    if connection.execute(taken.returning(cases.c.id)).first() is not None:
        record_event(connection, case_id, "taken", {"account": who.name})
        look(connection, case_id, now)
        return Taking(TakeVerdict.TAKEN, who.shown_name)
    held = _locked(connection, case_id)
    verdict = take(_ownership(held), who.id)
    if verdict is TakeVerdict.TAKEN:  # released between the two statements, and now locked by us
        return take_case(connection, case_id, who, now)
    if verdict is TakeVerdict.ALREADY_TAKEN and was_named(connection, case_id, who.id):
        _pass_on(connection, case_id, held.name, who, now)
        return Taking(TakeVerdict.TAKEN, who.shown_name)
    return Taking(verdict, held.full_name or held.name)


def take_over_case(connection: Connection, case_id: UUID, owner: str, who: Account, now: datetime) -> str | None:
    """Take a case from the one who was seen to hold it; else, and nothing changes, who holds it now ("" for nobody)."""
    held = _locked(connection, case_id)
    name = (held.full_name or held.name or "") if held.owner_id else ""
    if held.owner_id == who.id:
        return None
    if not name or name != owner:
        return name
    _pass_on(connection, case_id, held.name, who, now)
    return None


def _pass_on(connection: Connection, case_id: UUID, held_by: str, who: Account, now: datetime) -> None:
    """Give a locked case to somebody else."""
    connection.execute(
        update(cases).where(cases.c.id == case_id).values(owner_id=who.id, taken_at=now, version=cases.c.version + 1)
    )
    record_event(connection, case_id, "taken_over", {"account": who.name, "from": held_by})
    look(connection, case_id, now)


def hand_case(connection: Connection, case_id: UUID, to: UUID, who: Account, now: datetime) -> bool:
    """Have an expert called for a case by name; false where he holds it or is called already, or it is answered.

    Raises `NoSuchExpert`.
    """
    wanted = (account.c.id == to) & (account.c.role == AccountRole.EXPERT.value)
    name = connection.scalar(select(account.c.name).where(wanted))
    if name is None:
        raise NoSuchExpert
    if not hand(connection, case_id, to, who.id, now).effects:
        return False
    connection.execute(update(cases).where(cases.c.id == case_id).values(version=cases.c.version + 1))
    record_event(connection, case_id, "handed", {"account": who.name, "to": name})
    return True


def release_case(connection: Connection, case_id: UUID, who: Account, now: datetime) -> ReleaseVerdict:
    """Give a case back; only its owner may. An urgent one is offered to somebody else at once."""
    verdict = release(_ownership(_locked(connection, case_id)), who.id)
    if verdict is ReleaseVerdict.RELEASED:
        connection.execute(
            update(cases).where(cases.c.id == case_id).values(owner_id=None, taken_at=None, version=cases.c.version + 1)
        )
        record_event(connection, case_id, "released", {"account": who.name})
        look(connection, case_id, now)
    return verdict


def _locked(connection: Connection, case_id: UUID) -> Any:
    """The case's standing, unchanged by anybody else until this transaction ends."""
    return connection.execute(
        select(cases.c.owner_id, cases.c.closed_at, account.c.name, account.c.full_name)
        .outerjoin(account, account.c.id == cases.c.owner_id)
        .where(cases.c.id == case_id)
        .with_for_update(of=cases)
    ).one()


def _ownership(row: Any) -> Ownership:
    return Ownership(row.owner_id, closed=row.closed_at is not None)
