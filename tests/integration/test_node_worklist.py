"""What a hospital has asked for is on its scanners' worklists, and the images that follow find their request."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydicom import Dataset, dcmread
from sqlalchemy import Engine, insert, select, update

from dicom_node.peers.peer import Peer
from dicom_node.server.services import Services
from dicom_node.vault.simple import SimpleVault
from dicom_node.worklist.provider import Worklist
from pipeline.clerk.linking import link_waiting_requests
from pipeline.database.engine import connect
from pipeline.database.index import PostgresIndex
from pipeline.database.request_tables import request
from pipeline.database.requests import NewRequest, make_request
from pipeline.database.sites import ensure_site
from pipeline.database.tables import account, case, study
from pipeline.domain.opinion_request import OpinionRequest, PatientTold
from pipeline.domain.receipt import Arrival
from pipeline.domain.request import Urgency
from pipeline.testing.instances import TRANSFER_SYNTAX, TinySlice
from pipeline.testing.running_node import running_node

NOW = datetime.now(UTC)


def asked_for(engine: Engine, site: str, family: str, **more: Any) -> UUID:
    """A request of a hospital, made just now."""
    told = OpinionRequest(
        patient=PatientTold(FamilyName=family, GivenName="Anne", **more),
        urgency=Urgency.URGENT, requester="Dr Site", call_back="0298000000",
    )  # fmt: skip
    with engine.begin() as connection:
        ensure_site(connection, site)
        by = connection.execute(
            insert(account)
            .values(name=f"{site}-{family}", role="site", site_id=site, password_hash="x")
            .returning(account.c.id)
        ).scalar_one()
        return make_request(connection, NewRequest(site_id=site, asked=told, by=by, at=NOW))[0]


def findscu(port: int, folder: Path, *keys: str, calling: str) -> list[Dataset]:
    """What DCMTK's findscu gets of the worklist (not its namesake that pynetdicom installs beside Python)."""
    folder.mkdir()
    beside = Path(sys.executable).parent.resolve()
    path = os.pathsep.join(one for one in os.environ["PATH"].split(os.pathsep) if Path(one).resolve() != beside)
    found = shutil.which("findscu", path=path)
    assert found is not None
    asked = [word for key in keys for word in ("-k", key)]
    words = ("-W", "-aet", calling, "-aec", "NEUROVIGIE", "-X", "-od", str(folder), *asked, "127.0.0.1", str(port))
    done = subprocess.run([found, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [dcmread(file, force=True) for file in sorted(folder.glob("rsp*.dcm"))]


def receive(engine: Engine, root: Path, one: TinySlice, site: str) -> None:
    """Store and index an image as the node does."""
    arrival = Arrival(
        site_id=site, peer_ae_title="CT1", association_id="a1", received_at=NOW + timedelta(minutes=5),
        SOPClassUID=str(one.dataset().SOPClassUID), SOPInstanceUID=one.SOPInstanceUID,
        TransferSyntaxUID=TRANSFER_SYNTAX,
    )  # fmt: skip
    receipt = SimpleVault(root, watermark=1.0).append(one.encoded(), arrival)
    PostgresIndex(engine, root, 5.0, lambda: NOW).record([receipt])


@pytest.mark.needs_dcmtk
def test_a_scanner_finds_its_own_hospitals_requests_and_its_images_find_them_back(
    database_url: str, tmp_path: Path
) -> None:
    engine = connect(database_url, connections=2)
    wanted = asked_for(engine, "brest", "Kerjean", PatientID="B7")
    withdrawn = asked_for(engine, "brest", "Withdrawn")
    with engine.begin() as connection:
        connection.execute(update(request).where(request.c.id == withdrawn).values(state="withdrawn"))
    asked_for(engine, "carhaix", "Secret")
    # Callers of this machine belong to its own site, unless they are known.
    peers = tuple(Peer(site, name, "127.0.0.1", 1) for site, name in (("brest", "CT1"), ("carhaix", "CT2")))
    services = Services(worklist=Worklist(engine, NOW.astimezone))
    with running_node(tmp_path / "node", peers=peers, services=services) as running:
        today = NOW.astimezone().strftime("%Y%m%d")
        keys = (
            "PatientName", "PatientID", "StudyInstanceUID", "AccessionNumber", "RequestedProcedureID",
            "ScheduledProcedureStepSequence[0].Modality=CT",
            f"ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartDate={today}",
            "ScheduledProcedureStepSequence[0].ScheduledProcedureStepID",
        )  # fmt: skip
        (found,) = findscu(running.node.port, tmp_path / "f1", *keys, calling="CT1")
        (other,) = findscu(running.node.port, tmp_path / "f2", "PatientName", keys[5], calling="CT2")
        every = findscu(running.node.port, tmp_path / "f3", "PatientName=kerj*", calling="CT1")
        nobody = findscu(running.node.port, tmp_path / "f4", "PatientName", calling="STRANGER")
    assert (str(found.PatientName), found.PatientID) == ("Kerjean^Anne", "B7")
    assert found.ScheduledProcedureStepSequence[0].Modality == "CT"
    assert str(other.PatientName) == "Secret^Anne"
    assert len(every) == 2  # one for CT, one for MR
    assert nobody == []

    # The scanner sends with the numbers of its list, and a birth date the request did not tell.
    numbers = {"StudyInstanceUID": str(found.StudyInstanceUID), "AccessionNumber": str(found.AccessionNumber)}
    receive(engine, tmp_path / "v", TinySlice(patient_id="B7", patient_name="Kerjean^Anne", extra=numbers), "brest")
    assert link_waiting_requests(engine, NOW + timedelta(minutes=6)) == 1
    with engine.connect() as connection:
        linked = connection.execute(select(request.c.link, request.c.case_id).where(request.c.id == wanted)).one()
        imaged = connection.execute(select(study.c.case_id)).scalar_one()
        still_open = connection.execute(select(case.c.closed_at).where(case.c.id == imaged)).scalar_one()
    assert (linked.link, linked.case_id, still_open) == ("sure", imaged, None)
    engine.dispose()


def test_the_numbers_with_another_patient_are_a_persons_question(database_url: str, tmp_path: Path) -> None:
    engine = connect(database_url, connections=2)
    wanted = asked_for(engine, "brest", "Kerjean", PatientID="B7", PatientBirthDate="19400101")
    numbers = {"StudyInstanceUID": f"2.25.{wanted.int}"}
    receive(engine, tmp_path / "v", TinySlice(patient_id="C9", patient_name="Other^Person", extra=numbers), "brest")
    assert link_waiting_requests(engine, NOW + timedelta(minutes=6)) == 0
    with engine.connect() as connection:
        assert connection.execute(select(request.c.link).where(request.c.id == wanted)).scalar_one() == "unsure"
    engine.dispose()
