"""The whole house delivers to an Orthanc that was down while its clerk was killed, and that sends it all back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from dicom_node.scu.association import Target
from dicom_node.scu.outgoing import read_outgoing
from dicom_node.scu.send import send, set_up_sender
from pipeline.domain.finding import Side
from pipeline.phantom import Haemorrhage, PhantomPatient, PhantomSeries, PhantomStudy, write_study
from pipeline.testing.running import Running, eventually, free_port, running
from pipeline.testing.systems import orthanc

pytestmark = [pytest.mark.needs_orthanc, pytest.mark.timeout(300)]
STUDY = PhantomStudy(
    seed=71,
    patient=replace(PhantomPatient(), PatientID="BACK-1"),
    series=(PhantomSeries(images=30, spacing_mm=5.0, rows=256),),
    haemorrhage=Haemorrhage(40, Side.LEFT),
)


def neurovigie(house: Running, *words: str) -> str:
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.command.main", *words],
        env=environment | {"NEUROVIGIE_HOME": str(house.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def states(house: Running) -> set[str]:
    return {state for (state,) in house.rows("SELECT state FROM delivery")}


def returned(house: Running) -> int:
    """How many objects the PACS has sent us, by the node's log."""
    lines = [json.loads(line) for line in (house.home / "logs" / "node.log").read_text().splitlines() if line[0] == "{"]
    pacs = {line["association"] for line in lines if line.get("ae_title") == "PACS1"}
    ended = (line for line in lines if line["event"] == "association_ended" and line["association"] in pacs)
    return sum(line["images"] for line in ended)


def test_results_reach_the_pacs_whatever_dies_and_coming_back_they_open_and_ring_nothing(tmp_path: Path) -> None:
    set_up_sender()
    files = [read_outgoing(file) for file in write_study(STUDY, tmp_path / "study")]
    port = free_port()
    with running(tmp_path) as house:
        neurovigie(house, "peer", "add", "PACS1", "127.0.0.1", str(port), "--site", "local")
        assert "before any person has read them" in neurovigie(house, "delivery", "on", "PACS1", "--when", "unsigned")
        assert all(one.stored for one in send(files, Target("127.0.0.1", house.dicom_port, "NEUROVIGIE", "CT1")))
        eventually(lambda: states(house) == {"failed_will_retry"}, "the PACS is down", within_s=120)
        assert house.rows("SELECT count(*) FROM delivery WHERE sent_at IS NOT NULL") == [(0,)]
        house.kill("pipeline.clerk")
        ((received,),) = house.rows("SELECT count(*) FROM event WHERE kind = 'received'")
        with orthanc(tmp_path, port, house.dicom_port, forwards=True) as pacs:
            eventually(lambda: states(house) == {"committed"}, "the PACS keeps it all", within_s=120)
            objects = house.rows("SELECT sop_instance_uid FROM result_object WHERE path <> ''")
            eventually(lambda: returned(house) >= len(objects), "it has sent it all back", within_s=60)
            held = [httpx.post(f"{pacs}/tools/lookup", content=uid).json() for (uid,) in objects]
        assert all(len(found) == 1 for found in held)
        assert house.rows('SELECT tier FROM "case"') == [("red",)]
        assert house.rows("SELECT count(*) FROM analysis") == [(1,)]
        assert house.rows("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'analyse'") == [(1,)]
        assert house.rows("SELECT count(*) FROM event WHERE kind = 'received'") == [(received,)]
        twice = "SELECT count(*) FROM instance GROUP BY sop_instance_uid HAVING count(*) > 1"
        assert house.rows(twice) == []
