"""Every route as every role, against a table; a route that is not in it fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI

from tests.integration.desk.whole_case import ASKED, OPINION, PHONE, WholeCase

ROLES = (None, "brest", "carhaix", "expert", "coordinator", "root", "auditor")
"""Nobody, another hospital, the case's own, an expert, a coordinator, an administrator, one with a grant."""

MEANS = {"-": "401", "x": "403", "?": "404", "o": "served"}
ANYBODY, SIGNED_IN = "ooooooo", "-oooooo"
OF_A_CASE = "-?ooooo"
OF_A_PATIENT = "-?oooxo"
BY_EXPERTS = "-?xoxxx"
WHO_WORK_FOR_ALL = "-xxoooo"
WHO_KEEP_THE_ROTA = "-xxxooo"
OF_ITS_AUTHOR = "-?xoxxx"
ASKING = "-?ooo" + "xx"

STUDY = "/studies/{study_id}/dicomweb/studies/{study_uid}"
SERIES = STUDY + "/series/{series_uid}"
INSTANCE = SERIES + "/instances/{instance_uid}"
ROOT_STUDY = "/dicom-web/studies/{study_uid}"
ROOT_INSTANCE = "/series/{series_uid}/instances/{instance_uid}"
SEARCHING = "-oooo" + "xo"
"""Of DICOMweb at its root; another hospital finds nothing."""

