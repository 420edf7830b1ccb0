"""Requests for an opinion: made, read, changed, withdrawn, linked to their images, and printed."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse
from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from pipeline.database.escalations import look
from pipeline.database.request_links import Linking, TwoOwners, candidates, link_if_sure, link_to, set_apart
from pipeline.database.request_tables import request
from pipeline.database.requests import NewRequest, StoredRequest, change_request, end_request, make_request
from pipeline.database.tables import site
from pipeline.domain.access import may_ask, may_write_requests
from review_ui.accounts.account import Account
from review_ui.cases.select import cases_by_id, one_case
from review_ui.desk import SeesPatients, SignedIn, TheDesk
from review_ui.http.description import refuses
from review_ui.http.problems import Problem, not_found
from review_ui.requests import select as requests
from review_ui.requests.sent import ChangedRequestSent, LinkSent, NewRequestSent, RequestSent, Withdrawal
from review_ui.requests.sheet import LANGUAGES, STYLE_POLICY, sheet
from review_ui.requests.views import CheckedView, RequestView, checked_view
from review_ui.views import CaseRow

router = APIRouter(tags=["requests"])

Language = Literal["fr", "en", "zh"]
_VIEW = TypeAdapter(RequestView)


@router.post("/requests", status_code=201, responses={200: {"model": RequestView}, **refuses(409)})
def make(sent: NewRequestSent, response: Response, who: SignedIn, at: TheDesk) -> RequestView:
    """Ask for an opinion, before or after the images; 200 when this ``key`` was sent before."""
    now = at.clock()
    with at.engine.begin() as connection:
        site_id = _site(connection, sent.site, who)
        new = NewRequest(site_id=site_id, asked=sent.told(), by=who.id, at=now, key=sent.key)
        request_id, is_new = make_request(connection, new)
        if is_new:
            link_if_sure(connection, request_id, now)
        else:
            response.status_code = 200
        made = _seen(connection, request_id, who, at)
        look(connection, made.case, now)
        return made


@router.post("/requests/check")
def check(sent: RequestSent, who: SignedIn, at: TheDesk) -> CheckedView:
    """What would be flagged, while the request is still being written; nothing is kept."""
    if not may_write_requests(who.viewer):
        raise Problem(403, "forbidden", "This account does not ask for opinions.")
    return checked_view(sent.told(), at.clock())


@router.get("/requests")
def show_all(
    who: SeesPatients, at: TheDesk, state: Annotated[Literal["open", "answered", "withdrawn"] | None, Query()] = None
) -> list[RequestView]:
    """The newest requests this account may see."""
    wanted = () if state is None else (request.c.state == state,)
    with at.engine.begin() as connection:
        return requests.views(connection, at.clock(), requests.shown(who.viewer), *wanted)


@router.get("/requests/{request_id:uuid}")
def show(request_id: UUID, who: SeesPatients, at: TheDesk) -> RequestView:
    """One request, its flags and its windows as of now."""
    with at.engine.begin() as connection:
        return _seen(connection, request_id, who, at)


@router.get("/cases/{case_id}/requests")
def of_case(case_id: UUID, who: SeesPatients, at: TheDesk) -> list[RequestView]:
    """The requests of one case, the newest first."""
    with at.engine.begin() as connection:
        if one_case(connection, case_id, who.viewer) is None:
            raise not_found()
        return requests.views(connection, at.clock(), request.c.case_id == case_id)


@router.put("/requests/{request_id:uuid}", responses=refuses(409))
def change(request_id: UUID, sent: ChangedRequestSent, who: SignedIn, at: TheDesk) -> RequestView:
    """Change what was asked; when somebody changed it meanwhile, the answer is theirs, and nothing is overwritten."""
    with at.engine.begin() as connection:
        known = _changeable(connection, request_id, who)
        if known.version != sent.version:
            current = requests.one_request(connection, request_id, who.viewer, at.clock())
            raise Problem(409, "changed_meanwhile", "Somebody changed this request.", current=_json(current))
        change_request(connection, known, sent.told(), who.id, at.clock())
        return _seen(connection, request_id, who, at)


@router.post("/requests/{request_id}/withdraw", responses=refuses(409))
def withdraw(request_id: UUID, sent: Withdrawal, who: SignedIn, at: TheDesk) -> RequestView:
    """Take a request back; it stays readable."""
    with at.engine.begin() as connection:
        end_request(connection, _changeable(connection, request_id, who), sent.why, at.clock())
        return _seen(connection, request_id, who, at)


@router.get("/requests/{request_id}/candidates")
def candidate_cases(request_id: UUID, who: SeesPatients, at: TheDesk) -> list[CaseRow]:
    """The open cases of its hospital with images of about its time, for a person to choose from."""
    with at.engine.begin() as connection:
        known = requests.locked(connection, request_id, who.viewer)
        if known is None:
            raise not_found()
        near = [one.case_id for one in candidates(connection, known.site_id, known.made_at, known.id)]
        found = cases_by_id(connection, near) if near else []
        return sorted(found, key=lambda row: (row.id not in known.unsure, row.first_image_at, row.id))


@router.post("/requests/{request_id}/link", responses=refuses(409))
def link(request_id: UUID, sent: LinkSent, who: SignedIn, at: TheDesk) -> RequestView:
    """Say which case a request is about, or that it is about none of them."""
    linking = Linking("by_hand", at.clock(), who.id)
    with at.engine.begin() as connection:
        known = _changeable(connection, request_id, who)
        if sent.case is None:
            set_apart(connection, known, linking)
        else:
            _link(connection, known, sent.case, linking, who)
        return _seen(connection, request_id, who, at)


@router.get("/requests/{request_id}/sheet", response_class=HTMLResponse)
def transfer_sheet(
    request_id: UUID, who: SeesPatients, at: TheDesk, language: Annotated[Language | None, Query()] = None
) -> HTMLResponse:
    """One page to print and send along with the patient."""
    with at.engine.begin() as connection:
        found = _seen(connection, request_id, who, at)
        name = connection.scalar(select(site.c.name).where(site.c.id == found.site)) or found.site
    spoken = language or (who.language if who.language in LANGUAGES else "en")
    return HTMLResponse(sheet(found, name, spoken, at.clock()), headers={"Content-Security-Policy": STYLE_POLICY})


def _site(connection: Connection, wanted: str | None, who: Account) -> str:
    """In whose name is asked: a hospital's account asks in its own."""
    site_id = wanted or who.site_id
    if site_id is None:
        raise Problem(422, "site_missing", "Say in which hospital's name you ask.")
    if not may_ask(who.viewer, site_id):
        raise Problem(403, "forbidden", "This account does not ask for opinions in that hospital's name.")
    if connection.scalar(select(site.c.id).where(site.c.id == site_id)) is None:
        raise Problem(422, "site_unknown", "There is no such hospital here.")
    return site_id


def _changeable(connection: Connection, request_id: UUID, who: Account) -> StoredRequest:
    known = requests.locked(connection, request_id, who.viewer)
    if known is None:
        raise not_found()
    if not may_ask(who.viewer, known.site_id):
        raise Problem(403, "forbidden", "This account does not change what hospitals ask.")
    if known.state == "withdrawn":
        raise Problem(409, "withdrawn", "This request was withdrawn.")
    return known


def _link(connection: Connection, known: StoredRequest, case_id: UUID, linking: Linking, who: Account) -> None:
    case = one_case(connection, case_id, who.viewer)
    if case is None or case.site != known.site_id:
        raise not_found()
    if case.closed_at is not None:
        raise Problem(409, "closed", "This case is closed.")
    try:
        link_to(connection, known, case_id, linking)
    except TwoOwners as error:
        raise Problem(409, "two_owners", str(error)) from error


def _seen(connection: Connection, request_id: UUID, who: Account, at: TheDesk) -> RequestView:
    found = requests.one_request(connection, request_id, who.viewer, at.clock())
    if found is None:
        raise not_found()
    return found


def _json(found: RequestView | None) -> object:
    return None if found is None else _VIEW.dump_python(found, mode="json")
