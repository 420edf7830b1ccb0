"""What we make of an analysis: stored once, ours, and nothing to anybody when an archive sends it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pydicom
import pytest
from sqlalchemy import Engine, func, select

from dicom_node.vault.simple import SimpleVault
from pipeline.database.analyses import claim, commit_report
from pipeline.database.engine import connect
from pipeline.database.index import PostgresIndex
from pipeline.database.results import ResultObject, register_result
from pipeline.database.tables import analysis, case, event, instance, result_object, series, site, study
from pipeline.domain.analysis import AnalysisState, Coverage
from pipeline.domain.finding import MidlineShift, Side
from pipeline.domain.receipt import Arrival, Receipt
from pipeline.domain.report import SeriesReport
from pipeline.domain.role import Recognition, SeriesRole
from pipeline.home import Home
from pipeline.inference.requests import Request, WriteResults
from pipeline.results.uids import derived_uid, instance_uid
from pipeline.results.write import write_results as written_by_child
from pipeline.testing.bleeding import LEFT_BLOOD, request_of
from pipeline.testing.head_series import HeadSeries, write_head_series
from pipeline.testing.running import eventually, free_port
from pipeline.testing.running_node import running_node
from pipeline.testing.systems import orthanc
from pipeline.worker.bench import Bench
from pipeline.worker.results import data_set_of, write_results

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
MADE = ("seg", "sr", "sc", "pr")
BLEEDING = HeadSeries(blood_mm=LEFT_BLOOD)
"""A whole head: half of one is not taken for complete."""


class WritingChild:
    """A child that writes results for real, in this process."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def run(self, request: Request, *, urgency: int = 0) -> Iterator[Any]:
        self.asked.append(request)
        assert isinstance(request, WriteResults)
        return written_by_child(request)


class House:
    """A vault, an index on a real database and a worker, with one analysed head that bleeds."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        home = Home(folder)
        self.vault = SimpleVault(home.vault, watermark=1.0)
        self.index = PostgresIndex(engine, home.vault, 5.0, now=lambda: NOW)
        self.child = WritingChild()
        self.bench = Bench(engine, home, self.vault, self.index, self.child, lambda: NOW)  # type: ignore[arg-type]
        self.files = write_head_series(folder / "sent", BLEEDING)
        self.receive(*self.files)
        self.index.association_closed("a1")

    def append(self, part10: bytes, *, site: str = "local", association: str = "a1") -> Receipt:
        header = pydicom.dcmread(BytesIO(part10), stop_before_pixels=True)
        uids = (str(header.SOPClassUID), str(header.SOPInstanceUID), EXPLICIT_LITTLE_ENDIAN)
        return self.vault.append(data_set_of(part10), Arrival(site, "CT1", association, NOW, *uids))

    def receive(self, *files: Path, site: str = "local", association: str = "a1") -> list[Receipt]:
        receipts = [self.append(file.read_bytes(), site=site, association=association) for file in files]
        self.index.record(receipts)
        self.vault.indexed(receipts)
        return receipts

    def analyse(self) -> UUID:
        """Commit a report with the bleeding's mask; the analysis."""
        derived = self.bench.home.derived
        request = request_of(derived / "masks" / "1", self.files)
        analysis_id: UUID = self.rows(select(analysis.c.id))[0][0]
        report = SeriesReport(
            SeriesInstanceUID=f"{BLEEDING.uid_root}.2",
            recognition=Recognition(SeriesRole.NCCT, "because the test says so"),
            state=AnalysisState.ANALYSED,
            bundle="ich-ct",
            bundle_version="0.1.0",
            scan_probability=0.93,
            findings=request.findings,
            midline_shift=MidlineShift(4.2, Side.RIGHT, "a method", "its limits"),
            reservations=("thick slices",),
            coverage=Coverage(19, None, -72.0, 72.0),
            mask_path=str(request.mask.relative_to(derived)),
        )
        with self.engine.begin() as connection:
            held = claim(connection, analysis_id, NOW)
            assert held is not None
            commit_report(connection, held, report, NOW)
        return analysis_id

    def rows(self, query: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(query).all())

    def made(self) -> list[Path]:
        """The files of our objects in the vault."""
        found = self.rows(select(result_object.c.path).order_by(result_object.c.created_at))
        return [self.bench.home.vault / path for (path,) in found]

    def standing(self) -> list[list[Any]]:
        """Everything that must stay as it is when our own objects come back."""
        tables = (case, study, series, instance, analysis, result_object, event)
        counts = [self.rows(select(func.count()).select_from(table)) for table in tables]
        return [*counts, self.rows(select(case))]


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    engine = connect(database_url)
    yield House(engine, tmp_path)
    engine.dispose()


def test_each_object_is_stored_once_and_indexed_as_ours(house: House) -> None:
    write_results(house.bench, house.analyse())
    assert sorted(kind for (kind,) in house.rows(select(result_object.c.kind))) == sorted(MADE)
    assert all(path.is_file() for path in house.made())
    ours = house.rows(select(series.c.modality, series.c.images, series.c.arrival).where(series.c.ours))
    assert sorted(ours) == [(modality, 1, "complete") for modality in ("OT", "PR", "SEG", "SR")]
    assert house.rows(select(func.count()).select_from(study)) == [(1,)]
    assert list(house.vault.pending()) == []
    assert not list((house.bench.home.derived / "masks").rglob("*.dcm"))


