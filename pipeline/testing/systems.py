"""Other people's DICOM systems, started for a test: DCMTK's storescp and Orthanc."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.testing.running import Running, eventually, free_port

_FORWARD = """
function OnStoredInstance(instance, tags, metadata, origin)
  SendToModality(instance, "neurovigie")
end
"""


@contextmanager
def storescp(folder: Path, port: int) -> Iterator[Path]:
    """DCMTK's storescp on a port; the folder in which it puts what it gets."""
    inbox = folder / "inbox"
    inbox.mkdir(exist_ok=True)
    with (folder / "storescp.log").open("w") as log:
        process = subprocess.Popen(["storescp", "-od", inbox, "-aet", "PACS1", str(port)], stdout=log, stderr=log)
    try:
        eventually(lambda: Running.answers(port), "storescp answers")
        yield inbox
    finally:
        process.kill()
        process.wait()


@contextmanager
def orthanc(folder: Path, port: int, our_port: int, *, forwards: bool = False) -> Iterator[str]:
    """An Orthanc named PACS1 on a port, which knows us as "neurovigie"; the address of its REST API.

    One that ``forwards`` sends us everything it gets, also what it got from us.
    """
    http = free_port()
    settings = {
        "DicomAet": "PACS1",
        "HttpPort": http,
        "DicomPort": port,
        "StorageDirectory": str(folder / "orthanc"),
        "IndexDirectory": str(folder / "orthanc"),
        "AuthenticationEnabled": False,
        "Plugins": [],
        "LuaScripts": [str(folder / "forward.lua")] if forwards else [],
        "DicomModalities": {"neurovigie": ["NEUROVIGIE", "127.0.0.1", our_port]},
    }
    (folder / "forward.lua").write_text(_FORWARD)
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with (folder / "orthanc.log").open("a") as log:
        process = subprocess.Popen(["Orthanc", "--verbose", str(folder / "orthanc.json")], stdout=log, stderr=log)
    try:
        eventually(lambda: Running.answers(http) and Running.answers(port), "Orthanc answers")
        yield f"http://127.0.0.1:{http}"
    finally:
        process.kill()
        process.wait(timeout=30)