TABLE: dict[str, str] = {
    "GET /status": ANYBODY,
    "GET /openapi.json": ANYBODY,
    "GET /session": SIGNED_IN,
    "GET /worklist": SIGNED_IN,
    "GET /events": SIGNED_IN,
    "GET /calls": SIGNED_IN,
    "GET /messages/unread": SIGNED_IN,
    "GET /sites": SIGNED_IN,
    "GET /figures": SIGNED_IN,
    "GET /figures.csv": SIGNED_IN,
    "GET /set-up": SIGNED_IN,
    "GET /cases/{case_id}": OF_A_CASE,
    "GET /cases/{case_id}/deadlines": OF_A_CASE,
    "GET /cases/{case_id}/calling": OF_A_CASE,
    "GET /cases/{case_id}/times": OF_A_CASE,
    "POST /cases/{case_id}/release": OF_A_CASE,
    "GET /rota/on-duty": OF_A_CASE,
    "GET /cases/{case_id}/requests": OF_A_PATIENT,
    "GET /cases/{case_id}/messages": OF_A_PATIENT,
    "POST /cases/{case_id}/messages/seen": OF_A_PATIENT,
    "GET /cases/{case_id}/opinions": OF_A_PATIENT,
    "GET /cases/{case_id}/results/{result_id}": OF_A_PATIENT,
    "GET /cases/{case_id}/results/{result_id}/picture": OF_A_PATIENT,
    "GET /opinions/{opinion_id}/pdf": OF_A_PATIENT,
    "GET /requests/{request_id}": OF_A_PATIENT,
    "GET /requests/{request_id}/candidates": OF_A_PATIENT,
    "GET /requests/{request_id}/sheet": OF_A_PATIENT,
    "POST /identity-corrections/{correction_id}": OF_A_PATIENT,
    f"GET {STUDY}/series": OF_A_PATIENT,
    f"GET {SERIES}/metadata": OF_A_PATIENT,
    f"GET {INSTANCE}/metadata": OF_A_PATIENT,
    f"GET {INSTANCE}": OF_A_PATIENT,
    f"GET {INSTANCE}/frames/{{numbers}}": OF_A_PATIENT,
    f"GET {INSTANCE}/bulkdata/{{tag}}": OF_A_PATIENT,
    "GET /requests": "-ooooxo",
    "POST /requests/check": "-ooooxx",
    "POST /requests": "-xoooxx",
    "PUT /requests/{request_id}": ASKING,
    "POST /requests/{request_id}/link": ASKING,
    "POST /requests/{request_id}/withdraw": ASKING,
    "POST /cases/{case_id}/messages": ASKING,
    "PUT /cases/{case_id}/times": ASKING,
    "POST /cases/{case_id}/hand": "-?xxoxx",
    "POST /cases/{case_id}/take": BY_EXPERTS,
    "POST /cases/{case_id}/take-over": BY_EXPERTS,
    "POST /cases/{case_id}/refuse": BY_EXPERTS,
    "POST /cases/{case_id}/opinions": BY_EXPERTS,
    "POST /series/{series_id}/role": BY_EXPERTS,
    "PUT /opinions/{opinion_id}/draft": OF_ITS_AUTHOR,
    "POST /opinions/{opinion_id}/suggestions": OF_ITS_AUTHOR,
    "POST /opinions/{opinion_id}/sign": OF_ITS_AUTHOR,
    "POST /opinions/{opinion_id}/amend": OF_ITS_AUTHOR,
    "POST /opinions/{opinion_id}/discard": OF_ITS_AUTHOR,
    "GET /deliveries": WHO_WORK_FOR_ALL,
    "POST /deliveries/{delivery_id}/resend": "-xxxx??",
    "GET /rota/experts": WHO_WORK_FOR_ALL,
    "GET /rota/duties": WHO_WORK_FOR_ALL,
    "GET /rota/gaps": WHO_WORK_FOR_ALL,
    "GET /rota/needs": WHO_WORK_FOR_ALL,
    "GET /rota/absences": WHO_WORK_FOR_ALL,
    "GET /rota/holidays": WHO_WORK_FOR_ALL,
    "GET /rota/exchanges": WHO_WORK_FOR_ALL,
    "GET /rota/calendar": WHO_WORK_FOR_ALL,
    "POST /rota/absences": WHO_WORK_FOR_ALL,
    "DELETE /rota/absences/{absence_id}": WHO_WORK_FOR_ALL,
    "POST /rota/exchanges": WHO_WORK_FOR_ALL,
    "POST /rota/exchanges/{exchange_id}/{said}": WHO_WORK_FOR_ALL,
    "PUT /rota/experts/{account_id}": WHO_KEEP_THE_ROTA,
    "POST /rota/duties": WHO_KEEP_THE_ROTA,
    "PUT /rota/duties/{duty_id}": WHO_KEEP_THE_ROTA,
    "DELETE /rota/duties/{duty_id}": WHO_KEEP_THE_ROTA,
    "PUT /rota/needs/{site}": WHO_KEEP_THE_ROTA,
    "POST /rota/calendar": WHO_KEEP_THE_ROTA,
    "GET /channels": WHO_KEEP_THE_ROTA,
    "GET /push": WHO_WORK_FOR_ALL,
    "POST /push/subscriptions": WHO_WORK_FOR_ALL,
    "DELETE /push/subscriptions": SIGNED_IN,
    "POST /notifications/{token}/open": WHO_WORK_FOR_ALL,
    "PUT /set-up": "-xxxxoo",
    "POST /cases/{case_id}/close": "-?xooxx",
    "POST /cases/{case_id}/reopen": "-?xooxx",
    "GET /grants": WHO_KEEP_THE_ROTA,
    "POST /grants/{grant_id}/end": WHO_KEEP_THE_ROTA,
    "POST /grants": "-xxxoox",
    "GET /peers": "-xxxxoo",
    "POST /peers": "-xxxxoo",
    "PUT /peers/{peer_id}": "-xxxx??",
    "DELETE /peers/{peer_id}": "-xxxx??",
    "POST /peers/{peer_id}/test": "-xxxx??",
    "GET /viewers": SIGNED_IN,
    "POST /studies/{study_id}/viewer-link": OF_A_PATIENT,
    "GET /cases/{case_id}/priors": OF_A_CASE,
    "POST /cases/{case_id}/priors": ASKING,
    "GET /retention": "-xxxxoo",
    "GET /metrics": "-------",
    **{f"GET /dicom-web{path}": SEARCHING for path in ("", "/capabilities", "/studies", "/series", "/instances")},
    **{f"GET {ROOT_STUDY}{path}": SEARCHING for path in ("/series", "/instances", "/series/{series_uid}/instances")},
    **{
        f"GET {ROOT_STUDY}{path}{end}": OF_A_PATIENT
        for path in ("", "/series/{series_uid}", ROOT_INSTANCE)
        for end in ("", "/metadata", "/rendered", "/thumbnail")
    },
    **{f"GET {ROOT_STUDY}{ROOT_INSTANCE}/{end}": OF_A_PATIENT for end in ("frames/{numbers}", "bulkdata/{tag}")},
    **{f"GET {ROOT_STUDY}{ROOT_INSTANCE}/frames/{{numbers}}/{end}": OF_A_PATIENT for end in ("rendered", "thumbnail")},
    "GET /dicom-web/{rest:path}": "???????",
    "GET /{path:path}": "???????",
}
OWN_SESSION = {"POST /session", "DELETE /session", "POST /session/password"}
"""What begins and ends one's own session: test_desk_session."""

PEER = {"ae_title": "CT2", "host": "192.0.2.7", "port": 104, "site": "carhaix"}
PERIOD = {"starts_at": "2026-12-01T00:00:00Z", "ends_at": "2026-12-02T00:00:00Z"}
NOBODY = str(uuid4())
QUERIES = {"GET /rota/on-duty": "?site=carhaix", "GET /rota/holidays": "?year=2026", "GET /{path:path}": "nothing.txt"}


