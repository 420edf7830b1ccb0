"""A person says what a series is: kept, shown with who said it, and the series is read again as that."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import select, update

from pipeline.database.analyses import claim, commit_report
from pipeline.database.tables import analysis, case, event, series, study
from pipeline.domain.analysis import AnalysisState
from pipeline.domain.report import SeriesReport
from pipeline.domain.role import Recognition, SeriesRole
from pipeline.testing.instances import TinySlice


def whole_series(desk: Any) -> tuple[str, str]:
    """A complete CT angiography nobody could read; its case and series."""
    for number in range(1, 4):
        desk.receive(TinySlice(number=number, extra={"ContrastBolusAgent": "IOMERON", "ImagesInAcquisition": 3}))
    ((case_id, series_id),) = desk.execute(select(study.c.case_id, series.c.id).join(study))
    return str(case_id), str(series_id)


def shown(desk: Any, case_id: str, name: str = "expert") -> dict[str, Any]:
    page = desk.client(name).get(f"/api/v1/cases/{case_id}").json()
    one: dict[str, Any] = page["studies"][0]["series"][0]
    return one


def test_a_corrected_role_is_shown_with_its_author_and_the_series_is_read_again(desk: Any) -> None:
    case_id, series_id = whole_series(desk)
    before = shown(desk, case_id)
    assert (before["role"], before["role_correction"]) == ("cta", None)
    assert before["role_confidence"] is not None
    answer = desk.client("expert").post(f"/api/v1/series/{series_id}/role", json={"role": "ncct"})
    assert answer.status_code == 200
    after = shown(desk, case_id)
    assert (after["role"], after["role_confidence"]) == ("ncct", 1.0)
    assert (after["role_correction"]["by"], after["role_correction"]["from_role"]) == ("Dr Expert", "cta")
    assert (after["analysis"]["version"], after["analysis"]["state"]) == (2, "waiting")
    assert after["analysis"]["id"] == answer.json()["analysis"]
    assert desk.execute(select(event.c.kind).order_by(event.c.id.desc()).limit(1)) == [("role_corrected",)]
    with desk.engine.begin() as connection:
        held = claim(connection, desk.execute(select(analysis.c.id).where(analysis.c.version == 2))[0][0], desk.clock())
    assert held is not None
    assert (held.role.value, held.said, held.haste.value) == ("ncct", True, "urgent")


def test_a_word_said_while_an_analysis_runs_outlives_its_end(desk: Any) -> None:
    case_id, series_id = whole_series(desk)
    with desk.engine.begin() as connection:
        held = claim(connection, desk.execute(select(analysis.c.id))[0][0], desk.clock())
    assert held is not None
    desk.client("expert").post(f"/api/v1/series/{series_id}/role", json={"role": "ncct"})
    recognised = Recognition(SeriesRole.CTA, "contrast agent given", 0.95)
    report = SeriesReport("1.2", recognition=recognised, state=AnalysisState.NOT_ANALYSED, why="no model")
    with desk.engine.begin() as connection:
        commit_report(connection, held, report, desk.clock())
    after = shown(desk, case_id)
    assert (after["role"], after["analysis"]["version"]) == ("ncct", 2)


def test_saying_what_it_is_already_changes_nothing(desk: Any) -> None:
    case_id, series_id = whole_series(desk)
    answer = desk.client("expert").post(f"/api/v1/series/{series_id}/role", json={"role": "cta"})
    assert answer.json() == {"id": series_id, "role": "cta", "analysis": None}
    assert shown(desk, case_id)["analysis"]["version"] == 1


def test_a_hospital_sees_the_role_and_may_not_correct_it_and_another_does_not_know_the_series(desk: Any) -> None:
    _, series_id = whole_series(desk)
    path = f"/api/v1/series/{series_id}/role"
    assert desk.client("carhaix").post(path, json={"role": "ncct"}).status_code == 403
    assert desk.client("expert").post(f"/api/v1/series/{uuid4()}/role", json={"role": "ncct"}).status_code == 404
    assert desk.client("expert").post(path, json={"role": "blood"}).status_code == 422
    assert desk.client("carhaix").get("/api/v1/worklist").status_code == 200


def test_a_series_of_a_closed_case_keeps_its_role(desk: Any) -> None:
    case_id, series_id = whole_series(desk)
    desk.execute(update(case).where(case.c.id == case_id).values(closed_at=desk.clock()))
    answer = desk.client("expert").post(f"/api/v1/series/{series_id}/role", json={"role": "ncct"})
    assert (answer.status_code, answer.json()["error"]) == (409, "not_correctable")
