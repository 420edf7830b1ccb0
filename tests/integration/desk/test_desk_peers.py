"""Peers over HTTP, tests that ring nobody, and clocks that are wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from pipeline.clerk.escalate import escalate, read_clocks
from pipeline.database.calling_tables import escalation
from pipeline.database.case_facts import case_facts
from pipeline.database.figures import amounts
from pipeline.database.peer_tables import peer_change
from pipeline.database.peers import Activity, find_peers, write_activity
from pipeline.database.tables import case, series
from pipeline.domain.peer import fits_passcode
from pipeline.domain.rota import Period
from pipeline.testing.instances import TinySlice

CT1: dict[str, Any] = {"site": "carhaix", "ae_title": "CT1", "host": "127.0.0.1", "port": 1}


def test_an_administrator_adds_changes_and_forgets_a_peer_and_each_change_is_kept(desk: Any) -> None:
    root = desk.client("root")
    made = root.post("/api/v1/peers", json=CT1 | {"username": "ct1", "passcode": "open sesame"}).json()
    assert (made["has_passcode"], made["enabled"], made["seen"]["seen_at"]) == (True, True, None)
    assert "open sesame" not in str(made)
    path = f"/api/v1/peers/{made['id']}"
    rules = {"services": ["store"], "networks": ["10.1.0.0/16"], "certificates": [":".join(["AB"] * 32)]}
    changed = root.put(path, json=CT1 | rules | {"username": "ct1", "enabled": False}).json()
    assert (changed["services"], changed["certificates"], changed["enabled"]) == (["store"], ["ab" * 32], False)
    with desk.engine.begin() as connection:
        (kept,) = find_peers(connection, "CT1")
    assert fits_passcode(kept.peer.rules.passcode_hash, "open sesame")
    assert root.post("/api/v1/peers", json=CT1).status_code == 422
    assert root.put(path, json=CT1 | {"networks": ["anywhere"]}).json()["message"].startswith("anywhere is no network")
    assert root.put(path, json=CT1 | {"unknown": 1}).status_code == 422
    assert root.delete(path).status_code == 204
    assert root.put(path, json=CT1).status_code == 404
    noted = desk.execute(select(peer_change).order_by(peer_change.c.at))
    assert [(row.before is None, row.after is None, row.account_id) for row in noted] == [
        (True, False, desk.accounts["root"]),
        (False, False, desk.accounts["root"]),
        (False, True, desk.accounts["root"]),
    ]
    assert "scrypt" not in str([(row.before, row.after) for row in noted])


@pytest.mark.parametrize("name", ["expert", "coordinator", "carhaix"])
def test_nobody_else_sees_or_changes_peers(desk: Any, name: str) -> None:
    client = desk.client(name)
    path = f"/api/v1/peers/{UUID(int=0)}"
    answers = [
        client.get("/api/v1/peers"),
        client.post("/api/v1/peers", json=CT1),
        client.put(path, json=CT1),
        client.delete(path),
        client.post(f"{path}/test"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 5


def test_what_was_seen_of_peers_and_strangers_is_shown(desk: Any) -> None:
    root, now = desk.client("root"), desk.clock.now
    root.post("/api/v1/peers", json=CT1).raise_for_status()
    mine = Activity(ae_title="CT1", host="127.0.0.1", day=now.date(), seen_at=now, images=3, bytes=900)
    other = Activity(
        ae_title="X", host="192.0.2.7", day=now.date(), refused_at=now, refusal="unknown", why="no such peer"
    )
    with desk.engine.begin() as connection:
        write_activity(connection, [mine, other])
    shown = root.get("/api/v1/peers").json()
    assert shown["peers"][0]["seen"]["images_today"] == 3
    assert [(one["ae_title"], one["seen"]["refusal"]) for one in shown["strangers"]] == [("X", "unknown")]
    desk.clock.move(hours=24)
    assert desk.client("root").get("/api/v1/peers").json()["peers"][0]["seen"]["images_today"] == 0


def test_the_test_of_a_peer_says_which_step_failed(desk: Any) -> None:
    root = desk.client("root")
    made = root.post("/api/v1/peers", json=CT1).json()
    steps = root.post(f"/api/v1/peers/{made['id']}/test", timeout=100).json()
    assert [(step["name"], step["ok"], step["code"]) for step in steps] == [
        ("name", True, "name_known"),
        ("route", False, "route_refused"),
    ]


def _urgent(desk: Any) -> None:
    desk.execute(update(case).values(tier="red", alerted_at=desk.clock.now))


def test_a_phantom_is_shown_as_a_test_rings_nobody_and_is_in_no_figure(desk: Any) -> None:
    phantom = TinySlice(extra={"QualityControlImage": "YES"})
    desk.receive(phantom, phantom.but(number=2))
    _urgent(desk)
    escalate(desk.engine, read_clocks(desk.clock.now))
    (row,) = desk.client("expert").get("/api/v1/worklist").json()["cases"]
    assert row["test"]
    assert desk.execute(select(escalation)) == []
    since, until = desk.clock.now - timedelta(hours=1), desk.clock.now + timedelta(hours=1)
    with desk.engine.begin() as connection:
        assert case_facts(connection, Period(since, until)) == []
        assert amounts(connection, since, until) == []


def test_one_image_that_calls_itself_no_phantoms_makes_the_case_a_patients(desk: Any) -> None:
    phantom = TinySlice(extra={"QualityControlImage": "YES"})
    desk.receive(phantom)
    desk.receive(phantom.but(number=2, extra={}))
    _urgent(desk)
    escalate(desk.engine, read_clocks(desk.clock.now))
    (row,) = desk.client("expert").get("/api/v1/worklist").json()["cases"]
    assert not row["test"]
    assert len(desk.execute(select(escalation))) == 1


def test_a_clock_that_is_far_ahead_is_shown_with_the_peer_and_on_the_case(desk: Any) -> None:
    ahead = desk.clock.now + timedelta(minutes=10)
    said = {"ContentDate": f"{ahead:%Y%m%d}", "ContentTime": f"{ahead:%H%M%S}", "TimezoneOffsetFromUTC": "+0000"}
    for number in range(5):
        desk.receive(TinySlice(series=f"series {number}", extra=said))
    assert [row.lag_s for row in desk.execute(select(series.c.lag_s))] == [-600.0] * 5
    root = desk.client("root")
    root.post("/api/v1/peers", json=CT1).raise_for_status()
    (peer,) = root.get("/api/v1/peers").json()["peers"]
    assert peer["clock"] == {"ahead_s": 600.0, "series": 5, "large": True}
    expert = desk.client("expert")
    (row,) = expert.get("/api/v1/worklist").json()["cases"]
    assert expert.get(f"/api/v1/cases/{row['id']}").json()["clocks"] == [{"ae_title": "CT1", "ahead_s": 600.0}]
