"""When a case was treated or left: asked of people, kept with who said so, and in the figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from pipeline.database.tables import event
from pipeline.testing.instances import TinySlice

ASKED: dict[str, Any] = {
    "patient": {"family_name": "Doe", "given_name": "Jane", "patient_id": "P1", "birth_date": "19500101"},
    "urgency": "urgent",
    "requester": "Dr Morvan",
    "call_back": "+33 2 98 00 00 00",
}


def moment(desk: Any, minutes: int) -> str:
    return str((desk.clock.now + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z"))


def asked(desk: Any) -> str:
    """A case of Carhaix whose patient came twenty minutes ago."""
    desk.receive(TinySlice(patient_name="Doe^Jane"))
    body = ASKED | {"arrived_at": moment(desk, -20)}
    return str(desk.client("carhaix").post("/api/v1/requests", json=body).raise_for_status().json()["case"])


def test_needle_and_departure_are_told_once_shown_at_once_and_counted(desk: Any) -> None:
    path = f"/api/v1/cases/{asked(desk)}/times"
    carhaix, expert = desk.client("carhaix"), desk.client("expert")
    before = carhaix.get(path).json()
    assert (before["revision"], before["needle_at"], before["may_tell"]) == (0, None, True)
    assert before["intervals_min"] == {"door_to_imaging": 20.0}
    desk.clock.move(minutes=60)
    told = {"revision": 0, "needle_at": moment(desk, -30), "departed_at": moment(desk, -5)}
    after = carhaix.put(path, json=told).raise_for_status().json()
    assert (after["revision"], after["needle_at"]) == (1, told["needle_at"])
    assert after["intervals_min"]["door_to_needle"] == 50.0
    assert after["intervals_min"]["door_in_door_out"] == 75.0
    assert list(after["moments"])[-1] == "departed_at"
    assert carhaix.put(path, json=told | {"revision": 1}).json()["revision"] == 1  # the same again is no change
    stale = expert.put(path, json={"revision": 0})
    assert (stale.status_code, stale.json()["current"]["revision"]) == (409, 1)
    newest = desk.execute(select(event.c.kind, event.c.data).order_by(event.c.id.desc()).limit(1))[0]
    assert (newest.kind, newest.data["by"]) == ("treatment_told", str(desk.accounts["carhaix"]))
    (ours,) = carhaix.get("/api/v1/figures").json()
    assert ours["intervals"]["door_in_door_out"] == {"cases": 1, "median_min": 75.0, "p90_min": 75.0}
    assert expert.put(path, json={"revision": 1}).json()["needle_at"] is None


def test_a_time_to_come_is_refused_and_others_neither_see_nor_tell(desk: Any) -> None:
    path = f"/api/v1/cases/{asked(desk)}/times"
    wrong = desk.client("carhaix").put(path, json={"revision": 0, "needle_at": moment(desk, 30)})
    assert (wrong.status_code, wrong.json()["refused"]) == (422, {"needle_at": "future"})
    answers = {
        name: (desk.client(name).get(path).status_code, desk.client(name).put(path, json={"revision": 0}).status_code)
        for name in ("brest", "root", "coordinator", "colleague")
    }
    assert answers == {"brest": (404, 404), "root": (200, 403), "coordinator": (200, 200), "colleague": (200, 200)}
    assert desk.client().get(path).status_code == 401
