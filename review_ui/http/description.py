"""The API's own description: every answer an operation can give, refusals too, each with the body it has."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

COOKIE = "neurovigie_session"

_OPEN = frozenset({("get", "/api/v1/status"), ("post", "/api/v1/session"), ("delete", "/api/v1/session")})
"""Operations that need no session."""
_OUR_HEADER = {
    "name": "X-NeuroVigie",
    "in": "header",
    "required": True,
    "description": "No other site can make a browser send it.",
    "schema": {"type": "string", "enum": ["1"]},
}
_SESSION = {
    "type": "apiKey",
    "in": "cookie",
    "name": COOKIE,
    "description": "Set by signing in.",
}
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_SCHEMA = {
    "type": "object",
    "title": "Problem",
    "description": "Why something was refused: a code for programs and a sentence for people, and where it helps, "
    "what stands now.",
    "required": ["error", "message"],
    "properties": {"error": {"type": "string"}, "message": {"type": "string"}},
    "additionalProperties": True,
}

Answers = dict[int | str, dict[str, Any]]


def refuses(*statuses: int) -> Answers:
    """Say of a route that it also refuses with these statuses; those that follow from its shape are said for it."""
    return {status: _answer(status) for status in statuses}


def sends(*content_types: str) -> dict[str, Any]:
    """Say in which types a route answers with something other than JSON."""
    return {"content": {one: {"schema": _shape(one)} for one in content_types}}


def _shape(content_type: str) -> dict[str, Any]:
    """DICOM JSON is a list of objects (PS3.18 F.2); anything else here is bytes."""
    if content_type.endswith("json"):
        return {"type": "array", "items": {"type": "object"}}
    return {"type": "string", "format": "binary"}


def describe(app: FastAPI) -> None:
    """Let an application describe itself whole."""
    plain = app.openapi

    def whole() -> dict[str, Any]:
        known = app.openapi_schema
        return known if known is not None else _completed(plain())

    app.openapi = whole  # type: ignore[method-assign]


def _completed(described: dict[str, Any]) -> dict[str, Any]:
    components = described.setdefault("components", {})
    components["securitySchemes"] = {"session": _SESSION}
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = _SCHEMA
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            for status in _statuses(method, path, operation):
                operation["responses"].setdefault(str(status), _answer(status))
            if "422" in operation["responses"]:
                operation["responses"]["422"] = _answer(422)
            if (method, path) not in _OPEN:
                operation["security"] = [{"session": []}]
            if method != "get":
                operation.setdefault("parameters", []).append(_OUR_HEADER)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return described


def _statuses(method: str, path: str, operation: dict[str, Any]) -> Iterator[int]:
    """What an operation can refuse with by its shape alone."""
    yield 503  # the database is away
    if (method, path) not in _OPEN:
        yield from (401, 403)  # nobody is signed in; a password must be changed first, or this account may not
    if method != "get":
        yield 403  # without our header
    if "{" in path:
        yield 404
    if "requestBody" in operation:
        yield from (400, 413, 422)


def _answer(status: int) -> dict[str, Any]:
    return {"description": HTTPStatus(status).phrase, "content": {"application/json": {"schema": _PROBLEM}}}
