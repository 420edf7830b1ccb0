"""What a case is waiting for, and by when."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter

from pipeline.database.overdue import awaited_stages
from review_ui.cases.select import one_case
from review_ui.desk import SignedIn, TheDesk
from review_ui.http.problems import not_found
from review_ui.views import Instant

router = APIRouter(tags=["cases"])


@dataclass(frozen=True, slots=True)
class AwaitedView:
    """The stage a series is in, since when, and by when it must end; ``late`` when that has passed."""

    series_id: UUID
    stage: str
    since: Instant
    due_at: Instant
    late: bool


@router.get("/cases/{case_id}/deadlines")
def deadlines(case_id: UUID, who: SignedIn, at: TheDesk) -> list[AwaitedView]:
    """The deadline of every series of an open case that is waiting for something."""
    now = at.clock()
    with at.engine.begin() as connection:
        if one_case(connection, case_id, who.viewer) is None:
            raise not_found()
        found = awaited_stages(connection, at.deadlines, now, of_case=case_id)
    return [
        AwaitedView(
            one.series_id, one.awaited.stage.value, one.awaited.since, one.awaited.due_at, one.awaited.is_late(now)
        )
        for one in found
    ]
