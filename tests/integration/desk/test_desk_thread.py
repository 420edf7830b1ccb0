"""What the participants of a case write to one another: read by them alone, once each, and lost by no joining."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import select, update

from pipeline.clerk.linking import link_waiting_requests
from pipeline.database.tables import case, event, study
from pipeline.testing.instances import TinySlice

ASKED: dict[str, Any] = {
    "patient": {"family_name": "Doe", "given_name": "Jane", "patient_id": "P1", "birth_date": "19500101"},
    "urgency": "urgent",
    "requester": "Dr Morvan",
    "call_back": "+33 2 98 00 00 00",
}


def requested(desk: Any) -> str:
    made = desk.client("carhaix").post("/api/v1/requests", json=ASKED).raise_for_status().json()
    return f"/api/v1/cases/{made['case']}/messages"


def said(text: str) -> dict[str, str]:
    return {"text": text, "key": str(uuid4())}


def test_both_ends_write_and_each_sees_who_has_read_what(desk: Any) -> None:
    path = requested(desk)
    carhaix, expert = desk.client("carhaix"), desk.client("expert")
    assert carhaix.post(path, json=said("Last dose at 20:00")).status_code == 201
    read = expert.get(path).json()
    assert [(one["text"], one["author"], one["site"], one["mine"]) for one in read["messages"]] == [
        ("Last dose at 20:00", "Dr Carhaix", "carhaix", False)
    ]
    assert (read["unread"], read["may_write"]) == (1, True)
    seen = expert.post(f"{path}/seen", json={"message": read["messages"][0]["id"]}).json()
    assert seen["unread"] == 0
    assert carhaix.get(path).json()["messages"][0]["seen_by"] == ["Dr Expert"]
    expert.post(path, json=said("Which one?")).raise_for_status()
    assert [one["text"] for one in carhaix.get(path).json()["messages"]] == ["Last dose at 20:00", "Which one?"]
    kinds = [row.kind for row in desk.execute(select(event.c.kind).order_by(event.c.id))]
    assert [kind for kind in kinds if kind.startswith("message")] == ["message", "message"]


def test_sent_twice_over_a_bad_line_it_stands_once(desk: Any) -> None:
    path, sent = requested(desk), said("Once")
    client = desk.client("carhaix")
    assert [client.post(path, json=sent).status_code for _ in range(2)] == [201, 200]
    assert len(client.get(path).json()["messages"]) == 1
    assert client.post(path, json={"text": " ", "key": str(uuid4())}).status_code == 422


def test_unread_messages_are_counted_for_those_whom_the_case_concerns(desk: Any) -> None:
    path = requested(desk)
    carhaix, expert, colleague = (desk.client(name) for name in ("carhaix", "expert", "colleague"))
    expert.post(f"{path.removesuffix('/messages')}/take").raise_for_status()
    carhaix.post(path, json=said("Hello")).raise_for_status()
    expert.post(path, json=said("Good evening")).raise_for_status()

    def waiting(client: Any) -> list[int]:
        return [one["unread"] for one in client.get("/api/v1/messages/unread").json()]

    assert (waiting(carhaix), waiting(expert), waiting(colleague), waiting(desk.client("brest"))) == ([1], [], [], [])
    carhaix.post(path, json=said("And?")).raise_for_status()
    assert (waiting(carhaix), waiting(expert)) == ([], [1])


def test_every_route_of_a_thread_as_every_role(desk: Any) -> None:
    path = requested(desk)
    desk.client("carhaix").post(path, json=said("Hello")).raise_for_status()
    ((message,),) = [[one["id"]] for one in desk.client("carhaix").get(path).json()["messages"]]
    met = {}
    for name in ("root", "expert", "coordinator", "carhaix", "brest"):
        client = desk.client(name)
        met[name] = [
            client.get(path).status_code,
            client.post(path, json=said("x")).status_code,
            client.post(f"{path}/seen", json={"message": message}).status_code,
            client.post(f"{path}/seen", json={"message": str(uuid4())}).status_code,
        ]
    served = [200, 201, 200, 404]
    assert met == {
        "root": [403, 403, 403, 403],
        "expert": served,
        "coordinator": served,
        "carhaix": served,
        "brest": [404, 404, 404, 404],
    }
    stranger = desk.client()
    assert {stranger.get(path).status_code, stranger.get("/api/v1/messages/unread").status_code} == {401}
    desk.execute(update(case).values(closed_at=desk.clock.now))
    assert desk.client("carhaix").post(path, json=said("late")).status_code == 409
    assert desk.client("carhaix").get(path).json()["may_write"] is False


def test_a_thread_moves_with_its_request_to_the_images_and_is_unread_there(desk: Any) -> None:
    path = requested(desk)
    desk.client("carhaix").post(path, json=said("Before the images")).raise_for_status()
    desk.receive(TinySlice(patient_name="DOE^JANE", extra={"PatientBirthDate": "19500101"}))
    ((images,),) = desk.execute(select(study.c.case_id))
    there = f"/api/v1/cases/{images}/messages"
    assert there != path
    desk.clock.move(seconds=1)
    desk.client("expert").post(there, json=said("On the images")).raise_for_status()
    assert link_waiting_requests(desk.engine, desk.clock.now) == 1
    read = desk.client("expert").get(there).json()
    assert [one["text"] for one in read["messages"]] == ["Before the images", "On the images"]
    assert read["unread"] == 1
