"""Classes of fault of web archives and viewers, tried on the desk; each stands in its test's name."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

import review_ui
from pipeline.domain.errors import BadInput, UnreadableInstance
from pipeline.logs import only_allowed_fields
from review_ui.dicomweb.frames import read_frame
from review_ui.http.middleware import CONTENT_SECURITY_POLICY, LONGEST_BODY, LimitsBodies, RequiresOurHeader
from review_ui.routes.figures import _harmless

WEB = Path(review_ui.__file__).parent / "web" / "src"
Message = MutableMapping[str, Any]


def _answer(app: Any, headers: dict[str, str], *, method: str = "POST") -> tuple[int, int]:
    """The status of an answer, and how many pieces of the body were read."""
    read: list[int] = []
    sent: list[Message] = []

    async def receive() -> Message:
        read.append(1)
        return {"type": "http.request", "body": b"x" * 1000, "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": "/api/v1/x",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(app(scope, receive, send))
    return next((one["status"] for one in sent if one["type"] == "http.response.start"), 0), len(read)


async def _reads_all(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass


@pytest.mark.parametrize("declared", [LONGEST_BODY + 1, 2**31, 2**63, 10**30])
def test_cve_2026_5440_a_declared_length_takes_no_memory_and_reads_nothing(declared: int) -> None:
    assert _answer(LimitsBodies(_reads_all), {"content-length": str(declared)}) == (413, 0)


@pytest.mark.parametrize("declared", ["-1", "x", "", "1e9"])
def test_cve_2026_5440_a_length_that_is_none_is_counted_while_it_comes(declared: str) -> None:
    with pytest.raises(Exception, match="413") as refused:
        _answer(LimitsBodies(_reads_all), {"content-length": declared})
    assert getattr(refused.value, "status_code", 0) == 413


def test_cross_site_request_forgery_needs_a_header_no_other_site_can_send() -> None:
    assert _answer(RequiresOurHeader(_reads_all), {}) == (403, 0)
    for method in ("PUT", "DELETE", "PATCH"):
        assert _answer(RequiresOurHeader(_reads_all), {"x-neurovigie": "0"}, method=method) == (403, 0)


def test_stored_cross_site_scripting_no_text_becomes_markup_and_no_script_of_others_runs() -> None:
    sources = [*WEB.rglob("*.svelte"), *WEB.rglob("*.ts")]
    assert len(sources) > 100
    markup = re.compile(r"\{@html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|new Function\(|\beval\(")
    assert [str(one.relative_to(WEB)) for one in sources if markup.search(one.read_text(encoding="utf-8"))] == []
    rules = dict(rule.split(" ", 1) for rule in CONTENT_SECURITY_POLICY.split("; "))
    assert "unsafe-inline" not in rules["script-src"]
    assert "'unsafe-eval'" not in rules["script-src"]
    assert rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"


def test_a_line_break_in_a_log_makes_no_second_line_and_a_patients_name_makes_none() -> None:
    kept = only_allowed_fields(None, "info", {"event": "x", "ae_title": "CT1\nforged", "patient_name": "Doe^Jane"})
    line = json.dumps(dict(kept))
    assert "\n" not in line
    assert "Doe" not in line


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1"])
def test_a_formula_in_a_name_stays_a_text_in_a_spreadsheet(name: str) -> None:
    assert _harmless(name).startswith("'")


def _image(folder: Path, pixels: bytes, syntax: str = ExplicitVRLittleEndian, **header: Any) -> Path:
    image = Dataset()
    image.SOPClassUID, image.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3"
    image.Rows, image.Columns, image.SamplesPerPixel, image.BitsAllocated = 64, 64, 1, 16
    image.PhotometricInterpretation = "MONOCHROME2"
    for keyword, value in header.items():
        setattr(image, keyword, value)
    image.PixelData = pixels
    image["PixelData"].VR = "OB" if syntax == RLELossless else "OW"
    image["PixelData"].is_undefined_length = syntax == RLELossless
    image.file_meta = FileMetaDataset()
    image.file_meta.MediaStorageSOPClassUID, image.file_meta.MediaStorageSOPInstanceUID = image.SOPClassUID, "1.2.3"
    image.file_meta.TransferSyntaxUID = syntax
    path = folder / "image.dcm"
    dcmwrite(path, image, enforce_file_format=True)
    return path


@pytest.mark.parametrize(
    "lie",
    [
        {"Rows": 65535, "Columns": 65535},
        {"NumberOfFrames": 2**31 - 1},
        {"SamplesPerPixel": 3},
        {"BitsAllocated": 64},
        {"Rows": 0},
    ],
)
def test_cve_2026_5445_pixels_that_are_not_there_are_never_answered(tmp_path: Path, lie: dict[str, int]) -> None:
    """Orthanc rendered what lay in memory behind a short image."""
    path = _image(tmp_path, b"\1\0" * (64 * 64 - 4), **lie)
    for number in (1, 2):
        with pytest.raises((UnreadableInstance, BadInput)):
            read_frame(path, number)


@pytest.mark.parametrize("fragments", [b"", b"\xfe\xff\x00\xe0", b"\xfe\xff\x00\xe0\xf0\xff\xff\xff", b"\xff" * 64])
def test_cve_2026_5441_to_5444_a_fragment_that_lies_gives_an_error_or_what_is_in_the_file(
    tmp_path: Path, fragments: bytes
) -> None:
    """Orthanc's decoders wrote beyond their buffers; the desk decodes nothing, and cuts only what is there."""
    path = _image(tmp_path, b"\xfe\xff\x00\xe0\0\0\0\0" + fragments, RLELossless, NumberOfFrames=3)
    for number in (1, 3):
        try:
            answered = read_frame(path, number).data
        except (UnreadableInstance, BadInput):
            continue
        assert answered in path.read_bytes()
