"""A calendar's entries become duties: who is meant, and what becomes of each entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

from sqlalchemy import Connection, select

from pipeline.database import rota
from pipeline.database.rota import By, RotaRefused
from pipeline.database.rota_tables import duty
from pipeline.domain.rota import Duty, DutyMode, Expert, Period, Skill
from review_ui.rota.calendar import Entry, Unreadable


class NotOurs(Exception):
    """An entry that is no duty here, and why."""


@dataclass(frozen=True, slots=True)
class Unsaid:
    """What is meant where an entry does not say."""

    skill: Skill
    rank: int = 1
    centre: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry that was not taken: when it begins, where that is known, and why."""

    entry: str
    why: str


@dataclass(slots=True)
class Imported:
    """What became of a calendar's entries."""

    made: int = 0
    changed: int = 0
    removed: int = 0
    same: int = 0
    refused: list[Refused] = field(default_factory=list)


def import_entries(connection: Connection, entries: Sequence[Entry | Unreadable], unsaid: Unsaid, by: By) -> Imported:
    """Put the entries on the rota; a second import of the same calendar changes nothing."""
    done = Imported()
    experts, emails = rota.read_experts(connection), rota.read_emails(connection)
    rota.lock_rota(connection)
    for one in entries:
        if isinstance(one, Unreadable):
            done.refused.append(Refused(f"event {one.place}", one.why))
            continue
        try:
            with connection.begin_nested():
                _take(connection, one, as_duty(one, experts, emails, unsaid), by, done)
        except (NotOurs, RotaRefused) as error:
            done.refused.append(Refused(one.period.starts_at.isoformat(), str(error)))
    return done


def as_duty(one: Entry, experts: Mapping[UUID, Expert], emails: Mapping[UUID, str], unsaid: Unsaid) -> Duty:
    """The duty an entry means. Raises `NotOurs` when nobody, or more than one, can be meant."""
    who = _who(one, experts, emails)
    return Duty(
        id=one.our_id or uuid4(),
        expert_id=who.id,
        centre=one.location or unsaid.centre or who.centre,
        skill=_skill(one, unsaid),
        period=one.period,
        rank=int(one.rank) if one.rank in set("123456789") else unsaid.rank,
        sites=frozenset(name.strip() for name in one.sites.split(",") if name.strip()),
        mode=DutyMode(one.mode) if one.mode in set(DutyMode) else DutyMode.AT_HOME,
    )


def _skill(one: Entry, unsaid: Unsaid) -> Skill:
    return Skill(one.skill) if one.skill in set(Skill) else unsaid.skill


def _who(one: Entry, experts: Mapping[UUID, Expert], emails: Mapping[UUID, str]) -> Expert:
    named = [who for who in experts.values() if one.account and str(who.id) == one.account.lower()]
    written = [experts[key] for key, email in emails.items() if one.email and email.lower() == one.email]
    said = [who for who in experts.values() if who.name.casefold() in one.summary.casefold()]
    for found in (named, written, said):
        if len(found) == 1:
            return found[0]
        if found:
            break
    raise NotOurs("it names nobody we know, or more than one")


def _take(connection: Connection, one: Entry, meant: Duty, by: By, done: Imported) -> None:
    known = _known(connection, one, meant)
    if one.cancelled:
        if known is not None:
            rota.remove_duty(connection, known, by)
            done.removed += 1
        return
    if known is None:
        rota.add_duty(connection, meant, by, source=one.source)
        done.made += 1
    elif _period_and_rest(known) != _period_and_rest(meant):
        rota.replace_duty(connection, replace(meant, id=known.id, revision=known.revision), by)
        done.changed += 1
    else:
        done.same += 1


def _known(connection: Connection, one: Entry, meant: Duty) -> Duty | None:
    row = connection.execute(select(duty).where((duty.c.source == one.source) | (duty.c.id == meant.id))).one_or_none()
    return None if row is None else rota.as_duty(row)


def _period_and_rest(one: Duty) -> tuple[Period, object]:
    return one.period, (one.expert_id, one.centre, one.skill, one.rank, one.sites, one.mode)
