"""The moments of a case, and when it was treated or left, as people tell it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, TypeAdapter
from sqlalchemy import Connection

from pipeline.database.case_facts import facts_of_case
from pipeline.database.treatments import StoredTreatment, lock_treatment, read_treatments, save_treatment
from pipeline.domain.access import may_tell_treatment
from pipeline.domain.timeline import Treatment, intervals_min, moments, refused
from review_ui.accounts.account import Account
from review_ui.cases.select import one_case
from review_ui.desk import SignedIn, TheDesk
from review_ui.http.description import refuses
from review_ui.http.moments import Moment
from review_ui.http.problems import Problem, not_found
from review_ui.requests.sent import Sent, utc
from review_ui.views import CaseRow, Instant

router = APIRouter(prefix="/cases/{case_id}/times", tags=["cases"])


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesView:
    """What is known of a case's moments, the earliest first, the minutes between them, and what people told.

    ``revision`` rises with every change of what was told; 0 where nobody told anything.
    """

    moments: dict[str, Instant]
    intervals_min: dict[str, float]
    needle_at: Instant | None
    puncture_at: Instant | None
    departed_at: Instant | None
    revision: int
    may_tell: bool


_VIEW = TypeAdapter(TimesView)


class TreatmentSent(Sent):
    """When the case was treated or left, all of it, with the revision it was changed from."""

    revision: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]
    needle_at: Moment | None = None
    puncture_at: Moment | None = None
    departed_at: Moment | None = None

    def told(self) -> Treatment:
        """As the domain has it."""
        return Treatment(utc(self.needle_at), utc(self.puncture_at), utc(self.departed_at))


@router.get("")
def show(case_id: UUID, who: SignedIn, at: TheDesk) -> TimesView:
    """From the first symptom to the needle, as far as it is known."""
    with at.engine.begin() as connection:
        case = _visible(connection, case_id, who)
        return _view(connection, case, who)


@router.put("", responses=refuses(409))
def tell(case_id: UUID, sent: TreatmentSent, who: SignedIn, at: TheDesk) -> TimesView:
    """Say when the case was treated or left; over somebody else's word, the answer is what stands."""
    with at.engine.begin() as connection:
        case = _visible(connection, case_id, who)
        if not may_tell_treatment(who.viewer, case.site):
            raise Problem(403, "forbidden", "An administrator does not tell when a case was treated.")
        known = lock_treatment(connection, case_id)
        if known.revision != sent.revision:
            current = _VIEW.dump_python(_view(connection, case, who), mode="json")
            raise Problem(409, "changed_meanwhile", "Somebody changed these times.", current=current)
        wrong = refused(sent.told(), case.first_image_at, at.clock())
        if wrong:
            raise Problem(422, "times_refused", "A time cannot be meant.", refused=dict(wrong))
        if sent.told() != known.told:
            save_treatment(connection, case_id, known, sent.told(), who.id, at.clock())
        return _view(connection, case, who)


def _visible(connection: Connection, case_id: UUID, who: Account) -> CaseRow:
    found = one_case(connection, case_id, who.viewer)
    if found is None:
        raise not_found()
    return found


def _view(connection: Connection, case: CaseRow, who: Account) -> TimesView:
    facts = facts_of_case(connection, case.id)
    known = read_treatments(connection, [case.id]).get(case.id, StoredTreatment())
    return TimesView(
        moments=moments(facts) if facts else {},
        intervals_min=intervals_min(facts) if facts else {},
        **asdict(known.told),
        revision=known.revision,
        may_tell=may_tell_treatment(who.viewer, case.site),
    )
