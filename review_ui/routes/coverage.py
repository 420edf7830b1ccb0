"""What must be covered, what nobody covers, and when experts cannot be called."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from pipeline.database import rota
from pipeline.database.rota import By
from pipeline.database.set_up import read_set_up
from pipeline.domain.holidays import REGIONS, holidays
from pipeline.domain.rota import Absence, Period, gaps
from review_ui.desk import SignedIn, TheDesk
from review_ui.http.description import refuses
from review_ui.http.problems import Problem, not_found
from review_ui.rota.asking import When, keep, refusing, see, within
from review_ui.rota.sent import AbsenceSent, NeedsSent
from review_ui.rota.views import AbsenceView, GapView, HolidayView, absence_view, gap_view

router = APIRouter(prefix="/rota", tags=["rota"])


@router.get("/gaps")
def uncovered(who: SignedIn, at: TheDesk, days: Annotated[int, Query(ge=1, le=400)] = 42) -> list[GapView]:
    """What nobody covers in the next weeks."""
    see(who)
    ahead = Period(at.clock(), at.clock() + timedelta(days=days))
    with at.engine.begin() as connection:
        away = [one.absence for one in rota.absences_between(connection, ahead)]
        found = gaps(rota.duties_between(connection, ahead), away, rota.read_needs(connection), ahead)
        said = read_set_up(connection)
    return [gap_view(one, said.holiday_region if said else "") for one in found]


@router.get("/needs")
def needs(who: SignedIn, at: TheDesk) -> dict[str, list[str]]:
    """What must always be covered, by site."""
    see(who)
    found: dict[str, list[str]] = {}
    with at.engine.begin() as connection:
        for one in rota.read_needs(connection):
            found.setdefault(one.site, []).append(one.skill.value)
    return found


@router.put("/needs/{site}", responses=refuses(409))
def save_needs(site: str, sent: NeedsSent, who: SignedIn, at: TheDesk) -> dict[str, list[str]]:
    """Say what must always be covered for a site; over somebody else's change, the answer is what stands."""
    keep(who)
    with at.engine.begin() as connection:
        standing = sorted(one.skill.value for one in rota.read_needs(connection) if one.site == site)
        refusing(lambda: rota.save_needs(connection, site, sent.skills, sent.seen, By(who.id, at.clock())), standing)
    return needs(who, at)


@router.get("/absences")
def absences(who: SignedIn, at: TheDesk, since: When = None, until: When = None) -> list[AbsenceView]:
    """When experts cannot be called."""
    see(who)
    with at.engine.begin() as connection:
        known = rota.read_experts(connection)
        found = rota.absences_between(connection, within(at.clock(), since, until))
    return [absence_view(one, known) for one in found]


@router.post("/absences", status_code=201, responses=refuses(409))
def add_absence(sent: AbsenceSent, who: SignedIn, at: TheDesk) -> AbsenceView:
    """Say when one cannot be called; for others, those who keep the rota do."""
    see(who)
    whose = sent.expert or who.id
    if whose != who.id:
        keep(who)
    with at.engine.begin() as connection:
        away = Absence(whose, sent.period)
        made = refusing(lambda: rota.add_absence(connection, away, sent.why, By(who.id, at.clock())))
        return absence_view(rota.StoredAbsence(made, away, sent.why), rota.read_experts(connection))


@router.delete("/absences/{absence_id}", status_code=204)
def remove_absence(absence_id: UUID, who: SignedIn, at: TheDesk) -> None:
    """Say that one can be called after all."""
    see(who)
    with at.engine.begin() as connection:
        known = rota.read_absence(connection, absence_id)
        if known is None:
            raise not_found()
        if known.absence.expert_id != who.id:
            keep(who)
        rota.remove_absence(connection, known, By(who.id, at.clock()))


@router.get("/holidays")
def public_holidays(
    who: SignedIn, at: TheDesk, year: Annotated[int, Query(ge=1900, le=2200)], region: str | None = None
) -> list[HolidayView]:
    """The public holidays of a year, of the region that was set up unless another is asked for."""
    see(who)
    with at.engine.begin() as connection:
        said = read_set_up(connection)
    wanted = region if region is not None else (said.holiday_region if said else "")
    if wanted not in REGIONS:
        raise Problem(422, "region_unknown", f"The regions are: {', '.join(one for one in REGIONS if one)}.")
    return [HolidayView(day, code) for day, code in holidays(year, wanted).items()]
