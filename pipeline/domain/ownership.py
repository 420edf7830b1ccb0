"""A case has one owner or none: what taking and releasing it mean in each situation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who holds a case (an account's id, or nobody), and whether it is closed."""

    owner_id: UUID | None
    closed: bool = False


class TakeVerdict(StrEnum):
    """What happens when somebody asks to take a case."""

    TAKEN = "taken"
    ALREADY_YOURS = "already_yours"
    """Nothing changes and nothing is wrong: a second click, or a repeated request."""
    ALREADY_TAKEN = "already_taken"
    CLOSED = "closed"


class ReleaseVerdict(StrEnum):
    """What happens when somebody asks to release a case."""

    RELEASED = "released"
    NOT_YOURS = "not_yours"
    NOT_TAKEN = "not_taken"
    CLOSED = "closed"


def take(ownership: Ownership, account_id: UUID) -> TakeVerdict:
    """Say what becomes of a request to take a case."""
    if ownership.closed:
        return TakeVerdict.CLOSED
    if ownership.owner_id is None:
        return TakeVerdict.TAKEN
    return TakeVerdict.ALREADY_YOURS if ownership.owner_id == account_id else TakeVerdict.ALREADY_TAKEN


def release(ownership: Ownership, account_id: UUID) -> ReleaseVerdict:
    """Say what becomes of a request to release a case; only its owner may."""
    if ownership.closed:
        return ReleaseVerdict.CLOSED
    if ownership.owner_id is None:
        return ReleaseVerdict.NOT_TAKEN
    return ReleaseVerdict.RELEASED if ownership.owner_id == account_id else ReleaseVerdict.NOT_YOURS
