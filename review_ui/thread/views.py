"""The thread of a case as the desk's JSON shows it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from pipeline.database.threads import messages_of, readers_of
from review_ui.accounts.account import Account
from review_ui.views import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """One message; ``seen_by`` are the others on whose screens it was."""

    id: UUID
    author: str
    role: str
    site: str | None
    mine: bool
    text: str
    made_at: Instant
    seen_by: list[str]


@dataclass(frozen=True, slots=True)
class ThreadView:
    """A case's thread, the oldest first, and how many of it one has not seen."""

    messages: list[MessageView]
    unread: int
    may_write: bool


@dataclass(frozen=True, slots=True)
class UnreadView:
    """A case with messages that one has not seen."""

    case: UUID
    unread: int


def thread_view(connection: Connection, case_id: UUID, who: Account, *, may_write: bool) -> ThreadView:
    """The thread of a case the viewer may see."""
    readers = readers_of(connection, case_id)
    messages = [
        MessageView(
            id=one.id,
            author=one.author,
            role=one.role,
            site=one.site_id,
            mine=one.author_id == who.id,
            text=one.text,
            made_at=one.made_at,
            seen_by=[
                name
                for reader, (name, until) in readers.items()
                if until >= one.made_at and reader not in (one.author_id, who.id)
            ],
        )
        for one in messages_of(connection, case_id)
    ]
    read_until = readers[who.id][1] if who.id in readers else None
    fresh = [one for one in messages if not one.mine and (read_until is None or one.made_at > read_until)]
    return ThreadView(messages, len(fresh), may_write)
