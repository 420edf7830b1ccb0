"""What is owed to other systems, as each role sees it, and sending it again."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select

from pipeline.database.delivery_tables import delivery, destination
from pipeline.database.tables import analysis, case, event, result_object, series
from pipeline.testing.instances import TinySlice


@pytest.fixture
def owed(desk: Any) -> Any:
    """A delivery to PACS1 that was given up."""
    desk.receive(TinySlice())
    ((case_id,),) = desk.execute(select(case.c.id))
    ((series_id,),) = desk.execute(select(series.c.id))
    made = insert(analysis).values(series_id=series_id, version=1, state="analysed").returning(analysis.c.id)
    ((analysis_id,),) = desk.execute(made)
    ours = {"analysis_id": analysis_id, "sop_instance_uid": "1.2", "series_instance_uid": "1", "kind": "seg"}
    ((object_id,),) = desk.execute(
        insert(result_object).values(path="x", sha256="", **ours).returning(result_object.c.id)
    )
    pacs = {"name": "PACS1", "kind": "dicom", "site_id": "carhaix", "deliver_when": "signed"}
    ((to,),) = desk.execute(insert(destination).values(**pacs).returning(destination.c.id))
    row = {"destination_id": to, "result_object_id": object_id, "case_id": case_id, "event": "opinion_signed"}
    given_up = insert(delivery).values(state="given_up", why="it is off", attempts=80, **row)
    ((delivery_id,),) = desk.execute(given_up.returning(delivery.c.id))
    return delivery_id


def test_an_administrator_sees_what_is_owed_why_and_to_whom(desk: Any, owed: Any) -> None:
    found = desk.client("root").get("/api/v1/deliveries").json()
    (one,) = found["deliveries"]
    assert (one["id"], one["state"], one["why"], one["kind"]) == (str(owed), "given_up", "it is off", "seg")
    assert one["sent_at"] is None
    assert found["counts"]["given_up"] == 1
    (to,) = found["destinations"]
    assert to == {"name": "PACS1", "kind": "dicom", "site": "carhaix", "deliver_when": "signed", "active": False}
    assert found["may_resend"]


def test_deliveries_are_found_by_state_and_by_case(desk: Any, owed: Any) -> None:
    client = desk.client("root")
    ((case_id,),) = desk.execute(select(case.c.id))
    assert client.get("/api/v1/deliveries?state=sent&state=owed").json()["deliveries"] == []
    assert len(client.get(f"/api/v1/deliveries?state=given_up&case={case_id}").json()["deliveries"]) == 1
    assert client.get(f"/api/v1/deliveries?case={uuid4()}").json()["deliveries"] == []
    assert client.get("/api/v1/deliveries?state=lost").status_code == 422


def test_an_administrator_has_it_sent_again_once_and_the_case_says_who(desk: Any, owed: Any) -> None:
    client = desk.client("root")
    answer = client.post(f"/api/v1/deliveries/{owed}/resend")
    assert (answer.status_code, answer.json()["state"], answer.json()["attempts"]) == (200, "owed", 0)
    assert client.post(f"/api/v1/deliveries/{owed}/resend").json()["error"] == "not_resendable"
    assert client.post(f"/api/v1/deliveries/{uuid4()}/resend").status_code == 404
    ((data,),) = desk.execute(select(event.c.data).where(event.c.kind == "delivery_resent"))
    assert data == {"account": "root"}


@pytest.mark.parametrize(
    ("name", "sees", "resends"),
    [(None, 401, 401), ("carhaix", 403, 403), ("brest", 403, 403), ("expert", 200, 403), ("root", 200, 200)],
)
def test_each_role_is_told_what_it_may_do(desk: Any, owed: Any, name: str | None, sees: int, resends: int) -> None:
    client = desk.client(name)
    answer = client.get("/api/v1/deliveries")
    assert answer.status_code == sees
    assert client.post(f"/api/v1/deliveries/{owed}/resend").status_code == resends
    if sees == 200:
        assert answer.json()["may_resend"] == (resends == 200)
