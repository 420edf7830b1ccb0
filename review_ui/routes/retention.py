"""How long images are kept, as figures for an administrator; rules are named on the command line."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from pipeline.database.retention import deleted_since, leaving, read_rules
from pipeline.database.standings import standings
from pipeline.domain.access import may_set_up
from pipeline.domain.retention import RuleKind, Scope, holds
from review_ui.desk import SignedIn, TheDesk
from review_ui.http.problems import Problem

router = APIRouter(prefix="/retention", tags=["set-up"])

RECENT = timedelta(days=30)


class RuleView(BaseModel):
    """A rule; ``most`` is bytes for "size" and a share for "disk"."""

    id: UUID
    kind: RuleKind
    days: float
    site: str | None
    most: float
    unasked: bool
    scope: Scope


class RetentionView(BaseModel):
    """Rules, what images take, and what went in thirty days; ``held`` counts the cases that something keeps."""

    rules: list[RuleView]
    cases: int
    size: int
    held: dict[str, int]
    deleted_images: int
    deleted_size: int
    leaving_size: int


@router.get("")
def show(who: SignedIn, at: TheDesk) -> RetentionView:
    """What is kept and for how long."""
    if not may_set_up(who.viewer):
        raise Problem(403, "forbidden", "Only administrators see how long images are kept.")
    now = at.clock()
    with at.engine.begin() as connection:
        rules = [one.rule for one in read_rules(connection)]
        cases = standings(connection, now)
        images, size = deleted_since(connection, now - RECENT)
        going = leaving(connection)
    return RetentionView(
        rules=[
            RuleView(
                id=one.id,
                kind=one.kind,
                days=one.days,
                site=one.site_id,
                most=one.most,
                unasked=one.unasked,
                scope=one.scope,
            )
            for one in rules
        ],
        cases=len(cases),
        size=sum(one.size for one in cases),
        held=dict(sorted(Counter(hold.value for one in cases for hold in holds(one)).items())),
        deleted_images=images,
        deleted_size=size,
        leaving_size=going,
    )
