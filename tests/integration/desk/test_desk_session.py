"""Signing in and out over real HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import httpx
from sqlalchemy import select

from pipeline.database.tables import account, session


def sign_in(client: httpx.Client, name: str, password: str) -> httpx.Response:
    return client.post("/api/v1/session", json={"name": name, "password": password})


def test_a_session_begins_with_the_right_password_and_ends_when_asked(desk: Any) -> None:
    client = desk.client()
    assert client.get("/api/v1/session").status_code == 401
    answer = sign_in(client, " Expert ", desk.PASSWORD)
    assert answer.json() == {
        "id": str(desk.accounts["expert"]),
        "name": "expert",
        "full_name": "Dr Expert",
        "role": "expert",
        "site_id": None,
        "language": "fr",
        "must_change_password": False,
    }
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert "Secure" not in cookie
    assert client.get("/api/v1/session").json()["name"] == "expert"
    assert client.delete("/api/v1/session").status_code == 204
    assert client.get("/api/v1/session").status_code == 401


def test_a_session_behind_a_tls_proxy_has_a_secure_cookie_and_hsts(desk: Any) -> None:
    client = desk.client()
    client.headers["X-Forwarded-Proto"] = "https"
    answer = sign_in(client, "expert", desk.PASSWORD)
    assert "Secure" in answer.headers["set-cookie"]
    assert "max-age" in answer.headers["strict-transport-security"]


def test_the_database_never_holds_a_token(desk: Any) -> None:
    client = desk.client("expert")
    token = client.cookies["neurovigie_session"]
    (kept,) = desk.execute(select(session.c.token_sha256))
    assert token.encode() not in bytes(kept[0])
    assert len(kept[0]) == 32


def test_a_session_slides_while_it_is_used_and_ends_twelve_hours_after(desk: Any) -> None:
    client = desk.client("expert")
    for _ in range(3):
        desk.clock.move(hours=11)
        assert client.get("/api/v1/session").status_code == 200
    desk.clock.move(hours=12, seconds=1)
    assert client.get("/api/v1/session").status_code == 401


def test_a_session_ends_after_a_week_however_busy(desk: Any) -> None:
    client = desk.client("expert")
    for _ in range(15):
        desk.clock.move(hours=11)
        assert client.get("/api/v1/session").status_code == 200
    desk.clock.move(hours=4)
    assert client.get("/api/v1/session").status_code == 401


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(desk: Any) -> None:
    client = desk.client()
    wrong, unknown = sign_in(client, "expert", "wrong"), sign_in(client, "nobody", "wrong")
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert wrong.status_code == 401


def test_repeated_failures_lock_an_account_and_a_name_that_is_none_alike(desk: Any) -> None:
    client = desk.client()
    for name in ("expert", "nobody"):
        assert [sign_in(client, name, "wrong").status_code for _ in range(5)] == [401] * 5
        locked = sign_in(client, name, desk.PASSWORD)
        assert locked.status_code == 429
        assert locked.headers["retry-after"] == "30"
    desk.clock.move(seconds=31)
    assert sign_in(client, "expert", desk.PASSWORD).status_code == 200


def test_repeated_failures_from_one_address_lock_the_address(desk: Any) -> None:
    client = desk.client()
    answers = [sign_in(client, f"guess{number}", "wrong").status_code for number in range(21)]
    assert answers == [401] * 20 + [429]
    assert sign_in(client, "expert", desk.PASSWORD).status_code == 429
    client.headers["X-Forwarded-For"] = "192.0.2.7"
    assert sign_in(client, "expert", desk.PASSWORD).status_code == 200


def test_an_account_with_a_one_time_password_can_only_choose_its_own(desk: Any) -> None:
    desk.execute(account.update().where(account.c.name == "expert").values(must_change_password=True))
    client, elsewhere = desk.client("expert"), desk.client("expert")
    refused = client.get("/api/v1/worklist")
    assert (refused.status_code, refused.json()["error"]) == (403, "must_change_password")
    wish = {"current": desk.PASSWORD, "new": "a far better one"}
    assert client.post("/api/v1/session/password", json=wish).status_code == 204
    assert client.get("/api/v1/worklist").status_code == 200
    assert elsewhere.get("/api/v1/session").status_code == 401
    assert sign_in(elsewhere, "expert", desk.PASSWORD).status_code == 401
    assert sign_in(elsewhere, "expert", "a far better one").status_code == 200


def test_a_weak_password_or_a_wrong_current_one_is_refused(desk: Any) -> None:
    client = desk.client("expert")
    for new in ("short", desk.PASSWORD, "x" * 300):
        answer = client.post("/api/v1/session/password", json={"current": desk.PASSWORD, "new": new})
        assert answer.status_code == 422
        assert new not in answer.text
    wrong = client.post("/api/v1/session/password", json={"current": "wrong", "new": "a far better one"})
    assert (wrong.status_code, wrong.json()["error"]) == (403, "wrong_password")


def test_a_changing_request_without_our_header_is_refused(desk: Any) -> None:
    client = desk.client("expert")
    del client.headers["X-NeuroVigie"]
    assert client.delete("/api/v1/session").json()["error"] == "csrf"
    assert client.get("/api/v1/session").status_code == 200


def test_texts_no_database_can_hold_are_refused_not_crashed_on(desk: Any) -> None:
    client = desk.client()
    for name, password in (("a\0b", "x"), ("x" * 65, "x"), ("expert", "\0"), ("\ud800", "x")):
        raw = f'{{"name": {_json(name)}, "password": {_json(password)}}}'
        answer = client.post("/api/v1/session", content=raw, headers={"Content-Type": "application/json"})
        assert answer.status_code in (401, 422)
    assert client.post("/api/v1/session", content=b"not json").status_code == 422


def test_a_body_that_is_far_too_long_is_refused_declared_or_not(desk: Any) -> None:
    client = desk.client()
    assert client.post("/api/v1/session", content=b"x" * 300_000).status_code == 413
    pieces = (b"x" * 10_000 for _ in range(30))
    assert client.post("/api/v1/session", content=pieces).status_code == 413
    assert client.get("/api/v1/status").status_code == 200


def _json(text: str) -> str:
    return '"' + "".join(f"\\u{ord(character):04x}" for character in text) + '"'


def test_a_forgotten_password_is_reset_on_the_server_and_every_session_ends(desk: Any, database_url: str) -> None:
    signed_in = desk.client("root")
    command = [sys.executable, "-m", "review_ui.accounts", "reset-password"]
    environment = {**os.environ, "DATABASE_URL": database_url}
    done = subprocess.run([*command, "root"], env=environment, check=True, capture_output=True, text=True)
    password = json.loads(done.stdout)["password"]
    assert signed_in.get("/api/v1/session").status_code == 401
    assert sign_in(desk.client(), "root", desk.PASSWORD).status_code == 401
    assert sign_in(desk.client(), "root", password).json()["must_change_password"]
    nobody = subprocess.run([*command, "nobody"], env=environment, check=False, capture_output=True, text=True)
    assert (nobody.returncode, nobody.stderr.strip()) == (2, "There is no such account.")
