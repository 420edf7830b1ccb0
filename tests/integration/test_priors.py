"""Earlier studies come from a hospital's archive once one is named, and ring nobody."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydicom import dcmwrite
from pydicom.dataset import FileMetaDataset
from sqlalchemy import Engine, select, update

from dicom_node.peers.peer import Peer
from dicom_node.peers.table import write_peer
from dicom_node.scu.association import Target
from dicom_node.scu.find import find_studies
from dicom_node.scu.move import move_study
from dicom_node.scu.outgoing import read_outgoing
from dicom_node.scu.send import send
from dicom_node.vault.simple import SimpleVault
from pipeline.clerk.priors.fetch import Fetcher
from pipeline.database import priors
from pipeline.database.engine import connect
from pipeline.database.index import PostgresIndex
from pipeline.database.prior_tables import prior_search
from pipeline.database.tables import analysis, case, series, study
from pipeline.domain.errors import PeerUnreachable
from pipeline.domain.receipt import Arrival
from pipeline.testing.instances import TRANSFER_SYNTAX, TinySlice, uid
from pipeline.testing.running import Running, eventually, free_port
from pipeline.testing.running_node import running_node
from pipeline.testing.systems import orthanc

NOW = datetime.now(UTC)
OLD = [TinySlice(study="old", number=n, extra={"StudyDate": "20240102", "ImagesInAcquisition": 2}) for n in (1, 2)]
STRANGER = TinySlice(study="stranger", patient_id="P2", extra={"StudyDate": "20240102"})


@dataclass(slots=True)
class House:
    """A database, a vault and the case of one patient, whose images came just now."""

    engine: Engine
    root: Path

    def index(self) -> PostgresIndex:
        return PostgresIndex(self.engine, self.root, 5.0, lambda: NOW)

    def receive(self, one: TinySlice) -> None:
        arrival = Arrival(
            site_id="brest", peer_ae_title="CT1", association_id="a1", received_at=NOW,
            SOPClassUID=str(one.dataset().SOPClassUID), SOPInstanceUID=one.SOPInstanceUID,
            TransferSyntaxUID=TRANSFER_SYNTAX,
        )  # fmt: skip
        self.index().record([SimpleVault(self.root, watermark=1.0).append(one.encoded(), arrival)])

    def rows(self, *columns: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(select(*columns)).all())


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    engine = connect(database_url, connections=4)
    yield House(engine, tmp_path / "node" / "vault")
    engine.dispose()


def files(folder: Path, slices: list[TinySlice]) -> list[Any]:
    made = []
    for number, one in enumerate(slices):
        dataset = one.dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = TRANSFER_SYNTAX
        path = folder / f"{number}.dcm"
        dcmwrite(path, dataset, enforce_file_format=True)
        made.append(read_outgoing(path))
    return made


@pytest.mark.needs_orthanc
def test_orthancs_earlier_studies_are_fetched_for_a_new_case(house: House, tmp_path: Path) -> None:
    port = free_port()
    peers = (Peer("brest", "PACS1", "127.0.0.1", port),)
    write_peer(house.engine, peers[0])
    hand = [datetime.now(UTC) + timedelta(seconds=1)]
    fetcher = Fetcher(house.engine, "NEUROVIGIE", lambda: hand[0])

    def settled() -> bool:
        """Whether every search is done; an archive on a busy machine may have to be asked again."""
        hand[0] += timedelta(hours=1)
        while fetcher.look():
            pass
        return {row.state for row in house.rows(prior_search.c.state)} == {"done"}

    with running_node(tmp_path / "node", peers=peers) as running, orthanc(tmp_path, port, running.node.port) as rest:
        archive = Target("127.0.0.1", port, "PACS1", "NEUROVIGIE")
        assert all(one.stored for one in send(files(tmp_path, [*OLD, STRANGER]), archive))
        house.receive(TinySlice(study="today", extra={"StudyDate": "20261122"}))
        assert not fetcher.look()  # nobody named an archive

        with house.engine.begin() as connection:
            priors.name_archive(connection, "PACS1")
        house.receive(TinySlice(study="late", patient_id="P7", extra={"StudyDate": "20261122"}))
        with house.engine.begin() as connection:
            connection.execute(update(case).values(first_image_at=datetime.now(UTC) + timedelta(seconds=1)))
        eventually(settled, "the searches are done")
        eventually(lambda: len(running.index.receipts) == 2, "the images came")
        house.index().record(running.index.receipts.values())

        # An archive that does not know where to send says so, in words.
        with pytest.raises(PeerUnreachable, match="refused to send"):
            move_study(archive, uid("old"), "NOBODY")
        assert httpx.get(f"{rest}/statistics").json()["CountStudies"] == 2
        assert len(find_studies(archive, {"PatientID": "P2"}, ("StudyInstanceUID",))) == 1

    with house.engine.connect() as connection:
        query = select(study.c.study_instance_uid, case.c.closed_at, case.c.alerted_at, case.c.first_image_at)
        known = {row[0]: row for row in connection.execute(query.join(case, case.c.id == study.c.case_id))}
        read = connection.execute(
            select(study.c.study_instance_uid)
            .join(series, series.c.study_id == study.c.id)
            .join(analysis, analysis.c.series_id == series.c.id)
        ).scalars()
        assert uid("old") not in set(read)
    assert set(known) == {uid("today"), uid("late"), uid("old")}
    assert known[uid("old")].closed_at is not None
    assert known[uid("old")].alerted_at is None
    assert known[uid("old")].first_image_at.year == 2024
    assert known[uid("today")].closed_at is None
    states = sorted((row.state, row.studies, row.images) for row in house.rows(*prior_search.c))
    assert states == [("done", 0, 0), ("done", 1, 2)]


@contextmanager
def dcmqrscp(folder: Path, port: int, our_port: int) -> Iterator[None]:
    """DCMTK's archive, which knows us as a destination."""
    storage = folder / "archive"
    storage.mkdir()
    (folder / "dcmqrscp.cfg").write_text(
        f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
        f"HostTable BEGIN\nus = (NEUROVIGIE, 127.0.0.1, {our_port})\nHostTable END\n"
        "VendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nPACS1 {storage} RW (100, 1024mb) ANY\nAETable END\n"
    )
    with (folder / "dcmqrscp.log").open("w") as log:
        process = subprocess.Popen(["dcmqrscp", "-c", str(folder / "dcmqrscp.cfg")], stdout=log, stderr=log)
    try:
        eventually(lambda: Running.answers(port), "dcmqrscp answers")
        yield
    finally:
        process.kill()
        process.wait()


