"""Orthanc as sender: a study it holds arrives whole and becomes one case."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from pipeline.phantom import PhantomSeries, PhantomStudy, write_study
from pipeline.testing.running import Running, eventually, free_port, running


@contextmanager
def orthanc(folder: Path, house: Running) -> Iterator[httpx.Client]:
    """An Orthanc that knows us as the modality "neurovigie"; a client of its REST API."""
    port = free_port()
    settings = {
        "HttpPort": port,
        "DicomPort": free_port(),
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "AuthenticationEnabled": False,
        "Plugins": [],
        "DicomModalities": {"neurovigie": ["NEUROVIGIE", "127.0.0.1", house.dicom_port]},
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with (folder / "orthanc.log").open("w") as log:
        process = subprocess.Popen(["Orthanc", str(folder / "orthanc.json")], stdout=log, stderr=log)
    try:
        eventually(lambda: house.answers(port), "Orthanc answers")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client
    finally:
        process.terminate()
        process.wait(timeout=30)


def send_all(client: httpx.Client, files: list[Path]) -> int:
    """Give Orthanc the files and have it send them to us; how many it says were sent."""
    held = [client.post("/instances", content=file.read_bytes()).raise_for_status().json()["ID"] for file in files]
    answer = client.post("/modalities/neurovigie/store", json=held).raise_for_status().json()
    assert answer["FailedInstancesCount"] == 0
    return int(answer["InstancesCount"])


@pytest.mark.needs_orthanc
def test_a_study_sent_by_orthanc_arrives_whole_and_becomes_one_case(tmp_path: Path) -> None:
    spec = PhantomStudy(seed=7, series=(PhantomSeries(images=24, spacing_mm=6.0, rows=128),))
    files = write_study(spec, tmp_path / "study")
    with running(tmp_path) as house, orthanc(tmp_path, house) as client:
        assert send_all(client, files) == 24
        query = "SELECT role, images FROM series WHERE arrival = 'complete'"
        eventually(lambda: house.rows(query) == [("ncct", 24)], "the series is complete with every image")
        assert house.rows('SELECT count(*) FROM "case"') == [(1,)]
