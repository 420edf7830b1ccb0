"""Experts, and who is on duty when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, TypeVar
from uuid import UUID, uuid4

from fastapi import APIRouter, Query
from sqlalchemy import select

from pipeline.database import rota
from pipeline.database.rota import By, Contact
from pipeline.database.tables import account
from pipeline.domain.access import AccountRole, may_see
from pipeline.domain.rota import Duty, Expert, Need, Period, Skill, on_duty
from review_ui.accounts.account import Account
from review_ui.desk import SignedIn, TheDesk
from review_ui.http.description import refuses
from review_ui.http.problems import not_found
from review_ui.rota.asking import When, keep, refusing, require_fallback, see, within
from review_ui.rota.sent import ChangedDutySent, DutySent, ExpertSent
from review_ui.rota.views import DutyView, ExpertView, OnDutyView, duty_view, on_duty_view

router = APIRouter(prefix="/rota", tags=["rota"])

Kept = TypeVar("Kept", Expert, Duty)


@router.get("/experts")
def experts(who: SignedIn, at: TheDesk) -> list[ExpertView]:
    """Every account that can be on duty, and what for."""
    see(who)
    with at.engine.begin() as connection:
        known, emails = rota.read_experts(connection), rota.read_emails(connection)
        roles = (AccountRole.EXPERT.value, AccountRole.COORDINATOR.value)
        rows = connection.execute(select(account).where(account.c.role.in_(roles)).order_by(account.c.name)).all()
    return [_expert(row.id, row.full_name or row.name, row.role, known.get(row.id), emails) for row in rows]


@router.put("/experts/{account_id}", responses=refuses(409))
def save_expert(account_id: UUID, sent: ExpertSent, who: SignedIn, at: TheDesk) -> ExpertView:
    """Say what an account can be called for, where it is reached, and in which languages."""
    keep(who)
    with at.engine.begin() as connection:
        row = connection.execute(select(account).where(account.c.id == account_id)).one_or_none()
        if row is None or row.role not in (AccountRole.EXPERT, AccountRole.COORDINATOR):
            raise not_found()
        name = row.full_name or row.name
        one = Expert(
            account_id,
            name,
            sent.centre,
            frozenset(sent.skills),
            frozenset(sent.sites),
            tuple(sent.languages),
            sent.phone,
            sent.revision,
        )
        emails = rota.read_emails(connection)
        standing = _expert(account_id, name, row.role, rota.read_experts(connection).get(account_id), emails)
        refusing(lambda: rota.save_expert(connection, one, Contact(sent.email), By(who.id, at.clock())), standing)
        return _expert(account_id, name, row.role, _next(one), {account_id: sent.email})


@router.get("/duties")
def duties(who: SignedIn, at: TheDesk, since: When = None, until: When = None) -> list[DutyView]:
    """Who is on duty, from now on for six weeks unless asked otherwise."""
    see(who)
    with at.engine.begin() as connection:
        known = rota.read_experts(connection)
        return [duty_view(one, known) for one in rota.duties_between(connection, within(at.clock(), since, until))]


@router.post("/duties", status_code=201, responses=refuses(409))
def add_duty(sent: DutySent, who: SignedIn, at: TheDesk) -> DutyView:
    """Put somebody on duty; refused until the fallback telephone is known."""
    keep(who)
    return _save_duty(uuid4(), sent, who, at)


@router.put("/duties/{duty_id}", responses=refuses(409))
def change_duty(duty_id: UUID, sent: ChangedDutySent, who: SignedIn, at: TheDesk) -> DutyView:
    """Change a duty; over somebody else's change, the answer is what stands."""
    keep(who)
    return _save_duty(duty_id, sent, who, at, seen=sent.revision)


@router.delete("/duties/{duty_id}", status_code=204)
def remove_duty(duty_id: UUID, who: SignedIn, at: TheDesk) -> None:
    """Take a duty off the rota."""
    keep(who)
    with at.engine.begin() as connection:
        known = rota.read_duty(connection, duty_id)
        if known is None:
            raise not_found()
        rota.remove_duty(connection, known, By(who.id, at.clock()))


@router.get("/on-duty", responses=refuses(404))
def now_on_duty(
    who: SignedIn,
    at: TheDesk,
    site: Annotated[str, Query(max_length=64)],
    skill: Skill = Skill.DIAGNOSTIC,
    when: When = None,
) -> list[OnDutyView]:
    """Who is called for a site, now unless asked otherwise; a hospital may know it for itself."""
    if not may_see(who.viewer, site):
        raise not_found()
    moment = when or at.clock()
    with at.engine.begin() as connection:
        instant = Period(moment, moment + timedelta(microseconds=1))
        away = [one.absence for one in rota.absences_between(connection, instant)]
        called = on_duty(rota.duties_between(connection, instant), away, Need(site, skill), moment)
        known = rota.read_experts(connection)
    return [on_duty_view(one, known) for one in called]


def _save_duty(duty_id: UUID, sent: DutySent, who: Account, at: TheDesk, *, seen: int | None = None) -> DutyView:
    with at.engine.begin() as connection:
        require_fallback(connection)
        known = rota.read_experts(connection)
        standing = rota.read_duty(connection, duty_id)
        if seen is not None and standing is None:
            raise not_found()
        own = known[sent.expert].centre if sent.expert in known else ""
        one = Duty(
            duty_id,
            sent.expert,
            sent.centre or own,
            sent.skill,
            sent.period,
            sent.rank,
            frozenset(sent.sites),
            sent.mode,
            seen or 1,
        )
        save = rota.add_duty if seen is None else rota.replace_duty
        shown = duty_view(standing, known) if standing else None
        refusing(lambda: save(connection, one, By(who.id, at.clock())), shown)
        return duty_view(one if seen is None else _next(one), known)


def _next(one: Kept) -> Kept:
    """As it stands after it was changed."""
    return replace(one, revision=one.revision + 1)


def _expert(account_id: UUID, name: str, role: str, known: Expert | None, emails: dict[UUID, str]) -> ExpertView:
    return ExpertView(
        id=account_id,
        name=name,
        role=role,
        centre=known.centre if known else None,
        skills=sorted(known.skills) if known else [],
        sites=sorted(known.sites) if known else [],
        languages=list(known.languages) if known else [],
        phone=known.phone if known else "",
        email=emails.get(account_id, ""),
        revision=known.revision if known else 0,
    )
