"""The hospitals known here."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from sqlalchemy import select

from pipeline.database.tables import site
from pipeline.domain.access import may_see
from review_ui.desk import SignedIn, TheDesk

router = APIRouter(prefix="/sites", tags=["sites"])


@dataclass(frozen=True, slots=True)
class SiteView:
    """A hospital: its id, and how it is called."""

    id: str
    name: str


@router.get("")
def show_all(who: SignedIn, at: TheDesk) -> list[SiteView]:
    """The hospitals this account may know cases of: a hospital's own is only itself."""
    with at.engine.begin() as connection:
        rows = connection.execute(select(site.c.id, site.c.name).order_by(site.c.name, site.c.id)).all()
    return [SiteView(row.id, row.name or row.id) for row in rows if may_see(who.viewer, row.id)]
