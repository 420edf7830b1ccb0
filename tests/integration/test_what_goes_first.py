"""Queues and re-runs on a real database: haste, companions that come late, findings before the whole report."""

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
from pipeline.clerk.promote import promote_patient_work
from pipeline.database.engine import connect
from pipeline.database.index import PostgresIndex
from pipeline.database.tables import analysis, case, finding, series
from pipeline.domain.analysis import AnalysisState, Coverage
from pipeline.domain.finding import Finding, FindingKind, MidlineShift, Side
from pipeline.domain.haste import PATIENCE
from pipeline.domain.receipt import Arrival
from pipeline.domain.report import BundleResult, SeriesReport
from pipeline.domain.role import Recognition, SeriesRole
from pipeline.home import Home
from pipeline.inference.requests import Analyse, Request
from pipeline.testing.instances import TRANSFER_SYNTAX, TinySlice
from pipeline.worker.bench import Bench
from pipeline.worker.tasks import analyse

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
BLOOD = Finding(FindingKind.HAEMORRHAGE, 30.0, Side.LEFT, 0.9, bundle="ich-ct", abc2_ml=28.0, left_share=1.0)
SHADE = Finding(FindingKind.EARLY_ISCHAEMIA, 9.0, Side.LEFT, 0.7, label=2, bundle="ischaemia-ct", for_triage=False)
WHOLE = SeriesReport(
    SeriesInstanceUID="1.2",
    recognition=Recognition(SeriesRole.NCCT, "because the test says so", 0.95),
    state=AnalysisState.ANALYSED,
    bundle="ich-ct",
    findings=(BLOOD, SHADE),
    coverage=Coverage(30, None, 0.0, 150.0),
    results=(BundleResult("ich-ct", "0.2.0", AnalysisState.ANALYSED, scan_probability=0.9, out_of_distribution=0.6),),
    reservations=("these images are rather unlike what the model was taught (score 0.60)",),
    rules="scan-reservations 1.0.0",
    midline_shift=MidlineShift(6.0, Side.RIGHT, "symmetry", "not validated"),
)
INTERIM = replace(WHOLE, findings=(BLOOD,), interim=True)


