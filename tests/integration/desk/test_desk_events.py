"""The live stream: nothing lost, nothing shown to whom it does not concern."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert, select, text

from pipeline.database.tables import case, event, session
from pipeline.testing.instances import TinySlice
from review_ui.app import create_app
from tests.integration.desk.conftest import DeskBench
from tests.integration.desk.whole_case import WholeCase

LISTENERS = "pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


@dataclass(frozen=True)
class Seen:
    """One event as a browser gets it."""

    id: int
    case: dict[str, Any]


@contextmanager
def listening(client: httpx.Client, **parameters: Any) -> Iterator[Iterator[Seen]]:
    """Open the stream and read it event by event."""
    headers = parameters.pop("headers", {})
    with client.stream("GET", "/api/v1/events", params=parameters, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines).startswith("retry:")
        yield events(lines)


def events(lines: Iterator[str]) -> Iterator[Seen]:
    fields: dict[str, str] = {}
    for line in lines:
        if line and not line.startswith(":"):
            name, value = line.split(": ", 1)
            fields[name] = value
        elif fields.get("event") == "case":
            yield Seen(int(fields["id"]), json.loads(fields["data"]))
            fields = {}


def until(seen: Iterator[Seen], patient: str) -> list[str]:
    """The patients told of up to and with this one."""
    told = []
    for one in seen:
        told.append(one.case["patient"]["id"])
        if told[-1] == patient:
            return told
    raise AssertionError("the stream ended")


def test_a_case_appears_and_changes_without_asking_again(desk: Any) -> None:
    client, other = desk.client("expert"), desk.client("colleague")
    with listening(client) as seen:
        desk.receive(TinySlice())
        first = next(seen)
        assert (first.case["patient"]["name"], first.case["owner"]) == ("Doe^Jane", None)
        other.post(f"/api/v1/cases/{first.case['id']}/take")
        taken = next(one for one in seen if one.case["owner"])
        assert taken.id > first.id
        assert taken.case["version"] > first.case["version"]


def test_a_hospital_is_told_of_its_own_cases_only(desk: Any) -> None:
    with listening(desk.client("carhaix")) as live:
        desk.receive(TinySlice(study="b", patient_id="B"), site="brest")
        desk.receive(TinySlice(study="c", patient_id="C"), site="carhaix")
        assert set(until(live, "C")) == {"C"}
    with listening(desk.client("brest"), after=0) as resumed:
        assert next(resumed).case["patient"]["id"] == "B"
        desk.receive(TinySlice(study="b2", patient_id="B2"), site="brest")
        assert set(until(resumed, "B2")) <= {"B", "B2"}


def test_a_stream_resumes_after_the_worklist_or_the_last_event(desk: Any) -> None:
    client = desk.client("expert")
    desk.receive(TinySlice(study="a", patient_id="A"))
    last = client.get("/api/v1/worklist").json()["last_event"]
    desk.receive(TinySlice(study="b", patient_id="B"))
    with listening(client, after=last) as seen:
        assert "B" in until(seen, "B")
    desk.receive(TinySlice(study="c", patient_id="C"))
    with listening(client, after=0, headers={"Last-Event-ID": str(last)}) as seen:
        assert {"B", "C"} <= set(until(seen, "C"))


def test_an_event_committed_after_a_newer_one_is_not_lost_by_resuming(desk: Any) -> None:
    desk.receive(TinySlice(study="slow", patient_id="SLOW"))
    desk.receive(TinySlice(study="fast", patient_id="FAST"))
    ids = dict(desk.execute(select(case.c.patient_id, case.c.id)))
    client = desk.client("expert")
    with desk.engine.connect() as slow:
        slow.execute(insert(event).values(case_id=ids["SLOW"], kind="test"))  # has its id, is not visible yet
        slow.execute(text("UPDATE \"case\" SET why = 'changed late' WHERE id = :id"), {"id": ids["SLOW"]})
        desk.execute(insert(event).values(case_id=ids["FAST"], kind="test"))
        last = client.get("/api/v1/worklist").json()["last_event"]
        slow.commit()
    with listening(client, after=last) as seen:
        late = next(one for one in seen if one.case["patient"]["id"] == "SLOW")
        assert late.case["why"] == "changed late"


def test_events_during_an_outage_of_the_listener_come_after_it(desk: Any) -> None:
    with listening(desk.client("expert")) as seen:
        desk.receive(TinySlice(study="a", patient_id="A"))
        until(seen, "A")
        assert len(desk.execute(text(f"SELECT pg_terminate_backend(pid) FROM {LISTENERS}"))) == 1
        desk.receive(TinySlice(study="b", patient_id="B"))
        assert "B" in until(seen, "B")


def test_an_event_nobody_notified_of_is_found_by_looking(desk: Any) -> None:
    desk.execute(text("ALTER TABLE event DISABLE TRIGGER neurovigie_event"))
    desk.app.state.desk.hub._poll_s = 0.05
    with listening(desk.client("expert")) as seen:
        desk.receive(TinySlice(study="a", patient_id="A"))
        assert until(seen, "A") == ["A"]


def test_a_stream_ends_with_its_session(desk: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("review_ui.events.stream.stream.__kwdefaults__", {"keep_alive_s": 0.05})
    with listening(desk.client("expert")) as seen:
        desk.execute(session.delete())
        assert list(seen) == []


def test_a_stream_goes_on_after_a_restart_of_the_desk_and_of_the_line_without_a_lost_event(
    database_url: str, tmp_path: Path
) -> None:
    """Cases come all the time, also while the desk is away and while a slow transaction is under way."""
    bench = DeskBench(database_url, tmp_path / "home")
    seen: dict[str, int] = {}
    last = 0
    for turn in range(3):
        with bench.serving():
            client = bench.client("expert")
            if turn == 0:
                last = client.get("/api/v1/worklist").json()["last_event"]
            bench.receive(TinySlice(study=f"before{turn}", patient_id=f"before{turn}"))
            with listening(client, after=0, headers={"Last-Event-ID": str(last)}) as live:
                bench.receive(TinySlice(study=f"during{turn}", patient_id=f"during{turn}"))
                for one in live:  # the line is cut as soon as this turn's case was told
                    seen[one.case["patient"]["id"]] = one.case["version"]
                    last = one.id
                    if one.case["patient"]["id"] == f"during{turn}":
                        break
        bench.app = create_app(bench.settings, bench.engine, bench.vault_root, bench.derived_root, bench.clock)
        bench.receive(TinySlice(study=f"away{turn}", patient_id=f"away{turn}"))
    with bench.serving(), listening(bench.client("expert"), headers={"Last-Event-ID": str(last)}) as live:
        seen |= dict.fromkeys(until(live, "away2"), 1)
    assert set(seen) == {f"{when}{turn}" for when in ("before", "during", "away") for turn in range(3)}
    bench.close()


def test_a_change_of_the_rota_and_of_who_read_is_told_and_is_no_part_of_a_cases_history(desk: Any) -> None:
    whole = WholeCase(desk)
    ((before,),) = desk.execute(text("SELECT count(*) FROM event"))
    with whole.expert.stream("GET", "/api/v1/events") as answer:
        lines = answer.iter_lines()
        next(lines)
        period = {"starts_at": "2026-12-01T00:00:00Z", "ends_at": "2026-12-02T00:00:00Z"}
        whole.expert.post("/api/v1/rota/absences", json=period).raise_for_status()
        assert next(line for line in lines if line.startswith("event: rota"))
        message = {"message": whole.message["messages"][0]["id"]}
        whole.expert.post(f"/api/v1/cases/{whole.case}/messages/seen", json=message).raise_for_status()
        assert next(line for line in lines if line.startswith("event: seen"))
        assert next(lines) == f'data: {{"case": "{whole.case}"}}'
    assert desk.execute(text("SELECT count(*) FROM event")) == [(before,)]


def test_many_streams_share_one_listener(desk: Any) -> None:
    one, two, three = (desk.client("expert") for _ in range(3))
    with listening(one), listening(two), listening(three) as seen:
        desk.receive(TinySlice(study="a", patient_id="A"))
        until(seen, "A")
        assert desk.execute(text(f"SELECT count(*) FROM {LISTENERS}")) == [(1,)]
