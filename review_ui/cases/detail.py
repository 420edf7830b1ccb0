"""The case page's query: studies, series, the newest analysis of each, what happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, select

from pipeline.database.skews import large_skews_of
from pipeline.database.tables import (
    account,
    analysis,
    event,
    finding,
    identity_correction,
    result_object,
    role_correction,
    series,
    study,
)
from pipeline.database.tables import case as cases
from pipeline.domain.access import Viewer
from review_ui.bundles import BundleTexts
from review_ui.cases.select import fields, shown_to
from review_ui.detail_views import (
    CaseDetail,
    ClockView,
    CorrectionView,
    EventView,
    RoleCorrectionView,
    SeriesView,
    StudyView,
    analysis_pair,
    analysis_view,
    series_view,
    study_view,
)
from review_ui.views import CaseRow, shown_as

_MOST_EVENTS = 500
"""The newest events shown on a case's page."""


def case_detail(
    connection: Connection, case_id: UUID, viewer: Viewer, bundles: BundleTexts, now: datetime
) -> CaseDetail | None:
    """One case with everything its page shows, if it exists and the viewer may see it."""
    found = fields(connection, cases.c.id == case_id, shown_to(viewer))
    if not found:
        return None
    row = shown_as(CaseRow(**found[0]), viewer)
    known = {one.name: getattr(row, one.name) for one in dataclass_fields(row)}
    return CaseDetail(
        **known,
        **(_withheld if row.patient.withheld else _shown)(connection, case_id, viewer, bundles),
        clocks=[ClockView(name, one.ahead_s) for (_, name), one in large_skews_of(connection, case_id, now).items()],
    )


def _shown(connection: Connection, case_id: UUID, viewer: Viewer, bundles: BundleTexts) -> dict[str, Any]:
    return {
        "studies": _studies(connection, study.c.case_id == case_id, bundles),
        "earlier": _studies(connection, _of_older_cases(case_id, viewer), bundles),
        "identity_corrections": _corrections(connection, case_id),
        "events": _events(connection, case_id),
    }


def _withheld(connection: Connection, case_id: UUID, _: Viewer, bundles: BundleTexts) -> dict[str, Any]:
    """What came, what became of it and when, without what people wrote and without the patient's other studies."""
    return {
        "studies": [
            replace(one, study_description="") for one in _studies(connection, study.c.case_id == case_id, bundles)
        ],
        "earlier": [],
        "identity_corrections": [],
        "events": [replace(one, data={}) for one in _events(connection, case_id)],
    }


def _of_older_cases(case_id: UUID, viewer: Viewer) -> ColumnElement[bool]:
    """Studies of the same patient, as one site names them, in cases that began before this one.

    A patient without an identifier has no earlier studies: two are never taken for one by guess.
    """
    this, older = cases.alias("this"), cases
    same = [this.c[name] == older.c[name] for name in ("site_id", "issuer_of_patient_id", "patient_id")]
    found = (
        select(older.c.id)
        .join(this, and_(*same, older.c.first_image_at < this.c.first_image_at))
        .where(this.c.id == case_id, this.c.patient_id != "", shown_to(viewer))
    )
    return study.c.case_id.in_(found)


def _studies(connection: Connection, which: ColumnElement[bool], bundles: BundleTexts) -> list[StudyView]:
    known = connection.execute(
        select(study).where(which).order_by(study.c.study_date, study.c.study_time, study.c.created_at)
    ).all()
    found = _series(connection, [row.id for row in known], bundles)
    return [study_view(row, found[row.id]) for row in known]


def _series(connection: Connection, study_ids: Collection[UUID], bundles: BundleTexts) -> dict[UUID, list[SeriesView]]:
    known = connection.execute(
        select(series)
        .where(series.c.study_id.in_(study_ids))
        .order_by(series.c.series_number.asc().nulls_last(), series.c.first_image_at, series.c.id)
    ).all()
    analyses = _analyses(connection, [row.id for row in known])
    parts = _parts(connection, (row.id for versions in analyses.values() for row in versions))
    said = _roles_said(connection, [row.id for row in known])
    found: dict[UUID, list[SeriesView]] = defaultdict(list)
    for row in known:
        views = [analysis_view(one, *parts[one.id], bundles) for one in analyses[row.id]]
        found[row.study_id].append(series_view(row, *analysis_pair(views), said.get(row.id)))
    return found


def _roles_said(connection: Connection, series_ids: Collection[UUID]) -> dict[UUID, RoleCorrectionView]:
    """What a person said last of each series' role."""
    corrections = (
        select(role_correction, account.c.name, account.c.full_name)
        .join(account, account.c.id == role_correction.c.account_id)
        .where(role_correction.c.series_id.in_(series_ids))
        .order_by(role_correction.c.at)
    )
    return {
        row.series_id: RoleCorrectionView(row.full_name or row.name, row.at, row.from_role, row.from_reason)
        for row in connection.execute(corrections)
    }


def _analyses(connection: Connection, series_ids: Collection[UUID]) -> dict[UUID, list[Row[Any]]]:
    """Every version of the analyses of each series, the newest first."""
    found = defaultdict(list)
    newest_first = select(analysis).where(analysis.c.series_id.in_(series_ids)).order_by(analysis.c.version.desc())
    for row in connection.execute(newest_first):
        found[row.series_id].append(row)
    return found


def _parts(connection: Connection, analysis_ids: Iterable[UUID]) -> dict[UUID, tuple[list[Row[Any]], list[Row[Any]]]]:
    """The findings, largest first, and the objects made, of each analysis."""
    wanted = list(analysis_ids)
    parts: dict[UUID, tuple[list[Row[Any]], list[Row[Any]]]] = defaultdict(lambda: ([], []))
    findings = select(finding).where(finding.c.analysis_id.in_(wanted)).order_by(finding.c.volume_ml.desc())
    for row in connection.execute(findings):
        parts[row.analysis_id][0].append(row)
    objects = select(result_object).where(result_object.c.analysis_id.in_(wanted)).order_by(result_object.c.created_at)
    for row in connection.execute(objects):
        parts[row.analysis_id][1].append(row)
    return parts


def _corrections(connection: Connection, case_id: UUID) -> list[CorrectionView]:
    asked = (
        select(identity_correction)
        .where(identity_correction.c.case_id == case_id)
        .order_by(identity_correction.c.created_at)
    )
    return [CorrectionView(row.id, row.known, row.proposed, row.state) for row in connection.execute(asked)]


def _events(connection: Connection, case_id: UUID) -> list[EventView]:
    newest = select(event).where(event.c.case_id == case_id).order_by(event.c.id.desc()).limit(_MOST_EVENTS)
    return [EventView(row.id, row.kind, row.at, row.data) for row in connection.execute(newest)][::-1]
