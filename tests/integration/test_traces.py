"""Traces of ended analyses, from a real database to a collector."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, insert

from pipeline.clerk.traces.tracer import SETTLED_AFTER, Tracer
from pipeline.database.engine import connect
from pipeline.database.tables import analysis, case, result_object, series, site, study
from pipeline.testing.listeners import Listener, http_listener

BEGAN = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
IN_GOOD_TIME = BEGAN + timedelta(minutes=1)


def after(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = connect(database_url)
    yield made
    made.dispose()


def ended_analysis(engine: Engine, number: int, *, state: str = "analysed", ended_s: float = 9.0) -> UUID:
    """One series that came in two seconds, waited one, and was read until ``ended_s``."""
    times = {"first_image_at": BEGAN, "last_image_at": after(2.0)}
    with engine.begin() as connection:

        def added(table: Any, **values: Any) -> UUID:
            found: UUID = connection.execute(insert(table).values(**values).returning(table.c.id)).scalar_one()
            return found

        where = {"site_id": "carhaix"}
        if number == 0:
            connection.execute(insert(site).values(id="carhaix", name="Carhaix"))
        case_id = added(case, **where, patient_id="SECRET", patient_name="DOE^JANE", first_image_at=BEGAN)
        study_id = added(study, **where, case_id=case_id, study_instance_uid=f"1.2.{number}", patient_id="SECRET")
        arrived = {"images": 40, "arrival": "complete", "signal": "released", "complete_at": after(3.0), **times}
        series_id = added(series, study_id=study_id, series_instance_uid=f"1.2.{number}.1", **arrived)
        read = {"enqueued_at": after(3.0), "started_at": after(4.0), "finished_at": after(ended_s)}
        model = {"bundle": "ich-ct", "bundle_version": "0.3.0", "seconds": {"volume": 0.5, "total": 4.2}}
        ended = added(analysis, series_id=series_id, version=1, state=state, role="NCCT", **model, **read)
        kept = {"kind": "seg", "path": "a.dcm", "sha256": "", "created_at": after(ended_s + 1)}
        uids = {"sop_instance_uid": f"9.{number}.1", "series_instance_uid": f"9.{number}"}
        added(result_object, analysis_id=ended, **uids, **kept)
        return ended


def taken(listener: Listener) -> list[dict[str, Any]]:
    return [
        span
        for heard in listener.heard
        for resource in json.loads(heard.body)["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def seconds(span: dict[str, Any]) -> float:
    return (int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])) / 1e9


def test_a_collector_gets_each_ended_analysis_once_with_its_times_and_nothing_of_the_patient(engine: Engine) -> None:
    with http_listener() as listener:
        clock = [BEGAN]
        tracer = Tracer(engine, listener.url, "1.0", lambda: clock[0])
        ended_analysis(engine, 0)
        ended_analysis(engine, 1, state="failed", ended_s=9.5)
        assert tracer.look() == 0  # too fresh: its objects are being written
        clock[0] = IN_GOOD_TIME
        assert [tracer.look(), tracer.look()] == [2, 0]
    every = taken(listener)
    good = every[:6]
    assert [(one["name"], seconds(one)) for one in good] == [
        ("series", 10.0), ("arrival", 2.0), ("completion", 1.0), ("queue", 1.0), ("analysis", 5.0), ("write seg", 1.0),
    ]  # fmt: skip
    assert {one["traceId"] for one in good} == {good[0]["traceId"]} != {every[6]["traceId"]}
    assert {one.get("parentSpanId") for one in good[1:]} == {good[0]["spanId"]}
    assert [one["status"]["code"] for one in every if one["name"] == "analysis"] == [1, 2]
    body = b"".join(heard.body for heard in listener.heard)
    assert b"SECRET" not in body
    assert b"DOE" not in body


def test_what_a_collector_that_is_down_did_not_take_is_sent_when_it_is_back(engine: Engine) -> None:
    with http_listener(status=503) as listener:
        clock = [BEGAN]
        tracer = Tracer(engine, listener.url, "1.0", lambda: clock[0])
        ended_analysis(engine, 0)
        clock[0] = after(9.0) + SETTLED_AFTER + timedelta(seconds=1)
        assert tracer.look() == 0
        listener.status = 200
        assert tracer.look() == 1
