"""The rota in the database: experts, duties, absences, what must be covered; every change says who made it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from pipeline.database.rota_tables import absence, duty, expert, need, rota_change
from pipeline.database.signals import ROTA, signal
from pipeline.database.tables import account, site
from pipeline.domain.errors import BadInput
from pipeline.domain.rota import Absence, Duty, DutyMode, Expert, Need, Period, Skill, clash, suits

_LOCK = 7_310_112_028
"""Key of the advisory lock under which the rota is changed, so that no two changes clash; any fixed number."""


class RotaRefused(BadInput):
    """The rota cannot be changed so; ``code`` says why to a program."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ChangedMeanwhile(RotaRefused):
    """What was to be changed is no longer what it was."""

    def __init__(self) -> None:
        super().__init__("changed_meanwhile", "Somebody changed this meanwhile.")


@dataclass(frozen=True, slots=True)
class By:
    """Who changes the rota, and when."""

    account_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Contact:
    """Where an expert is reached, beside the telephone."""

    email: str = ""


@dataclass(frozen=True, slots=True)
class StoredAbsence:
    """An absence and its id."""

    id: UUID
    absence: Absence
    why: str


def read_experts(connection: Connection) -> dict[UUID, Expert]:
    """Everybody who can be on duty, by account."""
    query = select(expert, func.coalesce(func.nullif(account.c.full_name, ""), account.c.name).label("shown"))
    rows = connection.execute(query.join(account, account.c.id == expert.c.id).order_by(account.c.name))
    return {row.id: _expert(row) for row in rows}


def read_emails(connection: Connection) -> dict[UUID, str]:
    """The addresses of experts who have one."""
    rows = connection.execute(select(expert.c.id, expert.c.email).where(expert.c.email != ""))
    return {row.id: row.email for row in rows}


def save_expert(connection: Connection, one: Expert, contact: Contact, by: By) -> None:
    """Say what an account can be called for. Raises `ChangedMeanwhile` when ``one.revision`` is not what stands."""
    lock_rota(connection)
    standing = connection.scalar(select(expert.c.revision).where(expert.c.id == one.id)) or 0
    if standing != one.revision:
        raise ChangedMeanwhile
    _check_sites(connection, one.sites)
    values = {
        "centre": one.centre,
        "skills": sorted(one.skills),
        "sites": sorted(one.sites),
        "languages": list(one.languages),
        "phone": one.phone,
        "email": contact.email,
        "revision": one.revision + 1,
    }
    known = upsert(expert).values(id=one.id, **values)
    connection.execute(known.on_conflict_do_update(index_elements=[expert.c.id], set_=values))
    note(connection, "expert", {"expert": str(one.id)}, by)


def duties_between(connection: Connection, within: Period) -> list[Duty]:
    """Every duty that touches a period, in order of time."""
    touches = (duty.c.ends_at > within.starts_at) & (duty.c.starts_at < within.ends_at)
    rows = connection.execute(select(duty).where(touches).order_by(duty.c.starts_at, duty.c.rank, duty.c.id))
    return [as_duty(row) for row in rows]


def read_duty(connection: Connection, duty_id: UUID) -> Duty | None:
    """One duty."""
    row = connection.execute(select(duty).where(duty.c.id == duty_id)).one_or_none()
    return None if row is None else as_duty(row)


def add_duty(connection: Connection, one: Duty, by: By, *, source: str | None = None) -> None:
    """Put somebody on duty. Raises `RotaRefused` when it clashes, or the expert cannot do it."""
    check_duty(connection, one)
    connection.execute(insert(duty).values(id=one.id, source=source, **_duty_row(one, by)))
    note(connection, "made", {"duty": str(one.id), **_said(one)}, by)


def replace_duty(connection: Connection, one: Duty, by: By) -> None:
    """Change a duty. Raises `RotaRefused`, or `ChangedMeanwhile` when ``one.revision`` is not what stands."""
    check_duty(connection, one)
    same = (duty.c.id == one.id) & (duty.c.revision == one.revision)
    changed = update(duty).where(same).values(revision=one.revision + 1, **_duty_row(one, by))
    if connection.execute(changed.returning(duty.c.id)).first() is None:
        raise ChangedMeanwhile
    note(connection, "changed", {"duty": str(one.id), **_said(one)}, by)


def remove_duty(connection: Connection, one: Duty, by: By) -> None:
    """Take a duty off the rota; what it was stays written down."""
    lock_rota(connection)
    connection.execute(delete(duty).where(duty.c.id == one.id))
    note(connection, "removed", {"duty": str(one.id), **_said(one)}, by)


def check_duty(connection: Connection, one: Duty) -> None:
    """Raise `RotaRefused` for a duty that cannot be meant, with the rota locked until the transaction ends."""
    lock_rota(connection)
    _check_sites(connection, one.sites)
    who = read_experts(connection).get(one.expert_id)
    if who is None or not suits(who, one):
        raise RotaRefused("not_suited", "This expert does not have that skill, or not for all of these sites.")
    for other in duties_between(connection, one.period):
        found = clash(one, other)
        if found is not None:
            raise RotaRefused(found.value, "At that time somebody has this rank for that skill already.")


