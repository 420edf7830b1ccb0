"""The worklist, a case, and who holds it."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from pipeline.domain.access import may_take
from pipeline.domain.ownership import ReleaseVerdict, TakeVerdict
from review_ui.accounts.account import Account
from review_ui.cases.actions import release_case, take_case
from review_ui.cases.detail import case_detail
from review_ui.cases.select import one_case, open_cases
from review_ui.desk import SignedIn, TheDesk
from review_ui.detail_views import CaseDetail
from review_ui.events import log
from review_ui.http.description import refuses
from review_ui.http.problems import Problem, not_found
from review_ui.http.squeezed import squeezed
from review_ui.views import CaseRow, Worklist, in_reading_order, worklist_json

router = APIRouter(tags=["cases"])


@router.get("/worklist", response_model=Worklist)
def worklist(request: Request, who: SignedIn, at: TheDesk) -> Response:
    """Every open case this account may see, first to be read first; from then on the stream of events says the rest."""
    with at.engine.begin() as connection:
        last_event = log.latest(connection)  # before the cases: what comes between is told again, not lost
        cases = open_cases(connection, who.viewer)
    return squeezed(request.headers, worklist_json(Worklist(in_reading_order(cases), last_event)))


@router.get("/cases/{case_id}")
def show(case_id: UUID, who: SignedIn, at: TheDesk) -> CaseDetail:
    """One case with its studies, results and history."""
    with at.engine.begin() as connection:
        found = case_detail(connection, case_id, who.viewer, at.bundles, at.clock())
    if found is None:
        raise not_found()
    return found


@router.post("/cases/{case_id}/take", responses=refuses(409))
def take(case_id: UUID, who: SignedIn, at: TheDesk) -> CaseRow:
    """Become the case's owner; when somebody else is, the answer says who."""
    with at.engine.begin() as connection:
        case = _visible(connection, case_id, who)
        if not may_take(who.viewer, case.site):
            raise Problem(403, "forbidden", "Only those who give opinions take cases.")
        taking = take_case(connection, case_id, who, at.clock())
        if taking.verdict is TakeVerdict.ALREADY_TAKEN:
            raise Problem(409, "already_taken", f"{taking.owner} has taken this case.", owner=taking.owner)
        if taking.verdict is TakeVerdict.CLOSED:
            raise Problem(409, "closed", "This case is closed.")
        return _visible(connection, case_id, who)


_RELEASE_REFUSED = {
    ReleaseVerdict.NOT_YOURS: (403, "not_owner", "Only its owner can release a case."),
    ReleaseVerdict.NOT_TAKEN: (409, "not_taken", "Nobody has taken this case."),
    ReleaseVerdict.CLOSED: (409, "closed", "This case is closed."),
}


@router.post("/cases/{case_id}/release", responses=refuses(409))
def release(case_id: UUID, who: SignedIn, at: TheDesk) -> CaseRow:
    """Give the case back, so that somebody else can take it."""
    with at.engine.begin() as connection:
        _visible(connection, case_id, who)
        verdict = release_case(connection, case_id, who, at.clock())
        if verdict in _RELEASE_REFUSED:
            raise Problem(*_RELEASE_REFUSED[verdict])
        return _visible(connection, case_id, who)


def _visible(connection: Connection, case_id: UUID, who: Account) -> CaseRow:
    found = one_case(connection, case_id, who.viewer)
    if found is None:
        raise not_found()
    return found
