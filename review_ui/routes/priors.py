"""Earlier studies of a case's patient: whether the hospital's archive is asked for them, and asking again."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import Connection, select

from pipeline.database import priors
from pipeline.database.prior_tables import prior_search
from pipeline.database.tables import case as cases
from pipeline.domain.access import may_converse
from review_ui.cases.select import shown_to
from review_ui.desk import SignedIn, TheDesk
from review_ui.http.description import refuses
from review_ui.http.problems import Problem, not_found

router = APIRouter(tags=["priors"])


class PriorsView(BaseModel):
    """How the search for earlier studies stands; ``offered`` says that an archive of the hospital was named."""

    offered: bool
    state: str | None = None
    why: str = ""
    studies: int = 0
    images: int = 0


@router.get("/cases/{case_id}/priors")
def read(case_id: UUID, who: SignedIn, at: TheDesk) -> PriorsView:
    """How the search stands."""
    with at.engine.connect() as connection:
        return _view(connection, case_id, _site_of(connection, case_id, who))


@router.post("/cases/{case_id}/priors", responses=refuses(409))
def fetch(case_id: UUID, who: SignedIn, at: TheDesk) -> PriorsView:
    """Have the clerk look for them now, or again; whoever works on the case may."""
    with at.engine.begin() as connection:
        site_id = _site_of(connection, case_id, who)
        if not may_converse(who.viewer, site_id):
            raise Problem(403, "forbidden", "Your account does not work on cases.")
        if not priors.archives(connection, site_id):
            raise Problem(409, "no_archive", "No archive of this hospital was named for earlier studies.")
        priors.ask_for(connection, case_id)
        return _view(connection, case_id, site_id)


def _site_of(connection: Connection, case_id: UUID, who: SignedIn) -> str:
    known = select(cases.c.site_id).where(cases.c.id == case_id, shown_to(who.viewer))
    site_id: str | None = connection.execute(known).scalar_one_or_none()
    if site_id is None:
        raise not_found()
    return site_id


def _view(connection: Connection, case_id: UUID, site_id: str) -> PriorsView:
    row = connection.execute(select(prior_search).where(prior_search.c.case_id == case_id)).one_or_none()
    offered = bool(priors.archives(connection, site_id))
    if row is None:
        return PriorsView(offered=offered)
    return PriorsView(offered=offered, state=row.state, why=row.why, studies=row.studies, images=row.images)
