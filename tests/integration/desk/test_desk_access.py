"""Every route as every role: nobody sees, takes or downloads what belongs to another hospital."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from pydicom.dataset import Dataset
from sqlalchemy import insert, select

from pipeline.database.tables import case, identity_correction, study
from pipeline.testing.instances import TinySlice, uid

DICOMWEB = "/studies/{study}/dicomweb/studies/{uid}"


@dataclass(frozen=True)
class Call:
    """One way of asking for something of a case."""

    method: str
    path: str
    body: dict[str, str] | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


TAKE = Call("POST", "/cases/{case}/take")
RELEASE = Call("POST", "/cases/{case}/release")
BEGIN = Call("POST", "/cases/{case}/opinions")
REFUSE = Call("POST", "/cases/{case}/refuse", {"why": "ill"})
TAKE_OVER = Call("POST", "/cases/{case}/take-over", {"owner": "nobody"})
CALLS = [
    Call("GET", "/cases/{case}"),
    Call("GET", "/cases/{case}/deadlines"),
    Call("GET", "/cases/{case}/requests"),
    Call("GET", "/cases/{case}/calling"),
    Call("GET", "/cases/{case}/messages"),
    Call("GET", "/cases/{case}/opinions"),
    Call("GET", "/cases/{case}/times"),
    BEGIN,
    TAKE,
    RELEASE,
    REFUSE,
    TAKE_OVER,
    Call("POST", "/identity-corrections/{correction}", {"decision": "reject"}),
    Call("GET", f"{DICOMWEB}/series"),
    Call("GET", DICOMWEB + "/series/{series}/metadata"),
    Call("GET", DICOMWEB + "/series/{series}/instances/{instance}/metadata"),
    Call("GET", DICOMWEB + "/series/{series}/instances/{instance}"),
    Call("GET", DICOMWEB + "/series/{series}/instances/{instance}/frames/1"),
    Call("GET", DICOMWEB + "/series/{series}/instances/{instance}/bulkdata/00091001"),
]
OPEN_TO_ALL = {
    "/status", "/session", "/session/password", "/sites", "/worklist", "/events", "/calls", "/figures", "/figures.csv",
}  # fmt: skip
"""Routes that name no case; sites, worklist and events are narrowed, which other tests show."""
OF_NO_CASE = {"/deliveries", "/deliveries/{delivery_id}/resend"}
"""Routes for those who run the whole; test_desk_deliveries tries them as every role."""
OF_A_SERIES = {"/series/{series_id}/role"}
"""test_desk_roles tries it as every role."""
OF_A_REQUEST = {
    "/requests",
    *(f"/requests/{{request_id}}{end}" for end in ("", "/withdraw", "/candidates", "/link", "/sheet")),
}
"""test_desk_requests tries them as every role."""
OF_THE_ROTA = {
    "/set-up",
    *(
        f"/rota/{name}"
        for name in ("experts/{account_id}", "duties/{duty_id}", "needs/{site}", "absences/{absence_id}")
    ),
    "/rota/exchanges/{exchange_id}/{said}",
}
"""test_desk_rota tries them as every role."""
OF_NOTIFICATIONS = {"/channels", "/push", "/push/subscriptions", "/notifications/{token}/open"}
"""test_desk_notifications tries them as every role."""
OF_AN_OPINION = {
    f"/opinions/{{opinion_id}}/{end}" for end in ("draft", "suggestions", "sign", "amend", "discard", "pdf")
}
"""test_desk_opinions tries them as every role."""
OF_A_THREAD = {"/messages/unread", "/cases/{case_id}/messages/seen"}
"""test_desk_thread tries them as every role."""
OF_A_RESULT = {f"/cases/{{case_id}}/results/{{result_id}}{end}" for end in ("", "/picture")}
"""test_desk_results tries it as every role."""
ELSEWHERE = OF_A_RESULT | OF_NO_CASE | OF_A_SERIES | OF_A_REQUEST | OF_THE_ROTA | OF_NOTIFICATIONS | OF_AN_OPINION
ELSEWHERE |= OF_A_THREAD


class PrivateSlice(TinySlice):
    """A slice with a long binary value, so that there is bulk data to ask for."""

    def dataset(self) -> Dataset:
        made = super().dataset()
        made.private_block(0x0009, "TEST", create=True).add_new(1, "OB", bytes(2000))
        return made


@pytest.fixture
def ask(desk: Any) -> Callable[[httpx.Client, Call], int]:
    """Asks for something of a case of Carhaix and returns the status."""
    desk.receive(PrivateSlice(study="carhaix"), site="carhaix")
    ((case_id, study_id),) = desk.execute(select(case.c.id, study.c.id).join(study))
    made = insert(identity_correction).values(
        case_id=case_id, sop_instance_uid="1.2", known={"PatientID": "1"}, proposed={"PatientID": "2"}
    )
    ((correction,),) = desk.execute(made.returning(identity_correction.c.id))
    names = {
        "case": case_id,
        "correction": correction,
        "study": study_id,
        "uid": uid("carhaix"),
        "series": uid("carhaix", "series"),
        "instance": TinySlice(study="carhaix").SOPInstanceUID,
    }

    def status(client: httpx.Client, call: Call) -> int:
        answer = client.request(call.method, "/api/v1" + call.path.format(**names), json=call.body)
        if answer.status_code >= 400:
            assert "Doe" not in answer.text
        return answer.status_code

    return status


def test_no_route_was_forgotten_here(desk: Any) -> None:
    known = {call.path.split("/")[1] for call in CALLS}
    known |= {path.split("/")[1] for path in OPEN_TO_ALL | ELSEWHERE}
    paths = desk.app.openapi()["paths"]
    assert {path.removeprefix("/api/v1/").split("/")[0] for path in paths} == known
    of_a_case = [path for path in paths if "{" in path and path.removeprefix("/api/v1") not in ELSEWHERE]
    assert len(of_a_case) == len({call.path for call in CALLS})
    assert not [route for route in desk.app.routes if isinstance(route, APIRoute) and route.path == "/docs"]


def test_nobody_gets_anything_without_signing_in(desk: Any, ask: Any) -> None:
    assert {str(call): ask(desk.client(), call) for call in CALLS} == {str(call): 401 for call in CALLS}


def test_another_hospital_learns_nothing_not_even_that_it_exists(desk: Any, ask: Any) -> None:
    client = desk.client("brest")
    assert {str(call): ask(client, call) for call in CALLS} == {str(call): 404 for call in CALLS}


@pytest.mark.parametrize(
    ("name", "may_take"), [("root", True), ("expert", True), ("coordinator", False), ("carhaix", False)]
)
def test_its_own_hospital_and_the_experts_are_served(desk: Any, ask: Any, name: str, *, may_take: bool) -> None:
    client = desk.client(name)
    expected = {str(call): 200 for call in CALLS}
    expected[str(TAKE)] = 200 if may_take else 403
    expected[str(RELEASE)] = 200 if may_take else 409  # it is released after it was taken, or never was
    expected[str(BEGIN)] = 200 if may_take else 403
    expected[str(REFUSE)] = 200 if may_take else 403
    expected[str(TAKE_OVER)] = 409 if may_take else 403  # nobody holds it any more
    assert {str(call): ask(client, call) for call in CALLS} == expected


def test_each_role_has_its_own_worklist(desk: Any) -> None:
    desk.receive(TinySlice(study="a", patient_id="A"), site="carhaix")
    desk.receive(TinySlice(study="b", patient_id="B"), site="brest")
    seen = {
        name: sorted(row["site"] for row in desk.client(name).get("/api/v1/worklist").json()["cases"])
        for name in ("root", "expert", "carhaix", "brest")
    }
    assert seen == {
        "root": ["brest", "carhaix"],
        "expert": ["brest", "carhaix"],
        "carhaix": ["carhaix"],
        "brest": ["brest"],
    }


def test_a_study_is_not_reached_through_another_ones_address(desk: Any) -> None:
    desk.receive(TinySlice(study="a", patient_id="A"), site="carhaix")
    desk.receive(TinySlice(study="b", patient_id="B"), site="brest")
    ((theirs,),) = desk.execute(select(study.c.id).where(study.c.site_id == "brest"))
    ((ours,),) = desk.execute(select(study.c.id).where(study.c.site_id == "carhaix"))
    client = desk.client("carhaix")
    for study_id, study_uid, series_uid in (
        (ours, uid("b"), uid("b", "series")),
        (theirs, uid("a"), uid("a", "series")),
        (ours, uid("a"), uid("b", "series")),
    ):
        root = f"/api/v1/studies/{study_id}/dicomweb/studies/{study_uid}"
        assert client.get(f"{root}/series/{series_uid}/metadata").status_code == 404


def test_hostile_addresses_are_simply_not_found(desk: Any) -> None:
    desk.receive(TinySlice())
    ((study_id,),) = desk.execute(select(study.c.id))
    client = desk.client("expert")
    root = f"/api/v1/studies/{study_id}/dicomweb/studies"
    for path in (
        "/..%2f..%2fetc%2fpasswd/series",
        "/%00/series",
        f"/{uid('study')}/series/%00/metadata",
        f"/{uid('study')}/series/{'9' * 3000}/metadata",
        f"/{uid('study')}/series/..%2f..%2f/instances/x/frames/1",
    ):
        assert client.get(root + path).status_code == 404
    assert client.get("/api/v1/cases/not-a-uuid").status_code == 422
    assert "root:" not in client.get("/..%2f..%2f..%2f..%2f..%2f..%2fetc/passwd").text
