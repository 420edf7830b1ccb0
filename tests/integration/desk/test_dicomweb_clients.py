"""Other people's DICOMweb clients at our DICOMweb: dicomweb-client, and Orthanc's plugin."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pydicom
import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom.dataset import FileMetaDataset

from dicom_node.vault.simple import SimpleVault
from pipeline.testing.instances import TRANSFER_SYNTAX, TinySlice, uid
from pipeline.testing.running import Running, eventually, free_port

STUDY, SERIES = uid("study"), uid("study", "series")
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


def dataset(one: TinySlice) -> pydicom.Dataset:
    made = one.dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = pydicom.uid.UID(TRANSFER_SYNTAX)
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    return made


def index(desk: Any) -> None:
    """What the node does with what waits."""
    vault = SimpleVault(desk.vault_root, watermark=1.0)
    pending = list(vault.pending())
    desk.index.record(pending)
    vault.indexed(pending)


def test_dicomweb_client_stores_searches_and_retrieves(desk: Any) -> None:
    client = DICOMwebClient(f"{desk.address}/dicom-web", headers=desk.system(store=True))
    slices = [TinySlice(number=number) for number in (1, 2, 3)]
    said = client.store_instances([dataset(one) for one in slices])
    assert len(said.ReferencedSOPSequence) == 3
    index(desk)
    (study,) = client.search_for_studies(search_filters={"PatientID": "P1"}, fields=["StudyDescription"])
    assert pydicom.Dataset.from_json(study).StudyInstanceUID == STUDY
    assert len(client.search_for_instances(STUDY, limit=2, get_remaining=True)) == 3
    assert len(client.search_for_series(STUDY)) == 1
    assert len(client.retrieve_study(STUDY)) == 3
    assert len(client.retrieve_series(STUDY, SERIES)) == 3
    assert len(client.retrieve_series_metadata(STUDY, SERIES)) == 3
    first = slices[0].SOPInstanceUID
    whole = client.retrieve_instance(STUDY, SERIES, first, media_types=(("application/dicom", TRANSFER_SYNTAX),))
    assert whole.PixelData == slices[0].dataset().PixelData
    (frame,) = client.retrieve_instance_frames(STUDY, SERIES, first, [1])
    assert frame == slices[0].dataset().PixelData
    assert client.retrieve_instance_rendered(STUDY, SERIES, first, media_types=("image/png",))[:4] == b"\x89PNG"
    rendered = client.retrieve_instance_frames_rendered(STUDY, SERIES, first, [1], media_types=("image/jpeg",))
    assert rendered[:2] == b"\xff\xd8"


@contextmanager
def orthanc(folder: Path, service: str, headers: dict[str, str]) -> Iterator[httpx.Client]:
    """An Orthanc whose DICOMweb plugin knows us as "neurovigie"."""
    http = free_port()
    settings = {
        "HttpPort": http, "DicomServerEnabled": False, "AuthenticationEnabled": False, "Plugins": [str(PLUGIN)],
        "StorageDirectory": str(folder / "orthanc"), "IndexDirectory": str(folder / "orthanc"),
        "DicomWeb": {
            "Enable": True,
            "Servers": {"neurovigie": {"Url": service, "HttpHeaders": headers, "HasDelete": False}},
        },
    }  # fmt: skip
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with (folder / "orthanc.log").open("w") as log:
        process = subprocess.Popen(["Orthanc", str(folder / "orthanc.json")], stdout=log, stderr=log)
    try:
        eventually(lambda: Running.answers(http), "Orthanc answers")
        with httpx.Client(base_url=f"http://127.0.0.1:{http}", timeout=60, trust_env=False) as client:
            yield client
    finally:
        process.kill()
        process.wait(timeout=30)


@pytest.mark.needs_orthanc
@pytest.mark.skipif(not PLUGIN.exists(), reason="Orthanc's DICOMweb plugin is not installed")
def test_orthanc_searches_retrieves_and_stores_as_dicomweb_client(desk: Any, tmp_path: Path) -> None:
    desk.receive(TinySlice(number=1), TinySlice(number=2))
    service = f"{desk.address}/dicom-web/"
    with orthanc(tmp_path, service, desk.system(store=True)) as client:
        found = client.post("/dicom-web/servers/neurovigie/qido", json={"Uri": "/studies"}).raise_for_status()
        assert uid("study") in found.text
        asked = {"Resources": [{"Study": STUDY}], "Synchronous": True}
        client.post("/dicom-web/servers/neurovigie/retrieve", json=asked).raise_for_status()
        assert client.get("/statistics").json()["CountInstances"] == 2
        (instance, *_) = client.get("/instances").json()
        kept = pydicom.dcmread(BytesIO(client.get(f"/instances/{instance}/file").content))
        assert kept.PixelData == TinySlice().dataset().PixelData
        # What it has and we do not: stored by STOW-RS.
        new = BytesIO()
        pydicom.dcmwrite(new, dataset(TinySlice(study="new", patient_id="P5")), enforce_file_format=True)
        made = client.post("/instances", content=new.getvalue()).raise_for_status().json()["ID"]
        sent = {"Resources": [made], "Synchronous": True}
        client.post("/dicom-web/servers/neurovigie/stow", json=sent).raise_for_status()
    index(desk)
    assert len(desk.client("carhaix").get("/dicom-web/studies", params={"PatientID": "P5"}).json()) == 1
