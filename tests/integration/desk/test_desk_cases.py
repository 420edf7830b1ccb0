"""The worklist's order, one owner per case, and identity corrections."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from pipeline.database.tables import account, case, event, instance, study
from pipeline.testing.instances import TinySlice


def worklist(desk: Any, name: str = "expert") -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = desk.client(name).get("/api/v1/worklist").json()["cases"]
    return cases


def open_case(desk: Any, **fields: Any) -> str:
    desk.receive(TinySlice(**fields))
    ((case_id,),) = desk.execute(select(case.c.id).order_by(case.c.first_image_at.desc()).limit(1))
    return str(case_id)


def test_the_most_urgent_come_first_and_among_them_who_waited_longest(desk: Any) -> None:
    for number, tier in enumerate(["yellow", "red", "grey", "red", "orange"]):
        desk.clock.move(minutes=1)
        case_id = open_case(desk, study=f"s{number}", patient_id=f"P{number}")
        desk.execute(update(case).where(case.c.id == case_id).values(tier=tier))
    assert [(row["tier"], row["patient"]["id"]) for row in worklist(desk)] == [
        ("red", "P1"),
        ("red", "P3"),
        ("orange", "P4"),
        ("yellow", "P0"),
        ("grey", "P2"),
    ]


def test_a_closed_case_leaves_the_worklist_but_its_page_stays(desk: Any) -> None:
    case_id = open_case(desk)
    desk.execute(update(case).where(case.c.id == case_id).values(closed_at=desk.clock()))
    assert worklist(desk) == []
    client = desk.client("expert")
    assert client.get(f"/api/v1/cases/{case_id}").json()["closed_at"] is not None
    assert client.post(f"/api/v1/cases/{case_id}/take").json()["error"] == "closed"


def test_when_many_click_at_once_exactly_one_takes_the_case(desk: Any) -> None:
    case_id = open_case(desk)
    clients = [desk.client(name) for name in ("expert", "colleague") for _ in range(3)]
    start, answers = threading.Barrier(len(clients)), []

    def click(client: Any) -> None:
        start.wait()
        answers.append(client.post(f"/api/v1/cases/{case_id}/take"))

    threads = [threading.Thread(target=click, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    owner = worklist(desk)[0]["owner"]
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [409] * 3
    assert {answer.json()["owner"] for answer in answers} == {owner}
    assert len(desk.execute(select(event.c.id).where(event.c.kind == "taken"))) == 1


def test_taking_and_releasing_each_raise_the_version_and_leave_an_event(desk: Any) -> None:
    case_id = open_case(desk)
    mine, other = desk.client("expert"), desk.client("colleague")
    before = worklist(desk)[0]["version"]
    taken = mine.post(f"/api/v1/cases/{case_id}/take").json()
    assert (taken["owner"], taken["version"]) == ("Dr Expert", before + 1)
    assert taken["taken_at"] == "2026-11-21T03:00:00Z"
    assert mine.post(f"/api/v1/cases/{case_id}/take").json()["version"] == before + 1
    refused = other.post(f"/api/v1/cases/{case_id}/release")
    assert (refused.status_code, refused.json()["error"]) == (403, "not_owner")
    released = mine.post(f"/api/v1/cases/{case_id}/release").json()
    assert (released["owner"], released["taken_at"], released["version"]) == (None, None, before + 2)
    assert other.post(f"/api/v1/cases/{case_id}/take").json()["owner"] == "Dr Colleague"
    kinds = [one["kind"] for one in mine.get(f"/api/v1/cases/{case_id}").json()["events"]]
    assert kinds[-3:] == ["taken", "released", "taken"]


def test_an_owner_without_a_full_name_goes_by_the_accounts_name(desk: Any) -> None:
    desk.execute(update(account).where(account.c.name == "expert").values(full_name=""))
    case_id = open_case(desk)
    assert desk.client("expert").post(f"/api/v1/cases/{case_id}/take").json()["owner"] == "expert"
    assert worklist(desk)[0]["owner"] == "expert"


def test_a_case_page_shows_studies_series_and_history(desk: Any) -> None:
    case_id = open_case(desk)
    page = desk.client("carhaix").get(f"/api/v1/cases/{case_id}").json()
    (only,) = page["studies"]
    assert only["study_date"] == "20261121"
    (series,) = only["series"]
    assert (series["role"], series["images"], series["arrival"], series["analysis"]) == ("ncct", 1, "receiving", None)
    assert [one["kind"] for one in page["events"]] == ["opened", "received"]


def test_a_confirmed_identity_correction_renames_the_case_and_shows_the_corrected_images(desk: Any) -> None:
    case_id = open_case(desk, patient_name="Doe^Jane")
    desk.receive(TinySlice(patient_name="Doe^Janet", patient_id="P9"))
    client = desk.client("carhaix")
    page = client.get(f"/api/v1/cases/{case_id}").json()
    (asked,) = page["identity_corrections"]
    assert [one["code"] for one in page["warnings"]] == ["identity_correction"]
    path = f"/api/v1/identity-corrections/{asked['id']}"
    assert client.post(path, json={"decision": "confirm"}).json() == {"id": asked["id"], "state": "confirmed"}
    after = client.get(f"/api/v1/cases/{case_id}").json()
    assert (after["patient"]["name"], after["patient"]["id"], after["warnings"]) == ("Doe^Janet", "P9", [])
    assert after["version"] > page["version"]
    assert after["events"][-1]["kind"] == "identity_confirmed"
    shown = desk.execute(select(instance.c.identity).where(instance.c.standing == "current"))
    assert [row.identity["PatientName"] for row in shown] == ["Doe^Janet"]
    assert desk.execute(select(study.c.patient_id)) == [("P9",)]
    assert client.post(path, json={"decision": "confirm"}).status_code == 200
    assert client.post(path, json={"decision": "reject"}).status_code == 409


def test_a_rejected_identity_correction_changes_nothing_but_its_state(desk: Any) -> None:
    case_id = open_case(desk, patient_name="Doe^Jane")
    desk.receive(TinySlice(patient_name="Doe^Janet"))
    client = desk.client("expert")
    (asked,) = client.get(f"/api/v1/cases/{case_id}").json()["identity_corrections"]
    assert client.post(f"/api/v1/identity-corrections/{asked['id']}", json={"decision": "reject"}).status_code == 200
    after = client.get(f"/api/v1/cases/{case_id}").json()
    assert (after["patient"]["name"], after["warnings"]) == ("Doe^Jane", [])
    assert client.post(f"/api/v1/identity-corrections/{asked['id']}", json={"decision": "maybe"}).status_code == 422


def test_a_case_says_what_each_series_waits_for_and_by_when(desk: Any) -> None:
    desk.receive(TinySlice())
    ((case_id,),) = desk.execute(select(case.c.id))
    client = desk.client("carhaix")
    (waiting,) = client.get(f"/api/v1/cases/{case_id}/deadlines").json()
    assert (waiting["stage"], waiting["due_at"], waiting["late"]) == ("arrival", "2026-11-21T03:01:00Z", False)
    desk.clock.move(seconds=61)
    (waiting,) = client.get(f"/api/v1/cases/{case_id}/deadlines").json()
    assert waiting["late"]


def test_a_case_page_shows_the_patients_earlier_studies_and_nobody_elses(desk: Any) -> None:
    here, elsewhere = case_of(desk, "before", "carhaix"), case_of(desk, "elsewhere", "morlaix")
    desk.execute(update(case).values(first_image_at=case.c.first_image_at - timedelta(days=30)))
    today = case_of(desk, "today", "carhaix")
    assert today not in (here, elsewhere)

    page = desk.client("expert").get(f"/api/v1/cases/{today}").json()
    assert [one["study_instance_uid"] for one in page["studies"]] == [TinySlice("today").dataset().StudyInstanceUID]
    assert [one["study_instance_uid"] for one in page["earlier"]] == [TinySlice("before").dataset().StudyInstanceUID]
    assert desk.client("expert").get(f"/api/v1/cases/{here}").json()["earlier"] == []


def case_of(desk: Any, name: str, site: str) -> str:
    desk.receive(TinySlice(name), site=site)
    query = select(study.c.case_id).where(study.c.study_instance_uid == TinySlice(name).dataset().StudyInstanceUID)
    ((case_id,),) = desk.execute(query)
    return str(case_id)