@pytest.mark.needs_dcmtk
def test_dcmtks_archive_is_searched_and_sends(tmp_path: Path) -> None:
    port = free_port()
    peers = (Peer("brest", "PACS1", "127.0.0.1", port),)
    with running_node(tmp_path / "node", peers=peers) as running, dcmqrscp(tmp_path, port, running.node.port):
        archive = Target("127.0.0.1", port, "PACS1", "NEUROVIGIE")
        assert all(one.stored for one in send(files(tmp_path, [*OLD, STRANGER]), archive))
        (found,) = find_studies(archive, {"PatientID": "P1"}, ("StudyInstanceUID", "StudyDate", "PatientName"))
        assert (found.StudyInstanceUID, found.StudyDate, str(found.PatientName)) == (uid("old"), "20240102", "Doe^Jane")
        with pytest.raises(PeerUnreachable, match="does not know us as NOBODY"):
            move_study(archive, uid("old"), "NOBODY")
        assert find_studies(archive, {"PatientID": "NOBODY"}, ("StudyInstanceUID",)) == []
        moved = move_study(archive, uid("old"), "NEUROVIGIE")
        assert (moved.completed, moved.failed) == (2, 0)
        eventually(lambda: len(running.index.receipts) == 2, "the images came")
        assert {one.arrival.site_id for one in running.index.receipts.values()} == {"brest"}


def test_an_archive_that_is_down_is_asked_again_later_and_given_up_at_last(house: House) -> None:
    write_peer(house.engine, Peer("brest", "PACS1", "127.0.0.1", free_port()))
    house.receive(TinySlice(extra={"StudyDate": "20261122"}))
    hand = [datetime.now(UTC) + timedelta(seconds=5)]
    fetcher = Fetcher(house.engine, "NEUROVIGIE", lambda: hand[0])
    with house.engine.begin() as connection:
        priors.name_archive(connection, "PACS1")
        priors.ask_for(connection, connection.execute(select(case.c.id)).scalar_one())
    assert fetcher.look()
    ((state, why),) = house.rows(prior_search.c.state, prior_search.c.why)
    assert state == "waiting"
    assert "nothing listens" in why
    assert not fetcher.look()  # not yet
    for _ in range(5):
        hand[0] += timedelta(hours=1)
        assert fetcher.look()
    assert house.rows(prior_search.c.state, prior_search.c.next_at) == [("given_up", None)]