def lock_rota(connection: Connection) -> None:
    """Let nobody else change the rota until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def absences_between(connection: Connection, within: Period) -> list[StoredAbsence]:
    """Every absence that touches a period."""
    touches = (absence.c.ends_at > within.starts_at) & (absence.c.starts_at < within.ends_at)
    rows = connection.execute(select(absence).where(touches).order_by(absence.c.starts_at, absence.c.id))
    return [_absence(row) for row in rows]


def read_absence(connection: Connection, absence_id: UUID) -> StoredAbsence | None:
    """One absence."""
    row = connection.execute(select(absence).where(absence.c.id == absence_id)).one_or_none()
    return None if row is None else _absence(row)


def add_absence(connection: Connection, one: Absence, why: str, by: By) -> UUID:
    """Note when an expert cannot be called."""
    if one.expert_id not in read_experts(connection):
        raise RotaRefused("no_expert", "There is no such expert.")
    values = {"expert_id": one.expert_id, "starts_at": one.period.starts_at, "ends_at": one.period.ends_at, "why": why}
    made: UUID = connection.execute(insert(absence).values(values).returning(absence.c.id)).scalar_one()
    note(connection, "absent", {"absence": str(made), "expert": str(one.expert_id)}, by)
    return made


def remove_absence(connection: Connection, one: StoredAbsence, by: By) -> None:
    """He can be called after all."""
    connection.execute(delete(absence).where(absence.c.id == one.id))
    note(connection, "present", {"absence": str(one.id), "expert": str(one.absence.expert_id)}, by)


def read_needs(connection: Connection) -> list[Need]:
    """What must always be covered: diagnostic neuroradiology for every site that has no list of its own."""
    listed: dict[str, list[Need]] = {}
    for row in connection.execute(select(need)):
        listed.setdefault(row.site_id, []).append(Need(row.site_id, Skill(row.skill)))
    sites = connection.execute(select(site.c.id).order_by(site.c.id)).scalars()
    return [one for name in sites for one in listed.get(name, [Need(name, Skill.DIAGNOSTIC)])]


def save_needs(connection: Connection, site_id: str, skills: Iterable[Skill], seen: Iterable[Skill], by: By) -> None:
    """Say what must be covered for a site; nothing: diagnostic neuroradiology.

    Raises `ChangedMeanwhile` when what must be covered is not what was ``seen``.
    """
    lock_rota(connection)
    _check_sites(connection, [site_id])
    if set(seen) != {one.skill for one in read_needs(connection) if one.site == site_id}:
        raise ChangedMeanwhile
    connection.execute(delete(need).where(need.c.site_id == site_id))
    rows = [{"site_id": site_id, "skill": skill.value} for skill in sorted(set(skills))]
    if rows:
        connection.execute(insert(need).values(rows))
    note(connection, "needs", {"site": site_id, "skills": [row["skill"] for row in rows]}, by)


def note(connection: Connection, kind: str, data: Mapping[str, object], by: By) -> None:
    """Write down who changed what of the rota, and have open pages read it again."""
    connection.execute(insert(rota_change).values(kind=kind, data=dict(data), by=by.account_id, at=by.at))
    signal(connection, ROTA)


def as_duty(row: Row[Any]) -> Duty:
    """A row of the table as the domain has it."""
    return Duty(
        id=row.id,
        expert_id=row.expert_id,
        centre=row.centre,
        skill=Skill(row.skill),
        period=Period(row.starts_at, row.ends_at),
        rank=row.rank,
        sites=frozenset(row.sites),
        mode=DutyMode(row.mode),
        revision=row.revision,
    )


def _check_sites(connection: Connection, wanted: Sequence[str] | frozenset[str]) -> None:
    known = set(connection.execute(select(site.c.id)).scalars())
    if not set(wanted) <= known:
        raise RotaRefused("site_unknown", "There is no such hospital here.")


def _duty_row(one: Duty, by: By) -> dict[str, Any]:
    return {
        "expert_id": one.expert_id,
        "centre": one.centre,
        "skill": one.skill.value,
        "starts_at": one.period.starts_at,
        "ends_at": one.period.ends_at,
        "rank": one.rank,
        "sites": sorted(one.sites),
        "mode": one.mode.value,
        "changed_by": by.account_id,
        "changed_at": by.at,
    }


def _said(one: Duty) -> dict[str, object]:
    return {
        "expert": str(one.expert_id),
        "skill": one.skill.value,
        "starts_at": one.period.starts_at.isoformat(),
        "ends_at": one.period.ends_at.isoformat(),
        "rank": one.rank,
    }


def _expert(row: Row[Any]) -> Expert:
    return Expert(
        id=row.id,
        name=row.shown,
        centre=row.centre,
        skills=frozenset(Skill(one) for one in row.skills),
        sites=frozenset(row.sites),
        languages=tuple(row.languages),
        phone=row.phone,
        revision=row.revision,
    )


def _absence(row: Row[Any]) -> StoredAbsence:
    return StoredAbsence(row.id, Absence(row.expert_id, Period(row.starts_at, row.ends_at)), row.why)
