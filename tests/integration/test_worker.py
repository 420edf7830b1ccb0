"""The worker on a real database: one current result, whoever dies, hangs or comes late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text

from dicom_node.vault.simple import SimpleVault
from pipeline.clerk.orphans import requeue_orphans
from pipeline.clerk.overdue import watch_deadlines
from pipeline.clerk.quiet import complete_quiet_series
from pipeline.database.analyses import claim, commit_report
from pipeline.database.engine import connect
from pipeline.database.index import PostgresIndex
from pipeline.database.tables import analysis, case, event, finding
from pipeline.domain.analysis import AnalysisState, Coverage
from pipeline.domain.deadlines import deadlines
from pipeline.domain.errors import Fenced, InferenceCrashed, InferenceTimedOut
from pipeline.domain.finding import Finding, FindingKind, Side
from pipeline.domain.ports import Step
from pipeline.domain.receipt import Arrival
from pipeline.domain.report import SeriesReport
from pipeline.domain.role import Recognition, SeriesRole
from pipeline.home import Home
from pipeline.inference.requests import Request
from pipeline.testing.instances import TRANSFER_SYNTAX, TinySlice
from pipeline.worker.bench import Bench
from pipeline.worker.tasks import analyse

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
BLEED = Finding(FindingKind.HAEMORRHAGE, 30.0, Side.LEFT, 0.9, centre_mm=(1.0, 2.0, 3.0))
RED = SeriesReport(
    SeriesInstanceUID="1.2",
    recognition=Recognition(SeriesRole.NCCT, "because the test says so"),
    state=AnalysisState.ANALYSED,
    bundle="ich-ct",
    bundle_version="0.1.0",
    findings=(BLEED,),
    coverage=Coverage(30, None, 0.0, 150.0),
)


class ScriptedChild:
    """A child that answers as the test wrote: a report, or an error raised after one step."""

    def __init__(self, *script: SeriesReport | Exception) -> None:
        self.script = list(script)
        self.asked: list[Request] = []

    def run(self, request: Request, *, urgency: int = 0) -> Iterator[Any]:
        self.asked.append(request)
        yield Step("started", 0.1)
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        yield answer

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = connect(database_url)
    yield made
    made.dispose()


def bench(engine: Engine, tmp_path: Path, *script: SeriesReport | Exception) -> Bench:
    home = Home(tmp_path)
    vault = SimpleVault(home.vault, watermark=1.0)
    index = PostgresIndex(engine, home.vault, 5.0, now=lambda: NOW)
    return Bench(engine, home, vault, index, ScriptedChild(*script), lambda: NOW)  # type: ignore[arg-type]


def receive_head(work: Bench, images: int = 30, *, association: str = "a1") -> UUID:
    """Receive a head CT; the id of its newest analysis."""
    receipts = []
    for number in range(1, images + 1):
        one = TinySlice(number=number)
        arrival = Arrival(
            "carhaix", "CT1", association, NOW, str(one.dataset().SOPClassUID), one.SOPInstanceUID, TRANSFER_SYNTAX
        )
        receipts.append(work.vault.append(one.encoded(), arrival))
    work.index.record(receipts)
    work.index.association_closed(association)
    with work.engine.connect() as connection:
        newest: UUID = connection.execute(
            select(analysis.c.id).order_by(analysis.c.version.desc()).limit(1)
        ).scalar_one()
        return newest


def one(engine: Engine, query: Any) -> Any:
    with engine.connect() as connection:
        return connection.execute(query).one()


def jobs(engine: Engine, task: str, status: str = "todo") -> int:
    query = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :task AND status::text = :status")
    with engine.connect() as connection:
        return int(connection.execute(query, {"task": task, "status": status}).scalar_one())


def test_findings_and_priority_are_committed_together(engine: Engine, tmp_path: Path) -> None:
    work = bench(engine, tmp_path, RED)
    analyse(work, receive_head(work))
    row = one(engine, select(case))
    assert (row.tier, row.state, row.alerted_at) == ("red", "analysed", NOW)
    assert row.reasons[0]["code"] == "suspected_haemorrhage"
    assert one(engine, select(finding)).volume_ml == 30.0


def test_a_second_delivery_of_the_same_job_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    work = bench(engine, tmp_path, RED, RED)
    analysis_id = receive_head(work)
    analyse(work, analysis_id)
    before = one(engine, select(case))
    analyse(work, analysis_id)
    assert one(engine, select(case)) == before
    assert len(work.child.asked) == 1  # type: ignore[attr-defined]


def test_an_overtaken_attempt_is_fenced_out_and_writes_nothing(engine: Engine, tmp_path: Path) -> None:
    work = bench(engine, tmp_path)
    analysis_id = receive_head(work)
    with engine.begin() as connection:
        zombie = claim(connection, analysis_id, NOW)
    with engine.begin() as connection:
        rescuer = claim(connection, analysis_id, NOW)
    assert zombie is not None
    assert rescuer is not None
    with engine.begin() as connection:
        commit_report(connection, rescuer, RED, NOW)
    with pytest.raises(Fenced), engine.begin() as connection:
        commit_report(connection, zombie, RED, NOW)
    assert one(engine, select(finding)).kind == "haemorrhage"


def test_a_model_that_hangs_once_is_tried_again(engine: Engine, tmp_path: Path) -> None:
    work = bench(engine, tmp_path, InferenceTimedOut(), RED)
    analyse(work, receive_head(work))
    assert one(engine, select(analysis.c.state)).state == "analysed"


def test_a_model_that_always_hangs_leaves_the_case_visible_and_saying_so(engine: Engine, tmp_path: Path) -> None:
    work = bench(engine, tmp_path, InferenceTimedOut(), InferenceTimedOut())
    analyse(work, receive_head(work))
    row = one(engine, select(case))
    assert (row.state, row.tier) == ("failed", "yellow")
    assert "did not answer before its time limit" in row.why


def test_a_model_that_always_crashes_leaves_the_case_visible_and_saying_so(engine: Engine, tmp_path: Path) -> None:
    work = bench(engine, tmp_path, InferenceCrashed(), InferenceCrashed())
    analyse(work, receive_head(work))
    row = one(engine, select(case))
    assert (row.state, row.why) == ("failed", "The model's process died. (tried 2 times)")


def test_an_analysis_overtaken_by_late_images_says_it_was_superseded(engine: Engine, tmp_path: Path) -> None:
    work = bench(engine, tmp_path, RED)
    first = receive_head(work, 30)
    second = receive_head(work, 31, association="a2")
    analyse(work, first)
    analyse(work, second)
    states = {}
    with engine.connect() as connection:
        for row in connection.execute(select(analysis)):
            states[row.version] = (row.state, row.why)
    assert states == {1: ("not_analysed", "superseded by a newer analysis of this series"), 2: ("analysed", "")}


def test_what_an_analysis_finds_raises_the_case_though_the_series_is_to_be_read_again(
    engine: Engine, tmp_path: Path
) -> None:
    work = bench(engine, tmp_path)
    first = receive_head(work, 30)
    with engine.begin() as connection:
        held = claim(connection, first, NOW)
    receive_head(work, 31, association="a2")  # more images come while the first version runs
    assert held is not None
    with engine.begin() as connection:
        commit_report(connection, held, RED, NOW)
    row = one(engine, select(case))
    assert (row.tier, row.state, row.alerted_at) == ("red", "analysing", NOW)
    assert row.reasons[0]["code"] == "suspected_haemorrhage"


def test_a_quiet_series_is_completed_by_the_clerk(engine: Engine, tmp_path: Path) -> None:
    work = bench(engine, tmp_path)
    one_slice = TinySlice()
    arrival = Arrival(
        "carhaix", "CT1", "a1", NOW, str(one_slice.dataset().SOPClassUID), one_slice.SOPInstanceUID, TRANSFER_SYNTAX
    )
    work.index.record([work.vault.append(one_slice.encoded(), arrival)])
    assert complete_quiet_series(engine, lambda: NOW + timedelta(seconds=4.9), 5.0) == 0
    assert complete_quiet_series(engine, lambda: NOW + timedelta(seconds=5.0), 5.0) == 1
    assert one(engine, select(analysis.c.coverage)).coverage["provisional"] is True
    assert jobs(engine, "analyse") == 1


def test_an_analysis_that_lost_its_job_gets_a_new_one(engine: Engine, tmp_path: Path) -> None:
    receive_head(bench(engine, tmp_path))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM procrastinate_jobs"))
    assert requeue_orphans(engine, NOW + timedelta(seconds=30)) == 1
    assert requeue_orphans(engine, NOW + timedelta(seconds=30)) == 0
    assert jobs(engine, "analyse") == 1


def test_a_lost_job_comes_back_in_the_lane_it_had(engine: Engine, tmp_path: Path) -> None:
    receive_head(bench(engine, tmp_path))
    for lane, queue in (("routine", "routine"), ("urgent", "inference"), ("quick", "quick"), ("promoted", "inference")):
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM procrastinate_jobs"))
            connection.execute(text("UPDATE analysis SET haste = :lane"), {"lane": lane})
        requeue_orphans(engine, NOW + timedelta(seconds=30))
        found = text("SELECT queue_name FROM procrastinate_jobs WHERE task_name = 'analyse'")
        assert one(engine, found).queue_name == queue


def test_an_analysis_lost_three_times_is_given_up_and_a_person_is_told(engine: Engine, tmp_path: Path) -> None:
    analysis_id = receive_head(bench(engine, tmp_path))
    for _ in range(3):
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM procrastinate_jobs"))
            claim(connection, analysis_id, NOW)
    requeue_orphans(engine, NOW + timedelta(seconds=30))
    row = one(engine, select(case))
    assert (row.state, row.why) == ("failed", "the analysis was lost 3 times")


def test_a_late_stage_warns_once_and_no_longer_once_it_ended(engine: Engine, tmp_path: Path) -> None:
    limits = deadlines(quiet_time_s=5, analysis_limit_s=120)
    analysis_id = receive_head(bench(engine, tmp_path))
    assert watch_deadlines(engine, limits, NOW + timedelta(seconds=100)) == 0
    later = NOW + timedelta(minutes=10)
    assert watch_deadlines(engine, limits, later) == 1
    assert watch_deadlines(engine, limits, later) == 0
    assert one(engine, select(case.c.warnings)).warnings[0]["code"] == "start_late"
    assert one(engine, select(event).where(event.c.kind == "start_late")).data["rule"] == "stage-deadlines 2"
    with engine.begin() as connection:
        held = claim(connection, analysis_id, later)
    assert watch_deadlines(engine, limits, later) == 1  # it runs now, and is late as an analysis
    assert [w["code"] for w in one(engine, select(case.c.warnings)).warnings] == ["analysis_late"]
    assert held is not None
    with engine.begin() as connection:
        commit_report(connection, held, RED, later)
    assert watch_deadlines(engine, limits, later) == 0
    assert one(engine, select(case.c.warnings)).warnings == []


def test_findings_of_which_nothing_is_written_are_late_results(engine: Engine, tmp_path: Path) -> None:
    limits = deadlines(quiet_time_s=5, analysis_limit_s=120)
    work = bench(engine, tmp_path, replace(RED, mask_path=str(tmp_path / "derived" / "masks" / "mask")))
    analyse(work, receive_head(work))
    assert watch_deadlines(engine, limits, NOW + timedelta(minutes=1)) == 0
    assert watch_deadlines(engine, limits, NOW + timedelta(minutes=3)) == 1
    assert one(engine, select(case.c.warnings)).warnings[0]["code"] == "results_late"
