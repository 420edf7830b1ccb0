"""The rota as a calendar file: read from a hospital's own planning program, and written for everybody's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Body, Query, Response

from pipeline.database import rota
from pipeline.database.rota import By
from pipeline.domain.rota import Period, Skill
from review_ui.desk import SignedIn, TheDesk
from review_ui.http.description import refuses, sends
from review_ui.http.problems import Problem
from review_ui.rota import calendar
from review_ui.rota.asking import When, keep, require_fallback, see, within
from review_ui.rota.calendar import NotACalendar
from review_ui.rota.importing import Imported, Unsaid, import_entries

router = APIRouter(prefix="/rota/calendar", tags=["rota"])

_TYPE = "text/calendar"
_BACK, _AHEAD = timedelta(days=31), timedelta(days=400)
_PARIS = ZoneInfo("Europe/Paris")
"""Times without a zone, as many planning programs write them, are meant so."""


@dataclass(frozen=True, slots=True)
class RefusedView:
    """An entry that was not taken, by when it begins or its place in the file, and why."""

    entry: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedView:
    """What became of a calendar's entries; ``applied`` is false when it was only tried."""

    applied: bool
    made: int
    changed: int
    removed: int
    same: int
    refused: list[RefusedView]


@router.get("", response_class=Response, responses={200: sends(_TYPE)})
def export(who: SignedIn, at: TheDesk, since: When = None, until: When = None, expert: UUID | None = None) -> Response:
    """The duties of all, or of one expert, as iCalendar."""
    see(who)
    with at.engine.begin() as connection:
        known, emails = rota.read_experts(connection), rota.read_emails(connection)
        found = rota.duties_between(connection, within(at.clock(), since, until))
    wanted = [one for one in found if expert is None or one.expert_id == expert]
    headers = {"Content-Disposition": 'attachment; filename="neurovigie-rota.ics"'}
    return Response(calendar.write(wanted, known, emails, at.clock()), media_type=_TYPE, headers=headers)


@router.post("", responses=refuses(409))
def take(
    text: Annotated[bytes, Body(media_type=_TYPE)],
    who: SignedIn,
    at: TheDesk,
    apply: bool = False,  # noqa: FBT001, FBT002 - FastAPI passes it by name
    skill: Skill = Skill.DIAGNOSTIC,
    rank: Annotated[int, Query(ge=1, le=9)] = 1,
) -> ImportedView:
    """Put a calendar's entries on the rota, or, without ``apply``, only say what would become of them.

    An expert is found by the attendee's address, by our own mark, or by his name in the summary; skill
    and rank are the query's where an entry does not say.
    """
    keep(who)
    now = at.clock()
    try:
        entries = list(calendar.read(text, _PARIS, Period(now - _BACK, now + _AHEAD)))
    except NotACalendar as error:
        raise Problem(422, "not_a_calendar", str(error)) from error
    with at.engine.connect() as connection, connection.begin() as all_of_it:
        require_fallback(connection)
        done = import_entries(connection, entries, Unsaid(skill, rank), By(who.id, now))
        if not apply:
            all_of_it.rollback()
    return _view(done, applied=apply)


def _view(done: Imported, *, applied: bool) -> ImportedView:
    return ImportedView(
        applied=applied,
        made=done.made,
        changed=done.changed,
        removed=done.removed,
        same=done.same,
        refused=[RefusedView(one.entry, one.why) for one in done.refused],
    )
