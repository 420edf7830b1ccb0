"""The rota over HTTP: nobody is on duty before there is a last resort, and every change is allowed to few."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from pipeline.database.rota_tables import rota_change

PHONE = "+33 2 98 11 11 11"
ANNE: dict[str, Any] = {
    "revision": 0,
    "centre": "chu-brest",
    "skills": ["diagnostic"],
    "phone": PHONE,
    "email": "anne@chu.example",
}
BASTIEN: dict[str, Any] = {
    "revision": 0,
    "centre": "chu-rennes",
    "skills": ["diagnostic"],
    "phone": PHONE,
    "languages": ["fr", "zh"],
}


@pytest.fixture
def rota(desk: Any) -> Callable[..., httpx.Response]:
    """Asks something of the rota as somebody."""
    clients = {name: desk.client(name) for name in ("root", "coordinator", "expert", "colleague", "carhaix")}

    def ask(name: str, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return clients[name].request(method, f"/api/v1{path}", json=body, **more)

    ask("root", "PUT", "/set-up", {"fallback_phone": PHONE, "revision": 0}).raise_for_status()
    for name, said in (("expert", ANNE), ("colleague", BASTIEN)):
        ask("coordinator", "PUT", f"/rota/experts/{desk.accounts[name]}", said).raise_for_status()
    return ask


def duty(who: object, starts: str, ends: str, **more: Any) -> dict[str, Any]:
    times = {"starts_at": f"2026-11-{starts}:00:00Z", "ends_at": f"2026-11-{ends}:00:00Z"}
    return {"expert": str(who), "skill": "diagnostic", **times, **more}


def test_the_fallback_number_comes_first_and_each_hospital_sees_its_own(desk: Any) -> None:
    root, coordinator = desk.client("root"), desk.client("coordinator")
    assert not root.get("/api/v1/set-up").json()["complete"]
    coordinator.put(f"/api/v1/rota/experts/{desk.accounts['expert']}", json=ANNE).raise_for_status()
    first = duty(desk.accounts["expert"], "21T00", "28T00")
    assert coordinator.post("/api/v1/rota/duties", json=first).json()["error"] == "fallback_missing"
    assert root.put("/api/v1/set-up", json={}).status_code == 422
    said = {"revision": 0, "fallback_phone": PHONE, "site_phones": {"carhaix": "15"}}
    assert root.put("/api/v1/set-up", json=said | {"site_phones": {"carhaix": "nine"}}).status_code == 422
    said["site_phones"] = {"carhaix": "02 98 99 00 00"}
    assert coordinator.put("/api/v1/set-up", json=said).status_code == 403
    assert root.put("/api/v1/set-up", json=said).json()["complete"]
    assert coordinator.post("/api/v1/rota/duties", json=first).status_code == 201
    shown = {name: desk.client(name).get("/api/v1/set-up").json()["fallback_phone"] for name in ("carhaix", "brest")}
    assert shown == {"carhaix": "02 98 99 00 00", "brest": PHONE}


def test_two_centres_share_a_week_and_what_is_uncovered_shows_weeks_ahead(desk: Any, rota: Any) -> None:
    anne, bastien = desk.accounts["expert"], desk.accounts["colleague"]
    assert rota("coordinator", "POST", "/rota/duties", duty(anne, "21T00", "24T07")).status_code == 201
    made = rota("coordinator", "POST", "/rota/duties", duty(bastien, "24T07", "28T07", mode="on_site")).json()
    assert (made["centre"], made["expert_name"], made["mode"]) == ("chu-rennes", "Dr Colleague", "on_site")
    found = rota("expert", "GET", "/rota/gaps?days=14").json()
    starts = {(gap["site"], gap["starts_at"]) for gap in found}
    assert starts == {(site, "2026-11-28T07:00:00Z") for site in ("brest", "carhaix", "local")}
    clash = rota("coordinator", "POST", "/rota/duties", duty(anne, "25T00", "26T00"))
    assert (clash.status_code, clash.json()["error"]) == (409, "same_rank")
    assert rota("coordinator", "POST", "/rota/duties", duty(anne, "25T00", "26T00", rank=2)).status_code == 201
    called = rota("carhaix", "GET", "/rota/on-duty?site=carhaix&when=2026-11-25T03:00:00Z").json()
    assert [(one["expert_name"], one["rank"], one["phone"]) for one in called] == [
        ("Dr Colleague", 1, PHONE),
        ("Dr Expert", 2, PHONE),
    ]
    away = {"starts_at": "2026-11-25T00:00:00Z", "ends_at": "2026-11-25T12:00:00Z", "why": "congress"}
    assert rota("colleague", "POST", "/rota/absences", away).status_code == 201
    called = rota("carhaix", "GET", "/rota/on-duty?site=carhaix&when=2026-11-25T03:00:00Z").json()
    assert [one["expert_name"] for one in called] == ["Dr Expert"]
    rota(
        "coordinator", "PUT", "/rota/needs/brest", {"skills": ["interventional"], "seen": ["diagnostic"]}
    ).raise_for_status()
    assert {gap["skill"] for gap in rota("expert", "GET", "/rota/gaps?days=7").json()} >= {"interventional"}


def test_an_exchange_is_proposed_accepted_once_and_on_the_rota_at_once(desk: Any, rota: Any) -> None:
    anne, bastien = str(desk.accounts["expert"]), str(desk.accounts["colleague"])
    made = rota("coordinator", "POST", "/rota/duties", duty(anne, "24T00", "25T00")).json()
    wanted = {
        "duty": made["id"],
        "taker": bastien,
        "starts_at": "2026-11-24T08:00:00Z",
        "ends_at": "2026-11-24T12:00:00Z",
    }
    assert rota("colleague", "POST", "/rota/exchanges", wanted).status_code == 403
    proposed = rota("expert", "POST", "/rota/exchanges", wanted).json()
    path = f"/rota/exchanges/{proposed['id']}"
    assert rota("expert", "POST", f"{path}/accept").json()["error"] == "not_yours_to_answer"
    assert rota("colleague", "POST", f"{path}/accept").json()["state"] == "accepted"
    assert rota("colleague", "POST", f"{path}/decline").status_code == 409
    found = rota("expert", "GET", "/rota/duties").json()
    assert [(one["expert"], one["starts_at"][11:13]) for one in found] == [(anne, "00"), (bastien, "08"), (anne, "12")]
    late = wanted | {"starts_at": "2026-11-24T09:00:00Z", "ends_at": "2026-11-24T10:00:00Z"}
    assert rota("expert", "POST", "/rota/exchanges", late).json()["error"] == "not_his_duty"
    kinds = [row.kind for row in desk.execute(select(rota_change).order_by(rota_change.c.at))]
    assert "handed_over" in kinds


def test_a_calendar_is_tried_applied_once_and_exported_whole(desk: Any, rota: Any) -> None:
    text = "\r\n".join(
        (
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//planning//FR",
            "BEGIN:VEVENT", "UID:a", "DTSTART;TZID=Europe/Paris:20261123T083000", "DURATION:P1D",
            "RRULE:FREQ=DAILY;COUNT=3", "ATTENDEE:mailto:anne@chu.example", "SUMMARY:Astreinte", "END:VEVENT",
            "BEGIN:VEVENT", "UID:b", "DTSTART:20261124T000000Z", "DURATION:P1D", "SUMMARY:Dr Colleague", "END:VEVENT",
            "BEGIN:VEVENT", "UID:c", "DTSTART:20261130T000000Z", "DURATION:P1D", "SUMMARY:somebody", "END:VEVENT",
            "END:VCALENDAR", "",
        )
    )  # fmt: skip

    def send(query: str, who: str = "coordinator", content: str = text) -> Any:
        return rota(who, "POST", f"/rota/calendar{query}", content=content, headers={"Content-Type": "text/calendar"})

    assert send("", "expert").status_code == 403
    assert send("", content="hello").json()["error"] == "not_a_calendar"
    tried = send("").json()
    assert (tried["applied"], tried["made"], len(tried["refused"])) == (False, 3, 2)
    assert rota("expert", "GET", "/rota/duties").json() == []
    assert send("?apply=true").json()["made"] == 3
    again = send("?apply=true").json()
    assert (again["made"], again["changed"], again["same"]) == (0, 0, 3)
    written = rota("expert", "GET", "/rota/calendar")
    assert written.headers["content-type"].startswith("text/calendar")
    back = send("?apply=true", content=written.text).json()
    assert (back["made"], back["changed"], back["same"], back["refused"]) == (0, 0, 3, [])


def test_a_hospital_neither_sees_nor_changes_the_rota_and_experts_do_not_change_it(desk: Any, rota: Any) -> None:
    expert = desk.accounts["expert"]
    calls = [
        ("GET", "/rota/experts", None, True),
        ("GET", "/rota/duties", None, True),
        ("GET", "/rota/gaps", None, True),
        ("GET", "/rota/needs", None, True),
        ("GET", "/rota/absences", None, True),
        ("GET", "/rota/exchanges", None, True),
        ("GET", "/rota/calendar", None, True),
        ("GET", "/rota/holidays?year=2026", None, True),
        ("PUT", f"/rota/experts/{expert}", ANNE, False),
        ("POST", "/rota/duties", duty(expert, "21T00", "22T00"), False),
        ("PUT", f"/rota/duties/{expert}", duty(expert, "21T00", "22T00", revision=1), False),
        ("DELETE", f"/rota/duties/{expert}", None, False),
        ("PUT", "/rota/needs/brest", {"skills": [], "seen": []}, False),
    ]
    for method, path, body, for_experts in calls:
        assert rota("carhaix", method, path, body).status_code == 403, path
        assert (rota("expert", method, path, body).status_code == 403) != for_experts, path
    assert rota("carhaix", "GET", "/rota/on-duty?site=brest").status_code == 404
    assert desk.client().get("/api/v1/rota/duties").status_code == 401


def test_whoever_changes_what_somebody_else_changed_meanwhile_is_shown_it_and_overwrites_nothing(
    desk: Any, rota: Any
) -> None:
    anne = desk.accounts["expert"]
    made = rota("coordinator", "POST", "/rota/duties", duty(anne, "21T00", "24T00")).json()
    path, sent = f"/rota/duties/{made['id']}", duty(anne, "21T00", "25T00", revision=made["revision"])
    changed = rota("coordinator", "PUT", path, sent).json()
    assert changed["revision"] == made["revision"] + 1
    known = rota("coordinator", "GET", "/rota/experts").json()
    said = next(one for one in known if one["id"] == str(anne))
    stale = [
        ("PUT", path, sent | {"rank": 3}, "ends_at", "2026-11-25T00:00:00Z"),
        ("PUT", f"/rota/experts/{anne}", ANNE | {"phone": "15 15 15"}, "phone", said["phone"]),
        ("PUT", "/set-up", {"fallback_phone": "15 15 15", "revision": 0}, "fallback_phone", PHONE),
    ]
    for method, where, body, field, standing in stale:
        answer = rota("root", method, where, body)
        assert (answer.status_code, answer.json()["error"]) == (409, "changed_meanwhile"), where
        assert answer.json()["current"][field] == standing
        assert answer.json()["current"]["revision"] > body["revision"]
        again = rota("root", method, where, body | {"revision": answer.json()["current"]["revision"]})
        assert again.is_success, again.text
    needs = {"skills": ["neurology"], "seen": ["diagnostic"]}
    assert rota("root", "PUT", "/rota/needs/brest", needs).json()["brest"] == ["neurology"]
    answer = rota("root", "PUT", "/rota/needs/brest", needs)
    assert (answer.status_code, answer.json()["current"]) == (409, ["neurology"])
