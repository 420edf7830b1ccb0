"""Who may ask what of the rota, and how a refused change is answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

from fastapi import Query
from pydantic import TypeAdapter
from sqlalchemy import Connection

from pipeline.database.rota import ChangedMeanwhile, RotaRefused
from pipeline.database.set_up import read_set_up
from pipeline.domain.access import may_keep_rota, may_see_rota
from pipeline.domain.rota import Period
from review_ui.accounts.account import Account
from review_ui.http.moments import Moment
from review_ui.http.problems import Problem

_LONGEST = timedelta(days=400)
"""The longest time one answer covers."""

When = Annotated[Moment | None, Query()]
Kept = TypeVar("Kept")


def see(who: Account) -> None:
    """Refuse whoever may not know the rota."""
    if not may_see_rota(who.viewer):
        raise Problem(403, "forbidden", "This account may not see the rota.")


def keep(who: Account) -> None:
    """Refuse whoever does not keep the rota."""
    if not may_keep_rota(who.viewer):
        raise Problem(403, "forbidden", "Only a coordinator or an administrator changes the rota.")


def within(now: datetime, since: datetime | None, until: datetime | None) -> Period:
    """The period asked for: six weeks from now unless said otherwise."""
    starts = since or now
    ends = until or starts + timedelta(days=42)
    if not timedelta() < ends - starts <= _LONGEST:
        raise Problem(422, "period", f"Ask for a time of at most {_LONGEST.days} days.")
    return Period(starts, ends)


def require_fallback(connection: Connection) -> None:
    """Refuse a rota while nobody has said which telephone is the last resort."""
    if read_set_up(connection) is None:
        raise Problem(409, "fallback_missing", "First an administrator must say which telephone is the last resort.")


def refusing(change: Callable[[], Kept], standing: object = None) -> Kept:
    """Make a change of the rota, or answer why it cannot be; over somebody else's change, with what stands."""
    try:
        return change()
    except ChangedMeanwhile as error:
        current = TypeAdapter(type(standing)).dump_python(standing, mode="json")
        raise Problem(409, error.code, str(error), current=current) from error
    except RotaRefused as error:
        raise Problem(409, error.code, str(error)) from error
