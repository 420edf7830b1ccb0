"""Writing to the other participants of a case, and reading what they wrote."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import StringConstraints
from sqlalchemy import Connection, select

from pipeline.database.signals import SEEN, signal
from pipeline.database.thread_tables import message
from pipeline.database.threads import NewMessage, mark_seen, unread, write_message
from pipeline.domain.access import AccountRole, may_converse
from review_ui.accounts.account import Account
from review_ui.cases.select import one_case
from review_ui.desk import SeesPatients, SignedIn, TheDesk
from review_ui.http.description import refuses
from review_ui.http.problems import Problem, not_found
from review_ui.requests.sent import Paragraph, Sent
from review_ui.thread.views import ThreadView, UnreadView, thread_view
from review_ui.views import CaseRow

router = APIRouter(tags=["thread"])


class MessageSent(Sent):
    """A message; ``key`` is any UUID of the sender's: sent again after a cut line, it stands once."""

    text: Annotated[Paragraph, StringConstraints(min_length=1)]
    key: UUID


class SeenSent(Sent):
    """The newest message one has on screen."""

    message: UUID


@router.get("/messages/unread")
def waiting(who: SignedIn, at: TheDesk) -> list[UnreadView]:
    """The open cases that concern one and in which somebody else wrote something one has not seen."""
    site_id = (who.site_id or "") if who.role is AccountRole.SITE else None
    with at.engine.begin() as connection:
        return [UnreadView(case_id, n) for case_id, n in unread(connection, who.id, site_id).items()]


@router.get("/cases/{case_id}/messages")
def show(case_id: UUID, who: SeesPatients, at: TheDesk) -> ThreadView:
    """What the participants of a case wrote to one another."""
    with at.engine.begin() as connection:
        return _thread(connection, _visible(connection, case_id, who), who)


@router.post("/cases/{case_id}/messages", status_code=201, responses={200: {"model": ThreadView}, **refuses(409)})
def write(case_id: UUID, sent: MessageSent, response: Response, who: SignedIn, at: TheDesk) -> ThreadView:
    """Write to the others; 200 when this ``key`` was sent before."""
    with at.engine.begin() as connection:
        case = _visible(connection, case_id, who)
        if not may_converse(who.viewer, case.site):
            raise Problem(403, "forbidden", "This account takes no part in cases.")
        if case.closed_at is not None:
            raise Problem(409, "closed", "This case is closed.")
        new = NewMessage(case_id=case_id, author_id=who.id, key=sent.key, text=sent.text, at=at.clock())
        if not write_message(connection, new):
            response.status_code = 200
        return _thread(connection, case, who)


@router.post("/cases/{case_id}/messages/seen")
def seen(case_id: UUID, sent: SeenSent, who: SeesPatients, at: TheDesk) -> ThreadView:
    """Say how far one has read; whoever wrote it is shown that."""
    with at.engine.begin() as connection:
        case = _visible(connection, case_id, who)
        this = (message.c.id == sent.message) & (message.c.case_id == case_id)
        until = connection.scalar(select(message.c.made_at).where(this))
        if until is None:
            raise not_found()
        if may_converse(who.viewer, case.site) and mark_seen(connection, case_id, who.id, until, at.clock()):
            signal(connection, SEEN, {"case": str(case_id), "site": case.site})
        return _thread(connection, case, who)


def _thread(connection: Connection, case: CaseRow, who: Account) -> ThreadView:
    may_write = may_converse(who.viewer, case.site) and case.closed_at is None
    return thread_view(connection, case.id, who, may_write=may_write)


def _visible(connection: Connection, case_id: UUID, who: Account) -> CaseRow:
    found = one_case(connection, case_id, who.viewer)
    if found is None:
        raise not_found()
    return found
