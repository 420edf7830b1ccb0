"""Opening a study in another viewer: a link that carries a token for this one study, for an hour."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy import select

from pipeline.database.events import record_event
from pipeline.database.set_up import read_set_up
from pipeline.database.tables import case as cases
from pipeline.database.tables import study
from review_ui.cases.select import shown_to
from review_ui.desk import SeesPatients, SignedIn, TheDesk
from review_ui.dicomweb.root import ROOT, service_of
from review_ui.http.problems import Problem, not_found
from review_ui.tokens.store import LINK_LASTS, make_link

router = APIRouter(tags=["viewers"])


class ViewersView(BaseModel):
    """The other viewers this desk offers."""

    viewers: list[str]


class ViewerLinkSent(BaseModel):
    """In which viewer a study is to open."""

    viewer: Literal["ohif", "weasis"]


class ViewerLinkView(BaseModel):
    """The address that opens it, and until when it may load images."""

    url: str
    expires_at: datetime


@router.get("/viewers")
def viewers(who: SignedIn, at: TheDesk) -> ViewersView:  # noqa: ARG001 - only those signed in are told
    """Which other viewers studies open in."""
    return ViewersView(viewers=at.viewers.names)


@router.post("/studies/{study_id}/viewer-link")
def viewer_link(
    study_id: UUID, sent: ViewerLinkSent, request: Request, who: SeesPatients, at: TheDesk
) -> ViewerLinkView:
    """Make a link to one study, good for an hour, and note in the case's history that it was made."""
    if sent.viewer not in at.viewers.names:
        raise Problem(404, "not_found", "This desk does not offer that viewer.")
    now = at.clock()
    with at.engine.begin() as connection:
        known = connection.execute(
            select(study.c.study_instance_uid, study.c.case_id)
            .join(cases, cases.c.id == study.c.case_id)
            .where(study.c.id == study_id, shown_to(who.viewer))
        ).one_or_none()
        if known is None:
            raise not_found()
        token = make_link(connection, who.id, study_id, now)
        record_event(connection, known.case_id, "opened_elsewhere", {"account": who.name, "viewer": sent.viewer})
        said = read_set_up(connection)
    service = f"{said.public_url.rstrip('/')}{ROOT}" if said and said.public_url else service_of(request)
    url = at.viewers.link(sent.viewer, known.study_instance_uid, token, service)
    return ViewerLinkView(url=url, expires_at=now + LINK_LASTS)