def bodies(whole: WholeCase) -> dict[str, Any]:
    """What is sent where something must be."""
    accounts = {name: str(one) for name, one in whole.desk.accounts.items()}
    expert = {"centre": "chu", "skills": ["diagnostic"], "phone": PHONE, "revision": 1}
    duty = {"expert": accounts["expert"], "skill": "diagnostic", **PERIOD}
    push = {"endpoint": "https://push.example/x", "keys": {"p256dh": "A", "auth": "A"}}
    return {
        "POST /requests": ASKED | {"site": "carhaix"},
        "POST /requests/check": ASKED,
        "PUT /requests/{request_id}": ASKED | {"version": 1},
        "POST /requests/{request_id}/link": {"case": str(whole.case)},
        "POST /requests/{request_id}/withdraw": {"why": "done"},
        "POST /cases/{case_id}/messages": {"text": "Hello", "key": NOBODY},
        "POST /cases/{case_id}/messages/seen": {"message": whole.message["messages"][0]["id"]},
        "PUT /cases/{case_id}/times": {"revision": 9},
        "POST /cases/{case_id}/hand": {"to": accounts["colleague"]},
        "POST /cases/{case_id}/refuse": {"why": "ill"},
        "POST /cases/{case_id}/take-over": {"owner": "nobody"},
        "POST /identity-corrections/{correction_id}": {"decision": "reject"},
        "POST /series/{series_id}/role": {"role": "other"},
        "PUT /opinions/{opinion_id}/draft": {"revision": 9, "content": OPINION},
        **{
            f"POST /opinions/{{opinion_id}}/{act}": {"revision": 9}
            for act in ("suggestions", "sign", "amend", "discard")
        },
        "PUT /rota/experts/{account_id}": expert,
        "POST /rota/duties": duty,
        "PUT /rota/duties/{duty_id}": duty | {"revision": 1},
        "PUT /rota/needs/{site}": {"skills": [], "seen": []},
        "POST /rota/absences": PERIOD,
        "POST /rota/exchanges": {"duty": str(whole.names()["duty_id"]()), "taker": accounts["colleague"], **PERIOD},
        "POST /push/subscriptions": push,
        "DELETE /push/subscriptions": {"endpoint": push["endpoint"]},
        "POST /studies/{study_id}/viewer-link": {"viewer": "ohif"},
        "POST /peers": PEER,
        "PUT /peers/{peer_id}": PEER,
        "PUT /set-up": {"fallback_phone": PHONE, "revision": 9},
        "POST /grants": {"account": accounts["auditor"], "ends_at": "2026-11-22T00:00:00Z", "why": "a fault"},
    }


def routes(app: FastAPI) -> Iterator[str]:
    """Every route there is, also those that the API's description leaves out."""
    for path, operations in app.openapi()["paths"].items():
        yield from (f"{method.upper()} {path.removeprefix('/api/v1')}" for method in operations)
    for path in _undescribed(app.routes):
        yield f"GET {path.removeprefix('/api/v1')}"


def _undescribed(found: Any) -> Iterator[str]:
    for route in found:
        inside = getattr(route, "original_router", None)
        if inside is not None:
            yield from _undescribed(inside.routes)
        elif not getattr(route, "include_in_schema", True):
            yield route.path


def test_no_route_is_missing_in_the_table(desk: Any) -> None:
    assert set(routes(desk.app)) == set(TABLE) | OWN_SESSION
    assert all(len(row) == len(ROLES) and set(row) <= set(MEANS) for row in TABLE.values())


@pytest.mark.timeout(240)
def test_every_route_answers_every_role_as_the_table_says(desk: Any) -> None:
    whole = WholeCase(desk)
    sent, names = bodies(whole), whole.names()
    clients = [desk.client(name) for name in ROLES]

    def met(route: str, client: Any) -> str:
        method, path = route.split(" ")
        for name in (one for one in names if f"{{{one}}}" in path):
            path = path.replace(f"{{{name}}}", str(names[name]()))
        address = path.replace("/{path:path}", "/") if path in ("/metrics", "/{path:path}") else f"/api/v1{path}"
        address = path.replace("{rest:path}", "nothing") if path.startswith("/dicom-web") else address
        body: dict[str, Any] = {"json": sent.get(route)}
        if route == "POST /rota/calendar":
            body = {"content": "hello", "headers": {"Content-Type": "text/calendar"}}
        with client.stream(method, address + QUERIES.get(route, ""), **body) as answer:
            return _letter(answer, route)

    seen = {route: "".join(met(route, client) for client in clients) for route in TABLE}
    assert seen == TABLE


def _letter(answer: Any, route: str) -> str:
    letters = {401: "-", 403: "x", 404: "?"}
    if answer.status_code >= 400:
        told = answer.read().decode()
        assert answer.status_code not in letters or "Doe" not in told, route
        assert set(answer.json()) >= {"error", "message"}, route
    assert answer.status_code < 500, f"{route}: {told}"
    return letters.get(answer.status_code, "o")
