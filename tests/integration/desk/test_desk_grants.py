"""An administrator sees that cases are there and no patient, until somebody else lets him, and no longer."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.integration.desk.test_desk_events import listening
from tests.integration.desk.whole_case import WholeCase


def granting(desk: Any, name: str, *, days: float = 1, to: str = "root") -> Any:
    ends_at = (desk.clock.now + timedelta(days=days)).isoformat()
    body = {"account": str(desk.accounts[to]), "ends_at": ends_at, "why": "frames do not load"}
    return desk.client(name).post("/api/v1/grants", json=body)


def test_without_a_grant_an_administrator_is_told_of_cases_and_of_no_patient(desk: Any) -> None:
    whole = WholeCase(desk)
    desk.client("carhaix").post(
        f"/api/v1/cases/{whole.case}/messages", json={"text": "Mme Doe", "key": str(whole.case)}
    )
    root = desk.client("root")
    answers = [root.get(f"/api/v1{path}") for path in ("/worklist", f"/cases/{whole.case}", "/figures", "/deliveries")]
    with listening(root, after=0) as live:
        told = json.dumps(next(live).case)
    for one in (*(answer.text for answer in answers), told):
        assert not [word for word in ("Doe", "19500101", '"P1"') if word in one]
    (row,) = answers[0].json()["cases"]
    assert (row["patient"]["withheld"], row["tier"], row["images"]) == (True, "orange", 1)
    assert [one["modality"] for one in answers[1].json()["studies"][0]["series"]] == ["CT"]
    refused = root.get(f"/api/v1/studies/{whole.study}/dicomweb/studies/1/series")
    assert (refused.status_code, refused.json()["error"]) == (403, "grant_needed")
    assert "another administrator or a coordinator" in refused.json()["message"]


def test_a_grant_is_another_persons_counts_at_once_and_ends_by_itself_or_by_a_word(desk: Any) -> None:
    whole = WholeCase(desk)
    root = desk.client("root")
    shown = lambda: root.get(f"/api/v1/requests/{whole.request['id']}").status_code  # noqa: E731
    assert granting(desk, "root").json()["error"] == "not_to_oneself"
    assert granting(desk, "expert").status_code == 403
    assert granting(desk, "coordinator", to="expert").status_code == 404
    assert [granting(desk, "coordinator", days=days).status_code for days in (32, -1)] == [422, 422]
    assert shown() == 403
    desk.clock.move(seconds=1)
    made = granting(desk, "coordinator").json()["grants"][0]
    assert (made["running"], made["granted_by"], made["why"]) == (True, "Dr Coordinator", "frames do not load")
    assert shown() == 200
    assert root.get("/api/v1/worklist").json()["cases"][0]["patient"]["name"] == "Doe^Jane"
    assert root.post(f"/api/v1/cases/{whole.case}/take").status_code == 403, "seeing is not treating"
    desk.clock.move(hours=11)
    root.get("/api/v1/worklist").raise_for_status()  # so that the session stays
    desk.clock.move(hours=11)
    root.get("/api/v1/worklist").raise_for_status()
    assert shown() == 200
    desk.clock.move(hours=2)
    assert shown() == 403
    again = granting(desk, "auditor").json()["grants"][0]
    assert shown() == 200
    ended = root.post(f"/api/v1/grants/{again['id']}/end").json()["grants"][0]
    assert (ended["running"], ended["ended_by"]) == (False, "Dr Root")
    assert shown() == 403
    assert root.post(f"/api/v1/grants/{again['id']}/end").json()["error"] == "grant_ended"
    known = desk.client("coordinator").get("/api/v1/grants").json()["grants"]
    assert [one["account_name"] for one in known] == ["Dr Root", "Dr Root", "Dr Auditor"]


def test_the_database_itself_refuses_a_grant_to_oneself(desk: Any) -> None:
    WholeCase(desk)
    with pytest.raises(Exception, match="by_somebody_else"):
        desk.execute(text("UPDATE image_grant SET granted_by = account_id"))
