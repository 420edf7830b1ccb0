"""What the node answers to queries, retrievals and requests of commitment, with DCMTK and Orthanc asking."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import ImplicitVRLittleEndian, generate_uid
from pynetdicom import AE, evt

from dicom_node.peers.peer import Peer
from dicom_node.peers.table import write_peer
from dicom_node.scu.association import Target, associate
from dicom_node.scu.commitment import CommitmentReport, Reference, ask_for_commitment
from dicom_node.scu.outgoing import read_outgoing
from dicom_node.scu.send import send, set_up_sender
from dicom_node.server.performed import InstanceAvailabilityNotification, ModalityPerformedProcedureStep
from dicom_node.vault.part10 import encode_plain_head
from pipeline.database.engine import connect
from pipeline.testing.data_sets import CTImageStorage, ExplicitVRLittleEndian, data_set
from pipeline.testing.running import free_port

pytestmark = pytest.mark.timeout(400)
WITHIN_S = 120.0
IMAGES = 6


@dataclass(frozen=True, slots=True)
class Serving:
    """A node process with a series of images in it, and the ports its peers listen on."""

    port: int
    peers: dict[str, int]
    home: Path

    @property
    def target(self) -> Target:
        return Target("127.0.0.1", self.port, "NEUROVIGIE", "SCANNER", answer_s=60.0)


def eventually(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + WITHIN_S
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.05)
    return found


@pytest.fixture
def serving(tmp_path: Path, database_url: str) -> Iterator[Serving]:
    peers = {name: free_port() for name in ("SCANNER", "STORESCP", "ORTHANC")}
    engine = connect(database_url, connections=1)
    for name, port in peers.items():
        write_peer(engine, Peer("brest", name, "127.0.0.1", port))
    write_peer(engine, Peer("carhaix", "OTHER", "127.0.0.1", free_port()))
    engine.dispose()
    home, port = tmp_path / "home", free_port()
    home.mkdir()
    environment = {
        **os.environ, "NEUROVIGIE_HOME": str(home), "DATABASE_URL": database_url, "NEUROVIGIE_DICOM_PORT": str(port),
        "NEUROVIGIE_DISK_WATERMARK": "1", "NEUROVIGIE_DICOM_JOURNAL_MIB": "8",
    }  # fmt: skip
    with (home / "log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", "dicom_node"], env=environment, stderr=log)
    try:
        eventually(lambda: '"ready"' in (home / "log").read_text())
        set_up_sender()
        made = Serving(port, peers, home)
        assert all(outcome.stored for outcome in send(_images(tmp_path), made.target))
        eventually(lambda: _count(database_url) == IMAGES)
        yield made
    finally:
        process.terminate()
        process.wait(60)


def _images(folder: Path) -> list[Any]:
    made = []
    for number in range(IMAGES):
        uid = f"1.2.3.{number}"
        path = folder / f"{number}.dcm"
        body = data_set(sop_instance=uid, pixels=bytes(8))
        path.write_bytes(encode_plain_head(CTImageStorage, uid, ExplicitVRLittleEndian) + body)
        made.append(read_outgoing(path))
    return made


def _count(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM instance").fetchone()
    return int(row[0]) if row else 0


def _dcmtk(program: str, *words: str) -> str:
    """Run a program of DCMTK, not the namesake that pynetdicom installs beside Python."""
    beside = Path(sys.executable).parent.resolve()
    path = os.pathsep.join(one for one in os.environ["PATH"].split(os.pathsep) if Path(one).resolve() != beside)
    found = shutil.which(program, path=path)
    assert found is not None
    done = subprocess.run([found, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def _found(serving: Serving, folder: Path, model: str, *keys: str, calling: str = "SCANNER") -> list[Dataset]:
    """What findscu gets."""
    folder.mkdir()
    asked = [word for key in keys for word in ("-k", key)]
    words = ("-aet", calling, "-aec", "NEUROVIGIE", model, "-X", "-od", str(folder), *asked)
    _dcmtk("findscu", *words, "127.0.0.1", str(serving.port))
    return [dcmread(file, force=True) for file in sorted(folder.glob("rsp*.dcm"))]


@pytest.mark.needs_dcmtk
def test_dcmtk_finds_moves_and_gets_what_its_own_site_has_sent(serving: Serving, tmp_path: Path) -> None:
    (study,) = _found(
        serving, tmp_path / "f1", "-S", "QueryRetrieveLevel=STUDY", "PatientName=phan*", "StudyInstanceUID",
        "ModalitiesInStudy", "NumberOfStudyRelatedInstances", "StudyDate",
    )  # fmt: skip
    assert (study.StudyInstanceUID, study.ModalitiesInStudy, study.NumberOfStudyRelatedInstances) == ("1.2.1", "CT", 6)
    assert (str(study.PatientName), study.StudyDate) == ("PHANTOM^ONE", "")
    (patient,) = _found(serving, tmp_path / "f2", "-P", "QueryRetrieveLevel=PATIENT", "PatientID=P1")
    assert patient.PatientID == "P1"
    (series,) = _found(
        serving, tmp_path / "f3", "-S", "QueryRetrieveLevel=SERIES", "StudyInstanceUID=1.2.1", "Modality"
    )
    assert (series.SeriesInstanceUID, series.Modality) == ("1.2.2", "CT")
    images = _found(
        serving, tmp_path / "f4", "-S", "QueryRetrieveLevel=IMAGE", "SeriesInstanceUID=1.2.2", "SOPInstanceUID"
    )
    assert {image.SOPInstanceUID for image in images} == {f"1.2.3.{number}" for number in range(IMAGES)}
    assert _found(serving, tmp_path / "f5", "-S", "QueryRetrieveLevel=STUDY", "PatientName=NOBODY") == []
    assert _found(serving, tmp_path / "f6", "-S", "QueryRetrieveLevel=STUDY", "StudyInstanceUID", calling="OTHER") == []

    moved = tmp_path / "moved"
    moved.mkdir()
    receiver = serving.peers["STORESCP"]
    words = ("-S", "-aet", "STORESCP", "-aec", "NEUROVIGIE", "-aem", "STORESCP", "+P", str(receiver), "-od", str(moved))
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.2.1")
    _dcmtk("movescu", *words, *keys, "127.0.0.1", str(serving.port))
    assert len(list(moved.iterdir())) == IMAGES

    got = tmp_path / "got"
    got.mkdir()
    words = ("-S", "-aet", "SCANNER", "-aec", "NEUROVIGIE", "-od", str(got), "-k", "QueryRetrieveLevel=SERIES")
    keys = ("-k", "StudyInstanceUID=1.2.1", "-k", "SeriesInstanceUID=1.2.2")
    _dcmtk("getscu", *words, *keys, "127.0.0.1", str(serving.port))
    assert len(list(got.iterdir())) == IMAGES


@pytest.mark.needs_orthanc
def test_orthanc_finds_a_study_and_has_it_moved_to_itself(serving: Serving, tmp_path: Path) -> None:
    http = free_port()
    settings = {
        "HttpPort": http, "DicomPort": serving.peers["ORTHANC"], "DicomAet": "ORTHANC", "Plugins": [],
        "StorageDirectory": str(tmp_path / "storage"), "IndexDirectory": str(tmp_path / "storage"),
        "AuthenticationEnabled": False, "DicomAlwaysAllowStore": True,
        "DicomModalities": {"neurovigie": ["NEUROVIGIE", "127.0.0.1", serving.port]},
    }  # fmt: skip
    (tmp_path / "orthanc.json").write_text(json.dumps(settings))
    with (tmp_path / "orthanc.log").open("w") as log:
        process = subprocess.Popen(["Orthanc", str(tmp_path / "orthanc.json")], stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{http}", timeout=120) as client:
            eventually(lambda: _answers(client))
            asked = {"Level": "Study", "Query": {"PatientID": "P1"}}
            query = client.post("/modalities/neurovigie/query", json=asked).raise_for_status().json()["ID"]
            assert client.get(f"/queries/{query}/answers").json() == ["0"]
            client.post(f"/queries/{query}/answers/0/retrieve", content="ORTHANC").raise_for_status()
            assert client.get("/statistics").json()["CountInstances"] == IMAGES
    finally:
        process.terminate()
        process.wait(60)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/system").is_success
    except httpx.TransportError:
        return False


def test_what_is_on_disk_is_committed_and_what_is_not_is_not(serving: Serving, tmp_path: Path) -> None:
    reports: list[CommitmentReport] = []
    uid = generate_uid()
    here, nowhere = Reference(CTImageStorage, "1.2.3.1"), Reference(CTImageStorage, "1.2.3.99")
    # Nobody listens yet when the first report is tried: it comes again.
    ask_for_commitment(serving.target, uid, [here, nowhere], reports.append, linger_s=0.1)
    entity = AE("SCANNER")
    entity.add_supported_context("1.2.840.10008.1.20.1", scu_role=False, scp_role=True)

    def told(event: Any) -> tuple[int, None]:
        reports.append(event.event_information)
        return 0x0000, None

    server = entity.start_server(
        ("127.0.0.1", serving.peers["SCANNER"]), block=False, evt_handlers=[(evt.EVT_N_EVENT_REPORT, told)]
    )
    try:
        (report,) = eventually(lambda: list(reports))
    finally:
        server.shutdown()
    assert report.TransactionUID == uid
    assert [one.ReferencedSOPInstanceUID for one in report.ReferencedSOPSequence] == ["1.2.3.1"]
    assert [(one.ReferencedSOPInstanceUID, one.FailureReason) for one in report.FailedSOPSequence] == [
        ("1.2.3.99", 0x0112)
    ]
    eventually(lambda: not list((serving.home / "commitments").glob("*.json")))


def _told(serving: Serving, sop_class: str, created: Dataset, changed: Dataset | None = None) -> None:
    association = associate(serving.target, [(sop_class, ImplicitVRLittleEndian)])
    uid = generate_uid()
    status, _ = association.send_n_create(created, sop_class, uid)
    assert status.Status == 0
    if changed is not None:
        status, _ = association.send_n_set(changed, sop_class, uid)
        assert status.Status == 0
    association.release()


def _counted(keyword: str, images: str, count: int) -> Dataset:
    report, one = Dataset(), Dataset()
    one.SeriesInstanceUID = "1.2.2"
    references = [Dataset() for _ in range(count)]
    for number, reference in enumerate(references):
        reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = CTImageStorage, f"1.2.3.{number}"
    setattr(one, images, references)
    setattr(report, keyword, [one])
    return report


def test_the_count_of_a_modality_or_an_archive_reaches_the_series(serving: Serving, database_url: str) -> None:
    def expected() -> int | None:
        with psycopg.connect(database_url) as connection:
            row = connection.execute("SELECT expected FROM series").fetchone()
        return row[0] if row else None

    begun = Dataset()
    begun.PerformedProcedureStepStatus = "IN PROGRESS"
    completed = _counted("PerformedSeriesSequence", "ReferencedImageSequence", 9)
    completed.PerformedProcedureStepStatus = "COMPLETED"
    _told(serving, ModalityPerformedProcedureStep, begun, completed)
    eventually(lambda: expected() == 9)
    available = _counted("ReferencedSeriesSequence", "ReferencedSOPSequence", IMAGES)
    _told(serving, InstanceAvailabilityNotification, available)
    eventually(lambda: expected() == IMAGES)
    eventually(lambda: not list((serving.home / "counts").glob("*.json")))
