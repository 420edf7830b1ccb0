"""From a request to a telephone that rings: told by every channel that was named, without a word of the patient."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, update

from pipeline.clerk.notify.courier import Telling, tell_due
from pipeline.database.calling_tables import notification
from pipeline.database.channels import NewChannel, turn_on
from pipeline.database.notifications import due_channels, take_back_lost
from pipeline.domain.notification import LEASE, ChannelKind
from pipeline.push.vapid import make_key
from pipeline.testing.browser import Browser
from pipeline.testing.listeners import Listener, http_listener

PHONE = "+33 2 98 11 11 11"
ASKED: dict[str, Any] = {
    "patient": {"family_name": "Doe", "patient_id": "P1", "birth_date": "19500101"},
    "urgency": "urgent",
    "requester": "Dr Morvan",
    "call_back": PHONE,
    "question": "Thrombolysis?",
}


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Another system on this machine."""
    with http_listener(201) as heard:
        yield heard


class House:
    """A desk with one expert on duty, and the clerk's telling in the test's own hand."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk
        self.client = {name: desk.client(name) for name in ("root", "expert", "carhaix")}
        root, expert = self.client["root"], str(desk.accounts["expert"])
        said = {"revision": 0, "fallback_phone": PHONE, "public_url": "https://desk.example"}
        root.put("/api/v1/set-up", json=said).raise_for_status()
        known = {"revision": 0, "centre": "chu", "skills": ["diagnostic"], "phone": PHONE, "email": "anne@chu.example"}
        root.put(f"/api/v1/rota/experts/{expert}", json=known).raise_for_status()
        times = {"starts_at": "2026-11-20T00:00:00Z", "ends_at": "2026-11-30T00:00:00Z"}
        duty = {"expert": expert, "skill": "diagnostic", **times}
        root.post("/api/v1/rota/duties", json=duty).raise_for_status()
        self.telling = Telling(desk.engine, desk.settings.folders.root, desk.clock, Random(1))

    def name(self, kind: ChannelKind, address: str) -> None:
        with self.desk.engine.begin() as connection:
            turn_on(connection, NewChannel(kind.value, kind, address), self.desk.clock.now)

    def request(self) -> str:
        made = self.client["carhaix"].post("/api/v1/requests", json=ASKED)
        return str(made.raise_for_status().json()["case"])

    def tell(self) -> int:
        with self.desk.engine.begin() as connection:
            due = due_channels(connection, self.desk.clock.now)
        return sum(tell_due(self.telling, one) for one in due)

    def told(self, case: str) -> list[dict[str, Any]]:
        calls = self.client["carhaix"].get(f"/api/v1/cases/{case}/calling").json()["calls"]
        return [told for call in calls for told in call["told"]]


@pytest.fixture
def house(desk: Any) -> House:
    """One expert on duty, nothing named yet."""
    return House(desk)


def test_without_a_named_channel_nothing_is_ever_sent(house: House) -> None:
    case = house.request()
    assert house.told(case) == []
    assert house.client["root"].get("/api/v1/channels").json() == []
    assert house.client["expert"].get("/api/v1/push").json() == {"active": False, "application_server_key": None}


def test_a_browser_is_woken_and_the_link_leads_to_the_case(house: House, listener: Listener) -> None:
    browser, expert = Browser(), house.client["expert"]
    sent = {"endpoint": listener.url, "keys": {"p256dh": browser.p256dh, "auth": browser.auth}}
    assert expert.post("/api/v1/push/subscriptions", json=sent).json()["error"] == "service_not_named"
    make_key(house.desk.settings.folders.root)
    house.name(ChannelKind.PUSH, "127.0.0.1")
    assert expert.get("/api/v1/push").json()["active"]
    assert (
        expert.post("/api/v1/push/subscriptions", json=sent | {"keys": {"p256dh": "AA", "auth": "AA"}}).status_code
        == 422
    )
    assert expert.post("/api/v1/push/subscriptions", json=sent).status_code == 204
    case = house.request()
    assert house.tell() == 1
    (heard,) = listener.heard
    said = json.loads(browser.decrypt(heard.body))
    assert said["text"] == "Cas orange, site carhaix : à ouvrir"
    assert not [word for word in ("Doe", "P1", "1950", "Thrombolysis", case) if word in json.dumps(said)]
    assert heard.headers["authorization"].startswith("vapid t=")
    path = "/api/v1/notifications/" + said["link"].removeprefix("https://desk.example/n/") + "/open"
    assert house.desk.client().post(path).status_code == 401
    assert expert.post(path).json() == {"case": case}
    (told,) = house.told(case)
    assert (told["state"], bool(told["sent_at"]), bool(told["opened_at"])) == ("sent", True, True)
    assert expert.request("DELETE", "/api/v1/push/subscriptions", json={"endpoint": listener.url}).status_code == 204


def test_a_system_that_is_down_or_a_dead_clerk_delays_a_call_and_loses_none(house: House, listener: Listener) -> None:
    house.name(ChannelKind.WEBHOOK, listener.url)
    listener.status = 503
    case = house.request()
    assert house.tell() == 1
    assert [told["state"] for told in house.told(case)] == ["failed_will_retry"]
    assert house.tell() == 0
    house.desk.clock.move(seconds=4)
    listener.status = 200
    claimed = update(notification).values(state="sending", fence=9, next_at=house.desk.clock.now + LEASE)
    house.desk.execute(claimed)  # a clerk took it in hand and died
    assert house.tell() == 0
    house.desk.clock.move(seconds=(LEASE + timedelta(seconds=1)).total_seconds())
    with house.desk.engine.begin() as connection:
        assert take_back_lost(connection, house.desk.clock.now, Random(1)) == 1
    house.desk.clock.move(seconds=61)
    assert house.tell() == 1
    assert [told["state"] for told in house.told(case)] == ["sent"]
    assert json.loads(listener.heard[-1].body)["kind"] == "call"


def test_who_is_no_longer_needed_is_not_called_and_who_was_called_hears_of_it(house: House, listener: Listener) -> None:
    house.name(ChannelKind.WEBHOOK, listener.url)
    case = house.request()
    colleague = house.desk.client("colleague")
    colleague.post(f"/api/v1/cases/{case}/take").raise_for_status()
    assert house.tell() == 0
    assert [told["state"] for told in house.told(case)] == ["dropped"]
    colleague.post(f"/api/v1/cases/{case}/release").raise_for_status()
    assert house.tell() == 1
    colleague.post(f"/api/v1/cases/{case}/take").raise_for_status()
    house.tell()
    assert [json.loads(one.body)["kind"] for one in listener.heard] == ["call", "stand_down"]
    kinds = [row.kind for row in house.desk.execute(select(notification.c.kind))]
    assert sorted(kinds) == ["call", "call", "stand_down"]


def test_a_hospital_neither_sees_channels_nor_is_woken(house: House) -> None:
    carhaix, expert = house.client["carhaix"], house.client["expert"]
    keys = {"p256dh": "AA", "auth": "AA"}
    assert carhaix.get("/api/v1/channels").status_code == 403
    assert expert.get("/api/v1/channels").status_code == 403
    assert carhaix.get("/api/v1/push").status_code == 403
    sent = {"endpoint": "https://x.example", "keys": keys}
    assert carhaix.post("/api/v1/push/subscriptions", json=sent).status_code == 403
    assert carhaix.post("/api/v1/notifications/none/open").status_code == 403
    assert expert.post("/api/v1/notifications/none/open").status_code == 404
    assert house.desk.client().get("/api/v1/channels").status_code == 401
