"""Letting an administrator see images and patients for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import StringConstraints
from sqlalchemy import Connection

from pipeline.database.grants import NewGrant, StoredGrant, administrators, end_grant, grant, read_grants
from pipeline.domain.access import may_grant
from review_ui.accounts.account import Account
from review_ui.desk import SignedIn, TheDesk
from review_ui.http.description import refuses
from review_ui.http.moments import Moment
from review_ui.http.problems import Problem, not_found
from review_ui.requests.sent import Line, Sent
from review_ui.views import Instant

router = APIRouter(prefix="/grants", tags=["grants"])

LONGEST = timedelta(days=31)
"""Nobody sees images for ever by one word."""


class GrantSent(Sent):
    """Which administrator may see images and patients, until when, and why."""

    account: UUID
    ends_at: Moment
    why: Annotated[Line, StringConstraints(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantView:
    """A grant; ``running`` while it counts, ``ended_by`` where somebody ended it early."""

    id: UUID
    account: UUID
    account_name: str
    granted_by: str
    why: str
    granted_at: Instant
    ends_at: Instant
    ended_at: Instant | None
    ended_by: str | None
    running: bool


@dataclass(frozen=True, slots=True)
class AdministratorView:
    """Somebody images can be granted to."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class GrantsView:
    """The grants there are and were, the newest first, and whom images can be granted to."""

    grants: list[GrantView]
    administrators: list[AdministratorView]


@router.get("")
def show(who: SignedIn, at: TheDesk) -> GrantsView:
    """Who may see images by whose word, now and in the past."""
    _refuse_unless_granting(who)
    with at.engine.begin() as connection:
        return _view(connection, who, at)


@router.post("", status_code=201, responses=refuses(404))
def make(sent: GrantSent, who: SignedIn, at: TheDesk) -> GrantsView:
    """Let an administrator, other than oneself, see images and patients until then."""
    _refuse_unless_granting(who)
    now, ends_at = at.clock(), sent.ends_at.astimezone(UTC)
    if sent.account == who.id:
        raise Problem(
            403, "not_to_oneself", "Nobody grants himself images: another administrator or a coordinator does."
        )
    if not timedelta() < ends_at - now <= LONGEST:
        raise Problem(422, "grant_too_long", f"A grant ends within {LONGEST.days} days, and not in the past.")
    with at.engine.begin() as connection:
        if sent.account not in administrators(connection):
            raise not_found()
        grant(connection, NewGrant(sent.account, who.id, sent.why, now, ends_at))
        return _view(connection, who, at)


@router.post("/{grant_id}/end", responses=refuses(409))
def end(grant_id: UUID, who: SignedIn, at: TheDesk) -> GrantsView:
    """End a grant now; whoever it was for may do so too."""
    _refuse_unless_granting(who)
    with at.engine.begin() as connection:
        if not any(one.id == grant_id for one in read_grants(connection)):
            raise not_found()
        if not end_grant(connection, grant_id, who.id, at.clock()):
            raise Problem(409, "grant_ended", "This grant has ended.")
        return _view(connection, who, at)


def _refuse_unless_granting(who: Account) -> None:
    if not may_grant(who.viewer):
        raise Problem(403, "forbidden", "Only an administrator or a coordinator lets an administrator see images.")


def _view(connection: Connection, who: Account, at: TheDesk) -> GrantsView:
    now = at.clock()
    others = [AdministratorView(one, name) for one, name in administrators(connection).items() if one != who.id]
    return GrantsView([_one(found, now) for found in read_grants(connection)], others)


def _one(found: StoredGrant, now: datetime) -> GrantView:
    return GrantView(
        id=found.id,
        account=found.account_id,
        account_name=found.account,
        granted_by=found.granted_by,
        why=found.why,
        granted_at=found.granted_at,
        ends_at=found.ends_at,
        ended_at=found.ended_at,
        ended_by=found.ended_by,
        running=found.ended_at is None and now < found.ends_at,
    )
