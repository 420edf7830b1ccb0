"""Several series of one study that a bundle could read: the best is read, the others say why not, none is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text

from dicom_node.vault.simple import SimpleVault
from pipeline.database.analyses import claim
from pipeline.database.engine import connect
from pipeline.database.index import PostgresIndex
from pipeline.database.roles import correct_role, known_series
from pipeline.database.tables import account, analysis, case, series
from pipeline.domain.analysis import AnalysisState, Coverage
from pipeline.domain.errors import InferenceCrashed
from pipeline.domain.finding import Finding, FindingKind, Side
from pipeline.domain.receipt import Arrival
from pipeline.domain.report import SeriesReport
from pipeline.domain.role import Recognition, SeriesRole
from pipeline.home import Home
from pipeline.inference.requests import Request
from pipeline.testing.instances import TRANSFER_SYNTAX, TinySlice
from pipeline.worker.bench import Bench
from pipeline.worker.tasks import analyse

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
SAME = {"FrameOfReferenceUID": "1.2.3", "AcquisitionDate": "20261121", "AcquisitionTime": "025500"}
SOFT, BONE = {"ConvolutionKernel": "H30s"}, {"ConvolutionKernel": "H70h"}
CALM = SeriesReport(
    SeriesInstanceUID="1.2",
    recognition=Recognition(SeriesRole.NCCT, "because the test says so", 0.95),
    state=AnalysisState.ANALYSED,
    bundle="ich-ct",
    findings=(Finding(FindingKind.HAEMORRHAGE, 30.0, Side.LEFT, 0.9),),
    coverage=Coverage(30, None, 0.0, 150.0),
)


class Child:
    """Analyses what it is given, unless it was told to die."""

    def __init__(self) -> None:
        self.asked = 0
        self.dies = False

    def run(self, request: Request, *, urgency: int = 0) -> Iterator[Any]:
        self.asked += 1
        if self.dies:
            raise InferenceCrashed
        yield CALM


@pytest.fixture
def work(database_url: str, tmp_path: Path) -> Iterator[Bench]:
    engine, home = connect(database_url), Home(tmp_path)
    index = PostgresIndex(engine, home.vault, 5.0, now=lambda: NOW)
    vault = SimpleVault(home.vault, watermark=1.0)
    yield Bench(engine, home, vault, index, Child(), lambda: NOW)  # type: ignore[arg-type]
    engine.dispose()


def receive(work: Bench, name: str, images: int = 15, **extra: Any) -> UUID:
    """Receive one whole series; its id."""
    receipts = []
    for number in range(1, images + 1):
        one = TinySlice(series=name, number=number, slices_apart_mm=9, extra={**SAME, **extra})
        uids = (str(one.dataset().SOPClassUID), one.SOPInstanceUID, TRANSFER_SYNTAX)
        receipts.append(work.vault.append(one.encoded(), Arrival("carhaix", "CT1", name, NOW, *uids)))
    work.index.record(receipts)
    work.index.association_closed(name)
    with work.engine.connect() as connection:
        uid = TinySlice(series=name).dataset().SeriesInstanceUID
        found: UUID = connection.execute(select(series.c.id).where(series.c.series_instance_uid == uid)).scalar_one()
        return found


def newest(work: Bench, series_id: UUID) -> Any:
    query = select(analysis).where(analysis.c.series_id == series_id).order_by(analysis.c.version.desc()).limit(1)
    with work.engine.connect() as connection:
        return connection.execute(query).one()


def said(work: Bench, series_id: UUID) -> tuple[int, str, str]:
    row = newest(work, series_id)
    return row.version, row.state, row.because


def read(work: Bench, series_id: UUID) -> None:
    analyse(work, newest(work, series_id).id)


def in_line(engine: Engine) -> list[str]:
    query = text("SELECT args->>'analysis_id' FROM procrastinate_jobs WHERE status = 'todo' AND task_name = 'analyse'"
                 " ORDER BY priority DESC, id")  # fmt: skip
    with engine.connect() as connection:
        return [str(one) for one in connection.execute(query).scalars()]


def test_a_bone_reconstruction_gives_way_to_the_soft_one_and_says_why(work: Bench) -> None:
    bone, soft = receive(work, "bone", **BONE), receive(work, "soft", **SOFT)
    read(work, bone)
    row = newest(work, bone)
    assert said(work, bone) == (1, "not_analysed", "better_series")
    assert row.why == "a better series of the study was chosen: the chosen one is reconstructed for soft tissue"
    assert row.choice["chosen"] == TinySlice(series="soft").dataset().SeriesInstanceUID
    assert row.choice["runners_up"][0]["criteria"] == ["soft_kernel"]
    assert in_line(work.engine)[0] == str(newest(work, soft).id)  # nothing waits longer for the better one
    read(work, soft)
    assert said(work, soft) == (1, "analysed", "")
    assert newest(work, soft).choice == row.choice
    with work.engine.connect() as connection:
        row = connection.execute(select(case)).one()
    assert (row.state, row.tier, row.why) == ("analysed", "red", "")


def test_the_chosen_one_that_is_read_first_keeps_its_runners_up(work: Bench) -> None:
    soft, bone = receive(work, "soft", **SOFT), receive(work, "bone", **BONE)
    read(work, soft)
    kept = newest(work, soft).choice
    assert kept["criteria"] == ["soft_kernel"]
    assert [one["series"] for one in kept["runners_up"]] == [TinySlice(series="bone").dataset().SeriesInstanceUID]
    read(work, bone)
    assert said(work, bone) == (1, "not_analysed", "better_series")
    assert work.child.asked == 1  # type: ignore[attr-defined]


def test_a_better_series_that_comes_later_is_read_too(work: Bench) -> None:
    bone = receive(work, "bone", **BONE)
    read(work, bone)
    soft = receive(work, "soft", **SOFT)
    read(work, soft)
    assert [said(work, one)[1] for one in (bone, soft)] == ["analysed", "analysed"]


def test_a_chosen_series_that_fails_gives_way_to_the_best_runner_up(work: Bench) -> None:
    thick = receive(work, "thick", **BONE)
    bone = receive(work, "bone", SliceThickness=1, **BONE)
    soft = receive(work, "soft", **SOFT)
    read(work, thick)
    read(work, bone)
    work.child.dies = True  # type: ignore[attr-defined]
    read(work, soft)
    assert said(work, soft) == (1, "failed", "crashed")
    assert [said(work, one) for one in (thick, bone)] == [(2, "waiting", "")] * 2
    work.child.dies = False  # type: ignore[attr-defined]
    read(work, thick)
    read(work, bone)
    assert [said(work, one) for one in (thick, bone)] == [(2, "not_analysed", "better_series"), (2, "analysed", "")]


def test_what_is_not_known_to_be_the_same_acquisition_is_read(work: Bench) -> None:
    soft = receive(work, "soft", **SOFT)
    others = [
        receive(work, "repeated", AcquisitionTime="030000", **BONE),
        receive(work, "elsewhere", FrameOfReferenceUID="1.2.9", **BONE),
        receive(work, "untimed", AcquisitionTime="", **BONE),
    ]
    for one in (soft, *others):
        read(work, one)
        assert said(work, one)[1] == "analysed"


def test_a_series_whose_role_a_person_said_is_read_though_a_better_one_was(work: Bench) -> None:
    soft, bone = receive(work, "soft", **SOFT), receive(work, "bone", **BONE)
    read(work, soft)
    read(work, bone)
    with work.engine.begin() as connection:
        person = {"name": "dr", "role": "expert", "password_hash": "x"}
        who = connection.execute(account.insert().values(person).returning(account.c.id)).scalar_one()
        for role in (SeriesRole.CTA, SeriesRole.NCCT):
            known = known_series(connection, bone)
            assert known is not None
            correct_role(connection, known, role, who, NOW)
    read(work, bone)
    assert said(work, bone) == (3, "analysed", "")


def test_a_chosen_series_that_a_person_calls_something_else_gives_way(work: Bench) -> None:
    soft, bone = receive(work, "soft", **SOFT), receive(work, "bone", **BONE)
    read(work, soft)
    read(work, bone)
    with work.engine.begin() as connection:
        person = {"name": "dr", "role": "expert", "password_hash": "x"}
        who = connection.execute(account.insert().values(person).returning(account.c.id)).scalar_one()
        known = known_series(connection, soft)
        assert known is not None
        correct_role(connection, known, SeriesRole.CTA, who, NOW)
    assert said(work, bone) == (2, "waiting", "")


def test_a_series_never_gives_way_to_one_whose_images_still_come(work: Bench) -> None:
    soft, bone = receive(work, "soft", **SOFT), receive(work, "bone", **BONE)
    with work.engine.begin() as connection:
        claim(connection, newest(work, soft).id, NOW)
        connection.execute(series.update().where(series.c.id == soft).values(arrival="receiving"))
    read(work, bone)
    assert said(work, bone)[1] == "analysed"
