"""What every answer of the desk goes through: methods of an address, compression, the API's own description."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from pydantic import TypeAdapter, ValidationError

from review_ui.http.description import describe, refuses
from review_ui.http.files import RangedFile
from review_ui.http.methods import methods
from review_ui.http.moments import Moment
from review_ui.http.squeezed import squeezed
from review_ui.requests.sent import RequestSent


@pytest.fixture
def app() -> FastAPI:
    made = FastAPI()
    api = APIRouter(prefix="/api/v1")

    @api.get("/things/{thing}")
    def read(thing: int) -> int:
        return thing

    @api.post("/things/check")
    def check() -> None:
        """Nothing."""

    @api.put("/things/{thing}", responses=refuses(409))
    def change(thing: int, body: dict[str, str]) -> int:
        return thing + len(body)

    made.include_router(api)
    describe(made)
    return made


def test_an_address_knows_its_methods_and_no_other_does(app: FastAPI) -> None:
    known = methods(app)
    assert known.of("/api/v1/things/7") == ["GET", "PUT"]
    assert known.of("/api/v1/things/check") == ["POST"]
    assert [known.of(path) for path in ("/api/v1/things", "/api/v1/things/7/8", "/api/v1/thingsx7")] == [[], [], []]


def test_every_refusal_is_described_with_the_body_it_has(app: FastAPI) -> None:
    described: dict[str, Any] = app.openapi()
    read, change = (described["paths"]["/api/v1/things/{thing}"][method] for method in ("get", "put"))
    assert set(read["responses"]) == {"200", "401", "403", "404", "422", "503"}
    assert set(change["responses"]) == {"200", "400", "401", "403", "404", "409", "413", "422", "503"}
    problem = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operation in (read, change):
        refused = [one["content"] for status, one in operation["responses"].items() if status != "200"]
        assert refused == [problem] * len(refused)
        assert operation["security"] == [{"session": []}]
    assert [one["name"] for one in change["parameters"]] == ["thing", "X-NeuroVigie"]


def test_a_long_answer_is_compressed_for_whoever_takes_it() -> None:
    body = b'{"cases": [%s]}' % (b'{"tier": "red"}, ' * 500)
    small = squeezed({"accept-encoding": "gzip, br"}, body)
    assert gzip.decompress(bytes(small.body)) == body
    assert len(small.body) < len(body) / 10
    for headers, sent in (({}, body), ({"accept-encoding": "gzip"}, b"[]")):
        plain = squeezed(headers, sent)
        assert (plain.body, "content-encoding" in plain.headers) == (sent, False)


@pytest.mark.parametrize("said", ["0.5", 0, 1_764_000_000, "2026-11-22", "2026-11-22T03:00:00", None])
def test_a_moment_is_written_with_its_offset_and_is_no_number(said: object) -> None:
    read = TypeAdapter(Moment)
    assert read.validate_python("2026-11-22T04:00:00+01:00") == datetime(2026, 11, 22, 3, tzinfo=UTC)
    with pytest.raises(ValidationError):
        read.validate_python(said)


@pytest.mark.parametrize(
    "told", [{"platelets_e9_per_l": False}, {"inr": "1.1"}, {"age_years": True}, {"nihss": {"total": "4"}}]
)
def test_a_number_of_a_patient_is_a_number_and_nothing_that_could_be_taken_for_one(told: dict[str, Any]) -> None:
    asked = {"patient": {"family_name": "Doe"}, "urgency": "urgent", "requester": "x", "call_back": "0298000000"}
    assert RequestSent.model_validate(asked | {"platelets_e9_per_l": 200, "inr": 1.1}).platelets_e9_per_l == 200
    with pytest.raises(ValidationError):
        RequestSent.model_validate(asked | told)


@pytest.mark.parametrize(
    ("wanted", "status", "body"),
    [
        ("bytes=2-3", 206, b"23"),
        ("bytes=0-1,4-5", 200, b"0123456789"),
        ("nonsense", 200, b"0123456789"),
        ("bytes=99-", 416, None),
    ],
)
@pytest.mark.anyio
async def test_a_range_of_a_file_is_given_or_refused_as_everything_else_is(
    tmp_path: Path, wanted: str, status: int, body: bytes | None
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "headers": [(b"range", wanted.encode())], "asgi": {"spec_version": "2.4"}}
    await RangedFile(file, "application/dicom", {})(scope, receive, send)
    assert sent[0]["status"] == status
    told = b"".join(message.get("body", b"") for message in sent[1:])
    assert told == body if body is not None else b"There are no such bytes" in told


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
