"""Refusals and failures as JSON: {"error": code, "message": sentence}. No value a client sent is repeated."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg import errors as postgres
from sqlalchemy.exc import DataError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from pipeline.domain.errors import BadInput, DatabaseUnavailable, NeuroVigieError, UnreadableInstance
from review_ui.http.methods import methods

_CODES = {
    400: "bad_request",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    413: "too_large",
    416: "no_such_range",
    422: "invalid",
    429: "too_many_requests",
    503: "database_unavailable",
}


class Problem(Exception):
    """An answer that refuses, raised wherever it is found out."""

    def __init__(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None, **more: object
    ) -> None:
        super().__init__(code)
        self.status = status
        self.body: dict[str, Any] = {"error": code, "message": message, **more}
        self.headers = headers or {}


def not_found() -> Problem:
    """The answer both to what does not exist and to what this account may not know of."""
    return Problem(404, "not_found", "There is no such thing here, or your account may not see it.")


def no_such_method(request: Request) -> JSONResponse:
    """The answer to a method that an address of the API does not take, or to an address that there is not."""
    taken = methods(request.app).of(request.url.path)
    if not taken:
        return answer(404, not_found().body["message"])
    return answer(405, "This address takes other methods.", headers={"Allow": ", ".join(taken)})


def add_to(app: FastAPI) -> None:
    """Let an application answer every refusal and every error we know as JSON."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    for unavailable in (OperationalError, InterfaceError, PoolTimeoutError, DatabaseUnavailable):
        app.add_exception_handler(unavailable, _unavailable)
    app.add_exception_handler(ProgrammingError, _programming)
    app.add_exception_handler(DataError, _data)
    app.add_exception_handler(UnreadableInstance, _unreadable)
    app.add_exception_handler(BadInput, _bad_input)


async def _problem(_: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, Problem)  # noqa: S101 - for the type checker
    return JSONResponse(problem.body, problem.status, problem.headers)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - for the type checker
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.url.path.startswith("/api/"):
        return no_such_method(request)
    message = f"{HTTPStatus(error.status_code).phrase}."
    return answer(error.status_code, message, headers=dict(error.headers or {}))


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - for the type checker
    places = sorted({".".join(str(part) for part in one["loc"]) for one in error.errors()})
    return answer(422, f"Missing or not understood: {', '.join(places)}.")


async def _unavailable(_: Request, __: Exception) -> JSONResponse:
    return answer(503, "The database does not answer; images are still received. Try again shortly.")


async def _programming(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProgrammingError)  # noqa: S101 - for the type checker
    if isinstance(error.orig, postgres.UndefinedTable | postgres.UndefinedColumn):
        return answer(503, "The database has not been migrated yet; run `python -m pipeline.database`.")
    raise error


async def _data(_: Request, __: Exception) -> JSONResponse:
    """PostgreSQL refused a value, such as a text with a NUL in it: nothing can be called that."""
    return answer(404, "There is no such thing here.")


async def _unreadable(_: Request, error: Exception) -> JSONResponse:
    return answer(500, str(error), code="unreadable_image")


async def _bad_input(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, NeuroVigieError)  # noqa: S101 - for the type checker
    return answer(404, str(error))


def answer(
    status: int, message: str, *, code: str | None = None, headers: dict[str, Any] | None = None
) -> JSONResponse:
    """A refusal with the usual code of its status."""
    return JSONResponse({"error": code or _CODES.get(status, "error"), "message": message}, status, headers)
