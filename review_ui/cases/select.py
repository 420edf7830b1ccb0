"""The worklist's query."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, case, func, select, true

from pipeline.database.tables import account, series, site, study
from pipeline.database.tables import case as cases
from pipeline.domain.access import Viewer, sees_every_site
from review_ui.views import CaseRow, case_row


def shown_to(viewer: Viewer) -> ColumnElement[bool]:
    """The condition under which a viewer may see a case: `pipeline.domain.access.may_see` as SQL."""
    return true() if sees_every_site(viewer) else cases.c.site_id == viewer.site_id


def open_cases(connection: Connection, viewer: Viewer) -> list[CaseRow]:
    """Every open case a viewer may see."""
    return [case_row(row) for row in connection.execute(rows(shown_to(viewer), cases.c.closed_at.is_(None)))]


def cases_by_id(connection: Connection, case_ids: Collection[UUID]) -> list[CaseRow]:
    """These cases, open or closed, whoever asks: the caller decides who is shown them."""
    return [case_row(row) for row in connection.execute(rows(cases.c.id.in_(case_ids)))]


def one_case(connection: Connection, case_id: UUID, viewer: Viewer) -> CaseRow | None:
    """One case, if it exists and the viewer may see it."""
    row = connection.execute(rows(cases.c.id == case_id, shown_to(viewer))).one_or_none()
    return None if row is None else case_row(row)


def rows(*where: ColumnElement[bool]) -> Select[Any]:
    """One row per case, with what its series say of it."""
    of_series = _of_series(where)
    return (
        select(
            cases,
            site.c.name.label("site_name"),
            func.coalesce(func.nullif(account.c.full_name, ""), account.c.name).label("owner"),
            *(of_series.c[name] for name in ("images", "expected", "modalities", "roles")),
        )
        .join(site, site.c.id == cases.c.site_id)
        .outerjoin(account, account.c.id == cases.c.owner_id)
        .outerjoin(of_series, of_series.c.case_id == cases.c.id)
        .where(*where)
    )


def _of_series(where: tuple[ColumnElement[bool], ...]) -> Subquery:
    """Counts and kinds of the series of each case, those we made ourselves left out."""
    known = func.bool_and(series.c.expected.is_not(None))
    expected = case((known, func.sum(func.greatest(series.c.expected, series.c.images))))
    modalities = func.array_agg(func.distinct(series.c.modality)).filter(series.c.modality != "")
    roles = func.array_agg(func.distinct(series.c.role)).filter(series.c.role != "other")
    return (
        select(
            study.c.case_id,
            func.sum(series.c.images).label("images"),
            expected.label("expected"),
            modalities.label("modalities"),
            roles.label("roles"),
        )
        .join(study, study.c.id == series.c.study_id)
        .join(cases, cases.c.id == study.c.case_id)
        .where(and_(~series.c.ours, *where))
        .group_by(study.c.case_id)
        .subquery()
    )
