"""A settled case is taken off the worklist by a person, and comes back with a new image."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from pipeline.database.tables import analysis, case, series
from pipeline.testing.instances import TinySlice


def settled_case(desk: Any) -> str:
    """A case whose series is complete and has its answer."""
    for number in (1, 2, 3):
        desk.receive(TinySlice(number=number, extra={"ImagesInAcquisition": 3}))
    desk.execute(update(series).values(arrival="complete").returning(series.c.id))
    desk.execute(update(analysis).values(state="analysed").returning(analysis.c.id))
    ((case_id,),) = desk.execute(select(case.c.id))
    return str(case_id)


def on_worklist(desk: Any) -> list[str]:
    return [one["id"] for one in desk.client("expert").get("/api/v1/worklist").json()["cases"]]


def test_a_case_is_closed_opened_again_and_opened_by_a_new_image(desk: Any) -> None:
    case_id = settled_case(desk)
    closed = desk.client("expert").post(f"/api/v1/cases/{case_id}/close")
    assert closed.status_code == 200
    assert closed.json()["closed_at"]
    assert on_worklist(desk) == []
    assert desk.client("expert").post(f"/api/v1/cases/{case_id}/reopen").json()["closed_at"] is None
    assert on_worklist(desk) == [case_id]
    desk.client("expert").post(f"/api/v1/cases/{case_id}/close")
    desk.receive(TinySlice(number=4))
    assert on_worklist(desk) == [case_id]
    kinds = [one["kind"] for one in desk.client("expert").get(f"/api/v1/cases/{case_id}").json()["events"]]
    assert kinds.count("closed") == kinds.count("reopened") == 2


def test_a_case_that_is_not_settled_is_not_closed_and_why_is_said(desk: Any) -> None:
    case_id = settled_case(desk)
    desk.execute(update(analysis).values(state="running").returning(analysis.c.id))
    refused = desk.client("expert").post(f"/api/v1/cases/{case_id}/close")
    assert refused.status_code == 409
    assert refused.json()["holds"] == ["under_analysis"]
    assert on_worklist(desk) == [case_id]


def test_a_hospital_and_an_administrator_close_nothing(desk: Any) -> None:
    case_id = settled_case(desk)
    for name in ("carhaix", "root"):
        assert desk.client(name).post(f"/api/v1/cases/{case_id}/close").status_code in (403, 404)
    assert on_worklist(desk) == [case_id]