def test_what_we_make_is_never_analysed_and_changes_no_priority(house: House) -> None:
    analysis_id = house.analyse()
    before = house.rows(select(case.c.tier, case.c.state, case.c.reasons, case.c.alerted_at, case.c.last_image_at))
    write_results(house.bench, analysis_id)
    house.index.association_closed(f"analysis-{analysis_id}")
    columns = (case.c.tier, case.c.state, case.c.reasons, case.c.alerted_at, case.c.last_image_at)
    assert house.rows(select(*columns)) == before
    assert house.rows(select(func.count()).select_from(analysis)) == [(1,)]
    assert {kind for (kind,) in house.rows(select(event.c.kind))} >= {"results"}


def test_writing_again_stores_nothing_twice(house: House) -> None:
    analysis_id = house.analyse()
    write_results(house.bench, analysis_id)
    before = house.standing()
    write_results(house.bench, analysis_id)
    assert house.standing() == before


def test_a_worker_that_died_between_two_objects_is_made_good(house: House) -> None:
    analysis_id = house.analyse()
    name = derived_uid(str(analysis_id), "seg")
    with house.engine.begin() as connection:
        register_result(connection, ResultObject(analysis_id, "seg", instance_uid(name, 1), name, "unknown yet"))
    write_results(house.bench, analysis_id)
    assert sorted(kind for (kind,) in house.rows(select(result_object.c.kind))) == sorted(MADE)
    assert all(path.is_file() for path in house.made())


def test_the_objects_carry_what_the_analysis_knows(house: House) -> None:
    write_results(house.bench, house.analyse())
    (request,) = house.child.asked
    assert isinstance(request, WriteResults)
    assert (request.bundle, request.scan_probability, request.provisional) == ("ich-ct", 0.93, False)
    assert request.findings[0].largest_diameter_mm == 36.0
    assert request.midline_shift == MidlineShift(4.2, Side.RIGHT, "a method", "its limits")
    assert request.reservations == ("thick slices",)
    assert all(image.SOPInstanceUID for image in request.images)


@pytest.mark.parametrize("where", ["local", "brest"], ids=["its own site", "another site's archive"])
def test_what_comes_back_changes_nothing(house: House, where: str) -> None:
    write_results(house.bench, house.analyse())
    before = house.standing()
    receipts = house.receive(*house.made(), site=where, association="a9")
    house.index.association_closed("a9")
    assert [receipt.duplicate for receipt in receipts] == [where == "local"] * 4
    assert house.standing() == before


def test_a_copy_that_an_archive_altered_is_kept_but_neither_shown_nor_asked_about(house: House, tmp_path: Path) -> None:
    write_results(house.bench, house.analyse())
    before = house.rows(select(case))
    for path in house.made():
        altered = pydicom.dcmread(path)
        altered.PatientName, altered.InstitutionName = "Other^Name", "ARCHIVE"
        altered.save_as(tmp_path / "altered.dcm")
        house.receive(tmp_path / "altered.dcm", association="a9")
    assert house.rows(select(case)) == before
    standings = house.rows(select(instance.c.standing).join(series).where(series.c.ours))
    assert sorted(one for (one,) in standings) == ["current"] * 4 + ["returned"] * 4


def test_ours_are_known_by_their_names_after_the_database_is_lost(
    house: House,
) -> None:
    write_results(house.bench, house.analyse())
    made = [path.read_bytes() for path in house.made()]
    with house.engine.begin() as connection:
        connection.execute(result_object.delete())
        ours = select(series.c.id).where(series.c.ours)
        connection.execute(instance.delete().where(instance.c.series_id.in_(ours)))
        connection.execute(series.delete().where(series.c.ours))
    house.index.record([house.append(part10, association="a9") for part10 in made])
    house.index.association_closed("a9")
    assert house.rows(select(func.count()).select_from(series).where(series.c.ours)) == [(4,)]
    assert house.rows(select(func.count()).select_from(analysis)) == [(1,)]


def test_a_result_on_a_study_nobody_sent_opens_no_case(house: House, tmp_path: Path) -> None:
    write_results(house.bench, house.analyse())
    stranger = pydicom.dcmread(house.made()[0])
    stranger.StudyInstanceUID, stranger.PatientID = "1.2.3.4", "SOMEBODY"
    stranger.SeriesInstanceUID = derived_uid("another house", "seg")
    stranger.SOPInstanceUID = instance_uid(stranger.SeriesInstanceUID, 1)
    stranger.file_meta.MediaStorageSOPInstanceUID = stranger.SOPInstanceUID
    stranger.save_as(tmp_path / "stranger.dcm")
    before = house.standing()
    (receipt,) = house.receive(tmp_path / "stranger.dcm", association="a9")
    assert house.standing() == before
    assert house.vault.read(receipt.path)


@pytest.mark.needs_orthanc
def test_an_orthanc_that_forwards_everything_sends_our_objects_back_unchanged(house: House, tmp_path: Path) -> None:
    write_results(house.bench, house.analyse())
    before, made = house.standing(), house.made()
    with (
        running_node(tmp_path / "node", vault=house.vault) as node,
        orthanc(tmp_path, free_port(), node.node.port, forwards=True) as pacs,
    ):
        for path in made:
            httpx.post(f"{pacs}/instances", content=path.read_bytes()).raise_for_status()
        eventually(lambda: len(node.index.receipts) == len(made), "all came back")
        came = list(node.index.receipts.values())
        shown = [httpx.get(f"{pacs}/instances/{one}/simplified-tags").json() for one in instances_in(pacs)]
    assert {one["Modality"] for one in shown} == {"SEG", "SR", "OT", "PR"}
    assert all(receipt.duplicate for receipt in came)
    house.index.record([replace(receipt, arrival=replace(receipt.arrival, site_id="local")) for receipt in came])
    assert house.standing() == before
    assert house.rows(select(func.count()).select_from(site)) == [(1,)]


def instances_in(pacs: str) -> list[str]:
    return list(httpx.get(f"{pacs}/instances").json())
