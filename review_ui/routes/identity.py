"""A person decides which of two demographics is right."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from pipeline.domain.access import may_decide_identity
from review_ui.cases.identity import IdentityDecision, decide, question
from review_ui.desk import SignedIn, TheDesk
from review_ui.http.description import refuses
from review_ui.http.problems import Problem, not_found

router = APIRouter(prefix="/identity-corrections", tags=["cases"])


class Answer(BaseModel):
    """What the person says."""

    decision: IdentityDecision


@dataclass(frozen=True, slots=True)
class Decided:
    """How the question stands now."""

    id: UUID
    state: str


@router.post("/{correction_id}", responses=refuses(409))
def answer(correction_id: UUID, given: Answer, who: SignedIn, at: TheDesk) -> Decided:
    """Confirm or reject the proposed demographics; it can be answered once."""
    with at.engine.begin() as connection:
        asked = question(connection, correction_id, who.viewer)
        if asked is None:
            raise not_found()
        if not may_decide_identity(who.viewer, asked.site_id):
            raise Problem(403, "forbidden", "This account may not decide on identities.")
        wanted = "confirmed" if given.decision is IdentityDecision.CONFIRM else "rejected"
        if asked.state == "to_confirm":
            decide(connection, asked, given.decision, who, at.clock())
        elif asked.state != wanted:
            raise Problem(409, "already_decided", f"Somebody has {asked.state} this already.")
        return Decided(asked.id, wanted)
