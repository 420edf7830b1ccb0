"""What the desk asks its database, and what it writes to its log, when nothing is wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import create_engine, event
from structlog.testing import capture_logs

from review_ui.health import Health
from review_ui.http.middleware import AccessLog


class Watch:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_database_is_asked_at_most_once_a_second() -> None:
    engine, asked, watch = create_engine("sqlite://"), [], Watch()
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    health = Health(engine, watch)
    assert [health.database_answers() for _ in range(50)] == [True] * 50
    assert len(asked) == 1
    watch.now += 1.0
    assert health.database_answers()
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("path", "status", "lines"),
    [
        ("/api/v1/studies/{study_id}/instances/{instance_uid}/frames/{numbers}", 200, 0),
        ("/api/v1/studies/{study_id}/instances/{instance_uid}/frames/{numbers}", 404, 1),
        ("/api/v1/events", 200, 0),
        ("/api/v1/events", 401, 1),
        ("/metrics", 200, 0),
        ("/api/v1/worklist", 200, 1),
    ],
)
def test_what_goes_well_hundreds_of_times_a_case_is_not_logged_and_what_fails_is(
    path: str, status: int, lines: int
) -> None:
    async def app(scope: Any, _: Any, send: Any) -> None:
        scope["route"] = type("Route", (), {"path": path})
        await send({"type": "http.response.start", "status": status, "headers": []})

    async def nothing(*_: Any) -> Any:
        return None

    with capture_logs() as logged:
        asyncio.run(AccessLog(app)({"type": "http", "method": "GET"}, nothing, nothing))
    assert len(logged) == lines
