"""Closing a case that is answered, and opening it again."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import Connection, select

from pipeline.database.closing import close_case, reopen
from pipeline.database.standings import standings
from pipeline.database.tables import case as cases
from pipeline.domain.access import may_close
from pipeline.domain.retention import keeps_open
from review_ui.accounts.account import Account
from review_ui.cases.select import one_case
from review_ui.desk import SignedIn, TheDesk
from review_ui.http.description import refuses
from review_ui.http.problems import Problem, not_found
from review_ui.views import CaseRow

router = APIRouter(tags=["cases"])


@router.post("/cases/{case_id}/close", responses=refuses(409))
def close(case_id: UUID, who: SignedIn, at: TheDesk) -> CaseRow:
    """Take a case off the worklist; refused while something of it is under way, unanswered or unsigned.

    A new image opens it again.
    """
    with at.engine.begin() as connection:
        _closable(connection, case_id, who)
        connection.execute(select(cases.c.id).where(cases.c.id == case_id).with_for_update())
        (standing,) = standings(connection, at.clock(), [case_id])
        held_by = sorted(hold.value for hold in keeps_open(standing))
        if held_by:
            raise Problem(409, "case_not_settled", "Something of this case is not settled.", holds=held_by)
        close_case(connection, case_id, who.name, at.clock())
        return _visible(connection, case_id, who)


@router.post("/cases/{case_id}/reopen")
def open_again(case_id: UUID, who: SignedIn, at: TheDesk) -> CaseRow:
    """Put a closed case back on the worklist."""
    with at.engine.begin() as connection:
        _closable(connection, case_id, who)
        reopen(connection, [case_id], at.clock(), by_person=True)
        return _visible(connection, case_id, who)


def _closable(connection: Connection, case_id: UUID, who: Account) -> None:
    if not may_close(who.viewer, _visible(connection, case_id, who).site):
        raise Problem(403, "forbidden", "Only experts and coordinators close cases.")


def _visible(connection: Connection, case_id: UUID, who: Account) -> CaseRow:
    found = one_case(connection, case_id, who.viewer)
    if found is None:
        raise not_found()
    return found
