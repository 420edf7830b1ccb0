"""The worklist's queries: the cases, what their series say of them, and who is called for them.

They are several on purpose: joined, they tempt a planner without statistics into one aggregate per case.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, case, func, select, true

from pipeline.database.tables import account, series, site, study
from pipeline.database.tables import case as cases
from pipeline.database.thread_tables import message
from pipeline.domain.access import Viewer, sees_every_site
from review_ui.calling.rows import called
from review_ui.views import CaseRow, case_fields, shown_as

_NOTHING: Mapping[str, Any] = {"images": 0, "expected": None, "modalities": [], "roles": []}


def shown_to(viewer: Viewer) -> ColumnElement[bool]:
    """The condition under which a viewer may see a case: `pipeline.domain.access.may_see` as SQL."""
    return true() if sees_every_site(viewer) else cases.c.site_id == viewer.site_id


def open_cases(connection: Connection, viewer: Viewer) -> list[CaseRow]:
    """Every open case a viewer may see."""
    found = fields(connection, shown_to(viewer), cases.c.closed_at.is_(None))
    return [shown_as(CaseRow(**one), viewer) for one in found]


def cases_by_id(connection: Connection, case_ids: Collection[UUID]) -> list[CaseRow]:
    """These cases, open or closed, whoever asks: the caller decides who is shown them."""
    return [CaseRow(**one) for one in fields(connection, cases.c.id.in_(case_ids))]


def one_case(connection: Connection, case_id: UUID, viewer: Viewer) -> CaseRow | None:
    """One case, if it exists and the viewer may see it."""
    found = fields(connection, cases.c.id == case_id, shown_to(viewer))
    return shown_as(CaseRow(**found[0]), viewer) if found else None


def fields(connection: Connection, *where: ColumnElement[bool]) -> list[dict[str, Any]]:
    """The fields of a `CaseRow` for every case that fits."""
    query = (
        select(
            cases,
            site.c.name.label("site_name"),
            func.coalesce(func.nullif(account.c.full_name, ""), account.c.name).label("owner"),
        )
        .join(site, site.c.id == cases.c.site_id)
        .outerjoin(account, account.c.id == cases.c.owner_id)
        .where(*where)
    )
    counts, calls, messages = _of_series(connection, where), called(connection, *where), _messages(connection, where)
    return [
        case_fields(row, counts.get(row["id"], _NOTHING))
        | {"called": calls.get(row["id"]), "messages": messages.get(row["id"], 0)}
        for row in connection.execute(query).mappings()
    ]


def _messages(connection: Connection, where: tuple[ColumnElement[bool], ...]) -> Mapping[UUID, int]:
    """How many messages the thread of each case has."""
    query = (
        select(message.c.case_id, func.count().label("n"))
        .where(message.c.case_id.in_(select(cases.c.id).where(*where)))
        .group_by(message.c.case_id)
    )
    return {row.case_id: row.n for row in connection.execute(query)}


def _of_series(connection: Connection, where: tuple[ColumnElement[bool], ...]) -> Mapping[UUID, Mapping[Any, Any]]:
    """Counts and kinds of the series of each case, those we made ourselves left out."""
    known = func.bool_and(series.c.expected.is_not(None))
    expected = case((known, func.sum(func.greatest(series.c.expected, series.c.images))))
    query = (
        select(
            study.c.case_id,
            func.sum(series.c.images).label("images"),
            expected.label("expected"),
            func.array_agg(func.distinct(series.c.modality)).filter(series.c.modality != "").label("modalities"),
            func.array_agg(func.distinct(series.c.role)).filter(series.c.role != "other").label("roles"),
        )
        .join(study, study.c.id == series.c.study_id)
        .where(~series.c.ours, study.c.case_id.in_(select(cases.c.id).where(*where)))
        .group_by(study.c.case_id)
    )
    return {row["case_id"]: row for row in connection.execute(query).mappings()}