class Watching:
    """A child that answers with a whole report after an interim one, and looks at the database in between."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.role = SeriesRole.NCCT
        self.asked: list[Request] = []
        self.urgencies: list[int] = []
        self.meanwhile: list[tuple[Any, ...]] = []

    def run(self, request: Request, *, urgency: int = 0) -> Iterator[Any]:
        self.asked.append(request)
        self.urgencies.append(urgency)
        yield INTERIM
        with self.engine.connect() as connection:
            self.meanwhile = [tuple(row) for row in connection.execute(select(case.c.tier, case.c.state))]
        yield replace(WHOLE, recognition=Recognition(self.role, "because the test says so", 0.95))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = connect(database_url)
    yield made
    made.dispose()


@pytest.fixture
def work(engine: Engine, tmp_path: Path) -> Bench:
    home = Home(tmp_path)
    index = PostgresIndex(engine, home.vault, 5.0, now=lambda: NOW)
    vault = SimpleVault(home.vault, watermark=1.0)
    return Bench(engine, home, vault, index, Watching(engine), lambda: NOW)  # type: ignore[arg-type]


def receive(work: Bench, name: str, images: int = 24, **extra: Any) -> UUID:
    """Receive one series of the study, whole and complete; its id."""
    receipts = []
    for number in range(1, images + 1):
        one = TinySlice(series=name, number=number, extra=extra)
        uids = (str(one.dataset().SOPClassUID), one.SOPInstanceUID, TRANSFER_SYNTAX)
        receipts.append(work.vault.append(one.encoded(), Arrival("carhaix", "SCANNER", name, NOW, *uids)))
    work.index.record(receipts)
    work.index.association_closed(name)
    with work.engine.connect() as connection:
        uid_of = TinySlice(series=name).dataset().SeriesInstanceUID
        found: UUID = connection.execute(select(series.c.id).where(series.c.series_instance_uid == uid_of)).scalar_one()
        return found


def diffusion(work: Bench, name: str, *, adc: bool = False) -> UUID:
    image_type = ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"] if adc else ["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"]
    extra: dict[str, Any] = {} if adc else {"DiffusionBValue": 1000.0}
    work.child.role = SeriesRole.DWI  # type: ignore[attr-defined]
    return receive(work, name, SOPClassUID=MR_IMAGE, Modality="MR", ImageType=image_type, **extra)


def versions(engine: Engine, series_id: UUID) -> list[tuple[Any, ...]]:
    query = select(analysis.c.id, analysis.c.version, analysis.c.state, analysis.c.haste)
    with engine.connect() as connection:
        rows = connection.execute(query.where(analysis.c.series_id == series_id).order_by(analysis.c.version))
        return [tuple(row) for row in rows]


def queues(engine: Engine, *ids: UUID) -> list[str]:
    query = text("SELECT queue_name FROM procrastinate_jobs WHERE args->>'analysis_id' = :id AND status = 'todo'")
    with engine.connect() as connection:
        return [str(connection.execute(query, {"id": str(one)}).scalar_one()) for one in ids]


def newest(engine: Engine, series_id: UUID) -> UUID:
    found: UUID = versions(engine, series_id)[-1][0]
    return found


@pytest.fixture(autouse=True)
def diffusion_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "pipeline.database.starting.read_by_a_model", lambda: frozenset({SeriesRole.NCCT, SeriesRole.DWI})
    )


def test_an_urgent_series_a_prior_and_one_without_a_model_wait_in_lanes_of_their_own(
    engine: Engine, work: Bench
) -> None:
    new = receive(work, "new")
    other = receive(work, "cta", ContrastBolusAgent="IOMERON", SliceThickness=1)
    prior = receive(work, "prior", StudyInstanceUID="1.2.9", StudyDate="20240301", PatientID="P9")
    ids = [newest(engine, one) for one in (new, prior, other)]
    assert queues(engine, *ids) == ["inference", "routine", "quick"]


def test_the_child_hears_how_urgent_a_series_is(engine: Engine, work: Bench) -> None:
    analyse(work, newest(engine, receive(work, "new")))
    analyse(work, newest(engine, receive(work, "prior", StudyInstanceUID="1.2.9", StudyDate="20240301")))
    urgent, routine = work.child.urgencies  # type: ignore[attr-defined]
    assert urgent > routine


def test_routine_work_that_has_waited_long_becomes_urgent(engine: Engine, work: Bench) -> None:
    prior = newest(engine, receive(work, "prior", StudyDate="20240301"))
    assert promote_patient_work(engine, NOW + PATIENCE / 2) == 0
    assert promote_patient_work(engine, NOW + PATIENCE + timedelta(seconds=1)) == 1
    assert queues(engine, prior) == ["inference"]


def test_a_map_that_comes_after_the_answer_has_the_diffusion_series_read_again(engine: Engine, work: Bench) -> None:
    dwi = diffusion(work, "dwi")
    analyse(work, newest(engine, dwi))
    diffusion(work, "adc", adc=True)
    assert [(version, state, haste) for _, version, state, haste in versions(engine, dwi)] == [
        (1, "analysed", "urgent"),
        (2, "waiting", "routine"),
    ]
    analyse(work, newest(engine, dwi))
    again = work.child.asked[-1]  # type: ignore[attr-defined]
    assert isinstance(again, Analyse)
    assert [len(one) for one in again.companions] == [24]


def test_a_diffusion_series_not_yet_begun_finds_its_map_by_itself(engine: Engine, work: Bench) -> None:
    dwi = diffusion(work, "dwi")
    diffusion(work, "adc", adc=True)
    assert len(versions(engine, dwi)) == 1
    analyse(work, newest(engine, dwi))
    (asked,) = work.child.asked  # type: ignore[attr-defined]
    assert len(asked.companions) == 1


def test_a_map_after_a_refusal_is_urgent(engine: Engine, work: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    dwi = diffusion(work, "dwi")
    monkeypatch.setattr(f"{__name__}.WHOLE", replace(WHOLE, state=AnalysisState.NOT_ANALYSED, findings=()))
    monkeypatch.setattr(f"{__name__}.INTERIM", replace(INTERIM, findings=()))
    analyse(work, newest(engine, dwi))
    diffusion(work, "adc", adc=True)
    assert versions(engine, dwi)[-1][3] == "urgent"


def test_an_alert_does_not_wait_for_bundles_that_raise_nothing(engine: Engine, work: Bench) -> None:
    analyse(work, newest(engine, receive(work, "head")))
    assert work.child.meanwhile == [("red", "analysing")]  # type: ignore[attr-defined]
    with engine.connect() as connection:
        assert connection.execute(select(finding.c.bundle).order_by(finding.c.bundle)).scalars().all() == [
            "ich-ct",
            "ischaemia-ct",
        ]


def test_everything_a_report_says_is_kept(engine: Engine, work: Bench) -> None:
    analyse(work, newest(engine, receive(work, "head")))
    with engine.connect() as connection:
        kept = connection.execute(select(analysis)).one()
        blood = connection.execute(select(finding).where(finding.c.kind == "haemorrhage")).one()
        row = connection.execute(select(case)).one()
    assert kept.results[0]["out_of_distribution"] == 0.6
    assert kept.reservations == list(WHOLE.reservations)
    assert kept.midline_shift["mm"] == 6.0
    assert kept.rules == WHOLE.rules
    assert (blood.abc2_ml, blood.left_share, blood.for_triage) == (28.0, 1.0, True)
    assert row.rules.startswith("stroke-triage ")
    assert row.missing == ["onset_at", "nihss", "anticoagulant"]
    assert row.deadline_at == NOW + timedelta(minutes=10)
    assert "reservations" in {reason["code"] for reason in row.reasons}
