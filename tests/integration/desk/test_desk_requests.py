"""Requests for an opinion: who may ask, what is kept, and which images they find."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import select, update

from pipeline.clerk.linking import link_waiting_requests
from pipeline.database.request_tables import request_version
from pipeline.database.tables import case, study
from pipeline.testing.instances import TinySlice

ASKED: dict[str, Any] = {
    "patient": {"family_name": "Doe", "given_name": "Jane", "patient_id": "P1", "birth_date": "19500101", "sex": "F"},
    "urgency": "urgent",
    "requester": "Dr Morvan",
    "call_back": "+33 2 98 00 00 00",
    "question": "Thrombolysis?",
    "onset": {"kind": "known", "at": "2026-11-21T03:00:00+01:00"},
    "nihss": {"total": 4, "items": {"4": 3, "9": 2}},
}


def image(birth_date: str = "19500101") -> TinySlice:
    return TinySlice(patient_name="DOE^JANE", extra={"PatientBirthDate": birth_date})


def open_cases(desk: Any) -> list[Any]:
    return desk.execute(select(case).where(case.c.closed_at.is_(None)).order_by(case.c.first_image_at))


def clerk_looks(desk: Any) -> int:
    return link_waiting_requests(desk.engine, desk.clock.now)


def test_an_urgent_request_without_images_is_a_case_on_the_worklist_at_once(desk: Any) -> None:
    made = desk.client("carhaix").post("/api/v1/requests", json=ASKED)
    assert made.status_code == 201, made.text
    answer = made.json()
    assert [flag["code"] for flag in answer["flags"]] == ["nihss_total_differs"]
    assert answer["windows"][0] == {"code": "thrombolysis", "ends_at": "2026-11-21T06:30:00Z"}
    (row,) = desk.client("expert").get("/api/v1/worklist").json()["cases"]
    assert (row["id"], row["tier"], row["images"], row["state"]) == (answer["case"], "orange", 0, "receiving")
    assert "urgent_request" in [reason["code"] for reason in row["reasons"]]
    assert desk.client("brest").get("/api/v1/worklist").json()["cases"] == []


def test_images_of_the_very_same_patient_join_the_request_and_its_owner_by_themselves(desk: Any) -> None:
    answer = desk.client("carhaix").post("/api/v1/requests", json=ASKED).json()
    desk.client("expert").post(f"/api/v1/cases/{answer['case']}/take").raise_for_status()
    desk.receive(image())
    assert clerk_looks(desk) == 1
    (found,) = open_cases(desk)
    assert found.owner_id == desk.accounts["expert"]
    shown = desk.client("carhaix").get(f"/api/v1/requests/{answer['id']}").json()
    assert (shown["case"], shown["link"], found.tier) == (str(found.id), "sure", "orange")
    closed = desk.client("expert").get(f"/api/v1/cases/{answer['case']}").json()
    assert closed["events"][-1]["kind"] == "joined"
    assert clerk_looks(desk) == 0


def test_a_doubtful_patient_is_a_persons_question_and_never_joined(desk: Any) -> None:
    answer = desk.client("carhaix").post("/api/v1/requests", json=ASKED).json()
    desk.receive(image(birth_date="19500102"))
    assert clerk_looks(desk) == 0
    with_request, with_images = sorted(open_cases(desk), key=lambda row: row.patient_birth_date)
    for row in (with_images, with_request):
        assert "request_unlinked" in {one["code"] for one in row.warnings}
    client = desk.client("carhaix")
    assert client.get(f"/api/v1/requests/{answer['id']}").json()["unsure"] == [str(with_images.id)]
    (candidate,) = client.get(f"/api/v1/requests/{answer['id']}/candidates").json()
    linked = client.post(f"/api/v1/requests/{answer['id']}/link", json={"case": candidate["id"]}).json()
    assert (linked["case"], linked["link"], linked["unsure"]) == (candidate["id"], "by_hand", [])
    (left,) = open_cases(desk)
    assert (left.id, left.tier) == (with_images.id, "orange")
    assert "request_unlinked" not in {one["code"] for one in left.warnings}


def test_a_request_after_the_images_is_theirs_until_a_person_sets_it_apart(desk: Any) -> None:
    desk.receive(image())
    client = desk.client("carhaix")
    answer = client.post("/api/v1/requests", json=ASKED).json()
    (found,) = open_cases(desk)
    assert (answer["case"], answer["link"], found.tier) == (str(found.id), "sure", "orange")
    apart = client.post(f"/api/v1/requests/{answer['id']}/link", json={"case": None}).json()
    assert clerk_looks(desk) == 0
    tiers = {row.id: row.tier for row in open_cases(desk)}
    assert len(tiers) == 2
    assert apart["case"] != answer["case"]
    assert {str(key): tier for key, tier in tiers.items()} == {answer["case"]: "yellow", apart["case"]: "orange"}


def test_two_people_who_hold_the_two_cases_are_told_instead_of_one_losing_his(desk: Any) -> None:
    answer = desk.client("carhaix").post("/api/v1/requests", json=ASKED).json()
    desk.client("expert").post(f"/api/v1/cases/{answer['case']}/take").raise_for_status()
    desk.receive(image())
    ((images,),) = desk.execute(select(study.c.case_id))
    desk.execute(update(case).where(case.c.id == images).values(owner_id=desk.accounts["colleague"]))
    assert clerk_looks(desk) == 0
    refused = desk.client("carhaix").post(f"/api/v1/requests/{answer['id']}/link", json={"case": str(images)})
    assert (refused.status_code, refused.json()["error"]) == (409, "two_owners")


def test_sent_twice_over_a_bad_line_it_is_made_once(desk: Any) -> None:
    sent = ASKED | {"key": str(uuid4())}
    client = desk.client("carhaix")
    first, again = (client.post("/api/v1/requests", json=sent) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert len(open_cases(desk)) == 1


def test_an_edit_over_somebody_elses_is_shown_and_a_withdrawn_request_no_longer_hurries(desk: Any) -> None:
    client = desk.client("carhaix")
    made = client.post("/api/v1/requests", json=ASKED).json()
    path = f"/api/v1/requests/{made['id']}"
    first = client.put(path, json=ASKED | {"question": "And now?", "version": 1})
    assert (first.status_code, first.json()["version"]) == (200, 2)
    late = client.put(path, json=ASKED | {"question": "Late", "version": 1})
    assert (late.status_code, late.json()["error"]) == (409, "changed_meanwhile")
    assert late.json()["current"]["question"] == "And now?"
    kept = desk.execute(select(request_version.c.content).order_by(request_version.c.version))
    assert [row.content["question"] for row in kept] == ["Thrombolysis?", "And now?"]
    taken_back = client.post(f"/api/v1/requests/{made['id']}/withdraw", json={"why": "transferred"}).json()
    assert (taken_back["state"], taken_back["why"]) == ("withdrawn", "transferred")
    (row,) = client.get("/api/v1/worklist").json()["cases"]
    assert row["tier"] == "yellow"
    assert client.put(f"/api/v1/requests/{made['id']}", json=ASKED | {"version": 3}).status_code == 409


def test_what_is_not_a_request_is_refused_without_repeating_it(desk: Any) -> None:
    client = desk.client("carhaix")
    for wrong in (
        {"nihss": {"total": 43}},
        {"nihss": {"items": {"1b": 3}}},
        {"onset": {"kind": "known"}},
        {"onset": {"kind": "known", "at": "2026-11-21T03:00:00"}},
        {"call_back": "ask for Anne"},
        {"patient": {"family_name": ""}},
        {"patient": {"family_name": "A^B"}},
        {"surprise": 1},
    ):
        answer = client.post("/api/v1/requests", json=ASKED | wrong)
        assert answer.status_code == 422, wrong
        assert "Anne" not in answer.text
    assert open_cases(desk) == []


def test_the_transfer_sheet_is_one_page_in_three_languages_and_escapes_names(desk: Any) -> None:
    client = desk.client("carhaix")
    hostile = ASKED | {"question": "<script>alert(1)</script>"}
    made = client.post("/api/v1/requests", json=hostile).json()
    for language, word in (("fr", "fiche de transfert"), ("en", "transfer sheet"), ("zh", "转院单")):
        page = client.get(f"/api/v1/requests/{made['id']}/sheet", params={"language": language})
        assert word in page.text
        assert "<script" not in page.text
        assert "21/11/2026 03:00 (CET)" in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
    assert client.get(f"/api/v1/requests/{made['id']}/sheet", params={"language": "xx"}).status_code == 422


def test_what_is_still_being_written_is_flagged_and_not_kept(desk: Any) -> None:
    wrong = {
        "nihss": {"total": 4, "items": {"5a": 4, "9": 3}},
        "onset": {"kind": "known", "at": "2026-11-22T03:00:00Z"},
    }
    checked = desk.client("carhaix").post("/api/v1/requests/check", json=ASKED | wrong).json()
    assert [flag["code"] for flag in checked["flags"]] == ["nihss_total_differs", "time_in_future"]
    assert checked["windows"][0] == {"code": "thrombolysis", "ends_at": "2026-11-22T07:30:00Z"}
    assert desk.client("root").post("/api/v1/requests/check", json=ASKED).status_code == 403
    assert desk.client().post("/api/v1/requests/check", json=ASKED).status_code == 401
    assert open_cases(desk) == []


def test_a_hospital_is_told_of_itself_only(desk: Any) -> None:
    assert desk.client("carhaix").get("/api/v1/sites").json() == [{"id": "carhaix", "name": "carhaix"}]
    assert {"brest", "carhaix"} < {one["id"] for one in desk.client("expert").get("/api/v1/sites").json()}


def _how_many(answer: Any) -> int | None:
    return len(answer.json()) if answer.is_success else None


def test_every_route_of_a_request_as_every_role(desk: Any) -> None:
    made = desk.client("carhaix").post("/api/v1/requests", json=ASKED).json()
    path = f"/api/v1/requests/{made['id']}"
    seen = {}
    for name in ("root", "expert", "coordinator", "carhaix", "brest"):
        client = desk.client(name)
        seen[name] = [
            client.get(path).status_code,
            client.get(f"{path}/candidates").status_code,
            client.get(f"{path}/sheet").status_code,
            _how_many(client.get("/api/v1/requests")),
            client.put(path, json=ASKED | {"version": 99}).status_code,
            client.post(f"{path}/link", json={"case": str(uuid4())}).status_code,
            client.post("/api/v1/requests", json=ASKED | {"site": "brest"}).status_code,
        ]
    assert seen == {
        "root": [403, 403, 403, None, 403, 403, 403],
        "expert": [200, 200, 200, 1, 409, 404, 201],
        "coordinator": [200, 200, 200, 2, 409, 404, 201],
        "carhaix": [200, 200, 200, 1, 409, 404, 403],
        "brest": [404, 404, 404, 2, 404, 404, 201],
    }
    stranger = desk.client()
    assert {stranger.get(path).status_code, stranger.get("/api/v1/requests").status_code} == {401}
    assert desk.client("expert").post("/api/v1/requests", json=ASKED).json()["error"] == "site_missing"
