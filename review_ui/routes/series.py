"""A person says what a series is, and it is read again as that."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from pipeline.database.roles import correct_role, known_series
from pipeline.domain.access import may_correct_role, may_see
from pipeline.domain.role import SeriesRole
from review_ui.desk import SignedIn, TheDesk
from review_ui.http.description import refuses
from review_ui.http.problems import Problem, not_found

router = APIRouter(prefix="/series", tags=["cases"])


class Said(BaseModel):
    """What the person says the series is."""

    role: SeriesRole


@dataclass(frozen=True, slots=True)
class Corrected:
    """The series' role now; ``analysis`` is the new analysis, none while its images still come."""

    id: UUID
    role: str
    analysis: UUID | None


@router.post("/{series_id}/role", responses=refuses(409))
def say(series_id: UUID, said: Said, who: SignedIn, at: TheDesk) -> Corrected:
    """Correct a series' role; saying what it is already changes nothing."""
    with at.engine.begin() as connection:
        known = known_series(connection, series_id)
        if known is None or not may_see(who.viewer, known.site_id):
            raise not_found()
        if not may_correct_role(who.viewer, known.site_id):
            raise Problem(403, "forbidden", "Only those who give opinions say what a series is.")
        if known.ours or known.closed:
            raise Problem(409, "not_correctable", "This series was made by NeuroVigie, or its case is closed.")
        if known.role is said.role:
            return Corrected(known.id, known.role.value, None)
        started = correct_role(connection, known, said.role, who.id, at.clock())
        return Corrected(known.id, said.role.value, started)
