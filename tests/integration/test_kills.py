"""kill -9 of any part: no acknowledged image is missing, and every case still ends analysed, exactly once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner
from pydicom.dataset import Dataset
from pynetdicom import AE
from pynetdicom.sop_class import CTImageStorage

from dicom_node.scu.checkpoint import keep_answers
from pipeline.clerk.retention.__main__ import main as retention
from pipeline.domain.finding import Side
from pipeline.phantom import Haemorrhage, PhantomPatient, PhantomSeries, PhantomStudy, datasets
from pipeline.testing.running import Running, eventually, running

pytestmark = pytest.mark.timeout(400)  # seconds; on a busy machine a house alone takes two minutes to start

IMAGES = 30


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("house")) as started:
        yield started


def study(seed: int) -> list[Dataset]:
    """A head CT with a large haemorrhage, of a patient of its own."""
    spec = PhantomStudy(
        seed=seed,
        patient=replace(PhantomPatient(), PatientID=f"KILL-{seed}"),
        series=(PhantomSeries(images=IMAGES, spacing_mm=5.0, rows=256),),
        haemorrhage=Haemorrhage(40, Side.LEFT),
    )
    return list(datasets(spec))


def send(house: Running, images: Sequence[Dataset]) -> list[str]:
    """Send images in one association; the SOPInstanceUIDs that got a success."""
    entity = AE("KILLER")
    entity.add_requested_context(CTImageStorage)
    association = entity.associate("127.0.0.1", house.dicom_port)
    keep_answers(association)
    acknowledged = []
    if association.is_established:
        for image in images:
            if not association.is_established:
                break
            status = association.send_c_store(image)
            if status and status.Status == 0x0000:
                acknowledged.append(str(image.SOPInstanceUID))
        association.release()
    return acknowledged


def ended(house: Running, patient_id: str) -> list[tuple[Any, ...]]:
    """State and tier of a patient's case, once nothing of it is under way."""
    query = 'SELECT state, tier FROM "case" WHERE patient_id = %s AND state NOT IN (%s, %s)'
    return house.rows(query, patient_id, "receiving", "analysing")


def analysed_once(house: Running, patient_id: str) -> None:
    """The case is analysed, red, with one current result on all its images, committed once."""
    assert eventually(lambda: ended(house, patient_id), "the case ends", within_s=100) == [("analysed", "red")]
    query = """
        SELECT series.images, analysis.state, (analysis.coverage->>'images')::int,
               (SELECT count(*) FROM finding WHERE finding.analysis_id = analysis.id) > 0
        FROM analysis JOIN series ON series.id = analysis.series_id JOIN study ON study.id = series.study_id
        WHERE study.patient_id = %s AND NOT series.ours ORDER BY analysis.version DESC
    """
    results = house.rows(query, patient_id)
    assert results[0] == (IMAGES, "analysed", IMAGES, True)
    assert len([one for one in results if one[2] == IMAGES and one[1] == "analysed"]) == 1


def stored(house: Running, patient_id: str) -> set[str]:
    """The SOPInstanceUIDs of a patient that the index has and whose file is there."""
    query = """
        SELECT instance.sop_instance_uid, instance.path FROM instance JOIN series ON series.id = instance.series_id
        JOIN study ON study.id = series.study_id WHERE study.patient_id = %s AND NOT series.ours
    """
    return {uid for uid, path in house.rows(query, patient_id) if (house.home / "vault" / path).is_file()}


def of_patient(house: Running, patient_id: str) -> list[str]:
    """The paths of a patient's images and of our results on them."""
    query = """
        SELECT instance.path FROM instance JOIN series ON series.id = instance.series_id
        JOIN study ON study.id = series.study_id WHERE study.patient_id = %s
    """
    return [path for (path,) in house.rows(query, patient_id)]


def test_a_worker_killed_in_the_middle_of_inference(house: Running) -> None:
    acknowledged = send(house, study(1))
    assert len(acknowledged) == IMAGES
    running_now = "SELECT 1 FROM analysis WHERE state = 'running'"
    eventually(lambda: house.rows(running_now), "the analysis runs")
    killed = house.kill("pipeline.worker")
    eventually(lambda: house.part("pipeline.worker").pid != killed, "the worker is restarted")
    analysed_once(house, "KILL-1")


def test_a_node_killed_in_the_middle_of_a_study(house: Running) -> None:
    images = study(2)
    entity = AE("KILLER")
    entity.add_requested_context(CTImageStorage)
    association = entity.associate("127.0.0.1", house.dicom_port)
    keep_answers(association)
    acknowledged = [
        str(image.SOPInstanceUID) for image in images[:12] if association.send_c_store(image).Status == 0x0000
    ]
    assert len(acknowledged) == 12
    killed = house.kill("dicom_node")
    association.abort()
    eventually(lambda: house.part("dicom_node").pid != killed, "the node is restarted")
    eventually(lambda: house.answers(house.dicom_port), "the node answers")
    eventually(lambda: set(acknowledged) <= stored(house, "KILL-2"), "the index has every acknowledged image")
    assert len(send(house, images[12:])) == IMAGES - 12
    analysed_once(house, "KILL-2")


def test_postgresql_killed_while_images_arrive_and_models_run(house: Running) -> None:
    images = study(3)
    acknowledged = send(house, images[:10])
    house.kill("postgres")
    acknowledged += send(house, images[10:])
    assert len(acknowledged) == IMAGES
    analysed_once(house, "KILL-3")
    assert stored(house, "KILL-3") == set(acknowledged)


def test_a_deletion_is_carried_on_by_a_node_that_was_killed(house: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    images = study(4)
    assert len(send(house, images)) == IMAGES
    analysed_once(house, "KILL-4")
    results = "SELECT 1 FROM result_object JOIN analysis ON analysis.id = analysis_id WHERE path = ''"
    eventually(lambda: not house.rows(results) and len(of_patient(house, "KILL-4")) > IMAGES, "results are written")
    files = [house.home / "vault" / path for path in of_patient(house, "KILL-4")]
    closed = """UPDATE "case" SET closed_at = now(), version = version + 1 WHERE patient_id = 'KILL-4' RETURNING 1"""
    assert house.rows(closed) == [(1,)]
    monkeypatch.setenv("DATABASE_URL", house.database_url())
    asked = ["request", "--site", "local", "--study", str(images[0].StudyInstanceUID), "--why", "a test"]

    def deleted() -> bool:
        """Once nobody is being called for the case any more: the clerk sees that it is closed."""
        return CliRunner().invoke(retention, asked).exit_code == 0

    eventually(deleted, "the study is deleted")
    house.kill("dicom_node")
    eventually(lambda: not any(file.exists() for file in files), "the files are gone")
    eventually(lambda: not house.rows("SELECT 1 FROM deletion WHERE done_at IS NULL"), "it is noted as done")
    assert of_patient(house, "KILL-4") == []
    eventually(lambda: house.answers(house.dicom_port), "the node answers")
    again = send(house, images[:3])
    eventually(lambda: stored(house, "KILL-4") == set(again), "what is sent again is new")


def test_a_clean_stop_leaves_nothing_running(tmp_path: Path) -> None:
    with running(tmp_path) as other:
        assert other.process is not None
        family = psutil.Process(other.process.pid).children(recursive=True)
        assert len(family) >= 5
    gone, alive = psutil.wait_procs(family, timeout=10)
    assert not alive
    assert len(gone) == len(family)
