"""Answering a call: refusing a case, taking it over from somebody else, and seeing who was called."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import StringConstraints
from sqlalchemy import Connection

from pipeline.database import escalations
from pipeline.domain.access import may_hand, may_take
from review_ui.accounts.account import Account
from review_ui.calling.views import CallingView, MyCallView, calling_view, my_calls
from review_ui.cases.actions import hand_case, take_over_case
from review_ui.cases.select import one_case
from review_ui.desk import SignedIn, TheDesk
from review_ui.http.description import refuses
from review_ui.http.problems import Problem, not_found
from review_ui.requests.sent import Line, Sent
from review_ui.views import CaseRow

router = APIRouter(tags=["calling"])


class Refusal(Sent):
    """Why one cannot; the next on duty is called at once."""

    why: Annotated[Line, StringConstraints(min_length=1)]


class TakeOver(Sent):
    """From whom the case is taken over, as one saw it: if it is somebody else's by now, nothing happens."""

    owner: Line


class HandOver(Sent):
    """The expert who is to have the case, by account."""

    to: UUID


@router.get("/cases/{case_id}/calling")
def show(case_id: UUID, who: SignedIn, at: TheDesk) -> CallingView:
    """Who was called when and what became of it; or that nobody was found, and which number to telephone."""
    with at.engine.begin() as connection:
        case = _visible(connection, case_id, who)
        return calling_view(connection, case_id, case.site, at.clock())


@router.get("/calls")
def mine(who: SignedIn, at: TheDesk) -> list[MyCallView]:
    """The calls that wait for one's own answer."""
    with at.engine.begin() as connection:
        return my_calls(connection, who.id)


@router.post("/cases/{case_id}/refuse", responses=refuses(409))
def refuse(case_id: UUID, sent: Refusal, who: SignedIn, at: TheDesk) -> CallingView:
    """Say that one cannot; an owner gives the case back with it."""
    with at.engine.begin() as connection:
        case = _answerable(connection, case_id, who)
        escalations.refuse(connection, case_id, who.id, sent.why, at.clock())
        return calling_view(connection, case_id, case.site, at.clock())


@router.post("/cases/{case_id}/take-over", responses=refuses(409))
def take_over(case_id: UUID, sent: TakeOver, who: SignedIn, at: TheDesk) -> CaseRow:
    """Become the owner of a case that somebody holds, who is told; a case always has one owner."""
    with at.engine.begin() as connection:
        _answerable(connection, case_id, who)
        held_by = take_over_case(connection, case_id, sent.owner, who, at.clock())
        if held_by is not None:
            raise Problem(409, "changed_meanwhile", f"{held_by or 'Nobody'} holds this case now.", owner=held_by)
        return _visible(connection, case_id, who)


@router.post("/cases/{case_id}/hand", responses=refuses(409))
def hand(case_id: UUID, sent: HandOver, who: SignedIn, at: TheDesk) -> CallingView:
    """Name the expert who is to have a case: he is called at once; whoever holds it keeps it until he takes it."""
    with at.engine.begin() as connection:
        case = _visible(connection, case_id, who)
        if not may_hand(who.viewer):
            raise Problem(403, "forbidden", "Only a coordinator hands a case to somebody.")
        if case.closed_at is not None:
            raise Problem(409, "closed", "This case is closed.")
        if not hand_case(connection, case_id, sent.to, who, at.clock()):
            raise Problem(409, "not_handed", "He holds it or is called for it already, or the case was answered.")
        return calling_view(connection, case_id, case.site, at.clock())


def _answerable(connection: Connection, case_id: UUID, who: Account) -> CaseRow:
    case = _visible(connection, case_id, who)
    if not may_take(who.viewer, case.site):
        raise Problem(403, "forbidden", "Only those who give opinions answer calls.")
    if case.closed_at is not None:
        raise Problem(409, "closed", "This case is closed.")
    return case


def _visible(connection: Connection, case_id: UUID, who: Account) -> CaseRow:
    found = one_case(connection, case_id, who.viewer)
    if found is None:
        raise not_found()
    return found
