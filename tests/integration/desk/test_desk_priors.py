"""Asking for the earlier studies of a case's patient, as every role."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select

from pipeline.database import priors
from pipeline.database.tables import case, peer
from pipeline.testing.instances import TinySlice


def test_whoever_works_on_a_case_has_its_earlier_studies_looked_for_where_an_archive_was_named(desk: Any) -> None:
    desk.receive(TinySlice())
    ((case_id,),) = desk.execute(select(case.c.id))
    path = f"/api/v1/cases/{case_id}/priors"
    person = desk.client("carhaix")
    assert person.get(path).json()["offered"] is False
    assert person.post(path).status_code == 409
    desk.execute(insert(peer).values(site_id="carhaix", ae_title="PACS1", host="10.0.0.1", port=104))
    with desk.engine.begin() as connection:
        priors.name_archive(connection, "PACS1")
    assert person.get(path).json() == {"offered": True, "state": None, "why": "", "studies": 0, "images": 0}
    assert person.post(path).json()["state"] == "waiting"
    assert desk.client("expert").post(path).status_code == 200
    assert desk.client("coordinator").get(path).json()["state"] == "waiting"
    assert desk.client("brest").get(path).status_code == 404
    assert desk.client("brest").post(path).status_code == 404
    assert desk.client("root").post(path).status_code in {403, 404}
