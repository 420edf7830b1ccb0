"""What a viewer gets: headers, frames as stored or as HTJ2K, byte ranges, and honest refusals."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite
from sqlalchemy import select

from pipeline.database.tables import instance, study
from pipeline.testing.instances import TinySlice, uid
from review_ui.dicomweb.frames import derivative

ANY = {"Accept": "multipart/related; type=application/octet-stream; transfer-syntax=*"}
HTJ2K = "1.2.840.10008.1.2.4.202"
EXPLICIT = "1.2.840.10008.1.2.1"


class Encoded(TinySlice):
    """A slice in whatever transfer syntax ``extra["syntax"]`` says, with its pixels as given."""

    def dataset(self) -> Dataset:
        made = super().dataset()
        if "syntax" in made:
            del made.syntax
        return made


class Viewer:
    """A signed-in viewer at the one study of a desk."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk
        self.client: httpx.Client = desk.client("expert")
        ((study_id,),) = desk.execute(select(study.c.id))
        self.root = f"/api/v1/studies/{study_id}/dicomweb/studies/{uid('study')}"
        self.series = f"{self.root}/series/{uid('study', 'series')}"

    def instance(self, number: int = 1) -> str:
        return f"{self.series}/instances/{TinySlice(number=number).SOPInstanceUID}"

    def frame(self, number: int = 1, frame: str = "1", **headers: str) -> httpx.Response:
        return self.client.get(f"{self.instance(number)}/frames/{frame}", headers=ANY | headers)

    def metadata(self) -> list[dict[str, Any]]:
        answer = self.client.get(f"{self.series}/metadata")
        assert answer.headers["content-type"] == "application/dicom+json"
        found: list[dict[str, Any]] = answer.json()
        return found

    def stored(self) -> tuple[Path, str]:
        row = self.desk.execute(select(instance.c.path, instance.c.sha256).order_by(instance.c.instance_number))[0]
        return self.desk.vault_root / row.path, row.sha256


def body(part: bytes, head: str, media_type: str) -> bytes:
    """The multipart body of one part, written out by hand."""
    boundary = "neurovigie-part-7c1d0e52f9a84b36"
    lines = f"--{boundary}\r\nContent-Type: {head}\r\nContent-Length: {len(part)}\r\n\r\n"
    assert media_type == head.split(";", maxsplit=1)[0]
    return lines.encode() + part + f"\r\n--{boundary}--\r\n".encode()


def parts(answer: httpx.Response) -> list[tuple[str, bytes]]:
    """Content type and bytes of each part."""
    boundary = answer.headers["content-type"].split("boundary=")[1].split(";")[0].encode()
    found = []
    for piece in answer.content.split(b"--" + boundary)[1:-1]:
        head, _, data = piece.partition(b"\r\n\r\n")
        found.append((head.decode().split("Content-Type: ")[1].split("\r\n")[0], data[: -len(b"\r\n")]))
    return found


def test_a_search_names_the_series_of_the_study(desk: Any) -> None:
    desk.receive(TinySlice(number=1), TinySlice(number=2), TinySlice(series="other", extra={"Modality": "MR"}))
    viewer = Viewer(desk)
    everything = viewer.client.get(f"{viewer.root}/series").json()
    assert sorted(one["00080060"]["Value"][0] for one in everything) == ["CT", "MR"]
    (ct,) = viewer.client.get(f"{viewer.root}/series", params={"Modality": "CT"}).json()
    assert ct["00201209"]["Value"] == [2]
    assert ct["0020000E"]["Value"] == [uid("study", "series")]


def test_metadata_has_every_header_and_none_of_the_pixels(desk: Any) -> None:
    desk.receive(
        TinySlice(number=2),
        TinySlice(number=1, patient_name="Müller^Zoë", extra={"SpecificCharacterSet": "ISO_IR 192"}),
    )
    viewer = Viewer(desk)
    first, second = viewer.metadata()
    assert [one["00200013"]["Value"] for one in (first, second)] == [[1], [2]]
    assert first["00083002"]["Value"] == [EXPLICIT]
    assert first["00100010"]["Value"] == [{"Alphabetic": "Müller^Zoë"}]
    assert first["00080005"]["Value"] == ["ISO_IR 192"]
    assert first["7FE00010"] == {"vr": "OW", "BulkDataURI": f"{viewer.instance(1)}/frames/1"}
    restored = pydicom.Dataset.from_json(second, lambda *_: b"")
    original = TinySlice(number=2).dataset()
    for keyword in ("Rows", "PixelSpacing", "ImagePositionPatient", "RescaleSlope", "PatientName"):
        assert restored[keyword].value == original[keyword].value


def test_metadata_is_compressed_and_asked_for_again_only_when_it_changed(desk: Any) -> None:
    desk.receive(TinySlice(number=1))
    viewer = Viewer(desk)
    address = f"{viewer.series}/metadata"
    with viewer.client.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
        squeezed = b"".join(answer.iter_raw())
        etag = answer.headers["etag"]
        assert answer.headers["content-encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(squeezed))) == 1
    assert viewer.client.get(address, headers={"If-None-Match": etag}).status_code == 304
    desk.receive(TinySlice(number=2))
    assert len(viewer.client.get(address, headers={"If-None-Match": etag}).json()) == 2


def test_a_stored_frame_is_sent_as_it_came(desk: Any) -> None:
    desk.receive(TinySlice(value=7))
    answer = Viewer(desk).frame()
    pixels = np.full((16, 16), 7, "<i2").tobytes()
    head = f"application/octet-stream; transfer-syntax={EXPLICIT}"
    assert answer.content == body(pixels, head, "application/octet-stream")
    assert answer.headers["content-type"].startswith('multipart/related; type="application/octet-stream"; boundary=')
    assert "immutable" in answer.headers["cache-control"]
    again = Viewer(desk).frame(**{"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def made_htj2k(viewer: Viewer, content: bytes) -> None:
    path = derivative(viewer.desk.derived_root, viewer.stored()[1], 1)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def test_once_made_the_htj2k_is_sent_and_ranges_of_it(desk: Any) -> None:
    desk.receive(TinySlice())
    viewer = Viewer(desk)
    made_htj2k(viewer, bytes(range(200)))
    whole = viewer.frame()
    assert parts(whole) == [(f"image/jphc; transfer-syntax={HTJ2K}", bytes(range(200)))]
    assert viewer.metadata()[0]["00083002"]["Value"] == [HTJ2K]
    total = len(whole.content)
    for asked, first, last in (
        ("0-99", 0, 99),
        ("100-", 100, total - 1),
        ("-10", total - 10, total - 1),
        ("5-99999", 5, total - 1),
    ):
        part = viewer.frame(Range=f"bytes={asked}")
        assert (part.status_code, part.headers["content-range"]) == (206, f"bytes {first}-{last}/{total}")
        assert part.content == whole.content[first : last + 1]
    beyond = viewer.frame(Range=f"bytes={total}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{total}")
    assert viewer.frame(Range="bytes=0-1,3-4").status_code == 200
    assert viewer.frame(Range="lines=0-1").status_code == 200


def test_ranges_of_a_stored_frame_never_mix_with_its_htj2k(desk: Any) -> None:
    desk.receive(TinySlice())
    viewer = Viewer(desk)
    stored = viewer.frame(Range="bytes=0-99")
    assert (stored.status_code, "content-range" in stored.headers) == (200, False)
    etag = stored.headers["etag"]
    assert viewer.frame(Range="bytes=0-99", **{"If-Range": etag}).status_code == 206
    made_htj2k(viewer, b"x" * 300)
    assert viewer.frame(Range="bytes=100-", **{"If-Range": etag}).status_code == 200


def test_a_client_gets_what_it_says_it_takes(desk: Any) -> None:
    desk.receive(TinySlice())
    viewer = Viewer(desk)
    made_htj2k(viewer, b"codestream")
    for accept, is_htj2k in (
        ("*/*", True),
        ('multipart/related; type="image/jphc"', True),
        (f"multipart/related; type=application/octet-stream; transfer-syntax={EXPLICIT}", False),
        ("multipart/related; type=application/octet-stream", False),
    ):
        answer = viewer.frame(Accept=accept)
        assert (answer.status_code, b"codestream" in answer.content) == (200, is_htj2k)
    for accept in ('multipart/related; type="image/jpeg"', "text/html", "image/jphc"):
        answer = viewer.frame(Accept=accept)
        assert (answer.status_code, answer.json()["error"]) == (406, "not_acceptable")


def test_a_whole_instance_is_sent_bare_or_as_a_part(desk: Any) -> None:
    desk.receive(TinySlice())
    viewer = Viewer(desk)
    path, _ = viewer.stored()
    bare = viewer.client.get(viewer.instance(), headers={"Accept": "application/dicom"})
    assert bare.headers["content-type"] == f"application/dicom; transfer-syntax={EXPLICIT}"
    assert bare.content.endswith(TinySlice().encoded())
    assert b"received_at" in path.read_bytes()
    assert b"received_at" not in bare.content  # what we noted of its arrival stays here
    assert bare.content[:128] == bytes(128)
    assert pydicom.dcmread(io.BytesIO(bare.content)).SOPInstanceUID == TinySlice().SOPInstanceUID
    some = viewer.client.get(viewer.instance(), headers={"Accept": "application/dicom", "Range": "bytes=128-131"})
    assert (some.status_code, some.content) == (206, b"DICM")
    accept = 'multipart/related; type="application/dicom"'
    assert parts(viewer.client.get(viewer.instance(), headers={"Accept": accept})) == [
        (f"application/dicom; transfer-syntax={EXPLICIT}", bare.content)
    ]
    assert viewer.client.get(viewer.instance(), headers={"Accept": "image/png"}).status_code == 406


def receive_raw(desk: Any, made: Dataset, syntax: str) -> None:
    """Store and index a data set in any transfer syntax."""
    file = io.BytesIO()
    dcmwrite(file, made, implicit_vr=syntax == "1.2.840.10008.1.2", little_endian=syntax != "1.2.840.10008.1.2.2")

    class Raw(TinySlice):
        def encoded(self) -> bytes:
            return file.getvalue()

    desk.receive(Raw(), transfer_syntax=syntax)


def test_frames_of_a_multi_frame_image_are_cut_out_one_by_one(desk: Any) -> None:
    made = TinySlice(extra={"NumberOfFrames": 3}).dataset()
    made.PixelData = b"".join(np.full((16, 16), value, "<i2").tobytes() for value in (1, 2, 3))
    receive_raw(desk, made, "1.2.840.10008.1.2")
    viewer = Viewer(desk)
    assert parts(viewer.frame(frame="2"))[0][1] == np.full((16, 16), 2, "<i2").tobytes()
    assert [part[1][:2] for part in parts(viewer.frame(frame="3,1"))] == [b"\3\0", b"\1\0"]
    for frame, status in (("4", 404), ("0", 404), ("x", 422), ("1,", 422), ("9" * 30, 422)):
        assert viewer.frame(frame=frame).status_code == status


def test_frames_of_single_bits_begin_at_a_whole_byte(desk: Any) -> None:
    """PS3.5 8.1.1: the frames of a binary segmentation follow one another without padding."""
    bits = np.zeros((3, 5, 5), np.uint8)
    bits[0, 0, 0] = bits[1, 2, 3] = bits[2, 4, 4] = 1
    packed = np.packbits(bits.ravel(), bitorder="little").tobytes()
    made = TinySlice(extra={"NumberOfFrames": 3, "Rows": 5, "Columns": 5, "BitsAllocated": 1}).dataset()
    made.PixelData = packed + b"\0" * (len(packed) % 2)
    receive_raw(desk, made, EXPLICIT)
    viewer = Viewer(desk)
    for number in (1, 2, 3):
        data = parts(viewer.frame(frame=str(number)))[0][1]
        unpacked = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")[:25]
        assert (unpacked.reshape(5, 5) == bits[number - 1]).all()


def test_a_big_endian_frame_leaves_little_endian(desk: Any) -> None:
    made = TinySlice().dataset()
    made.PixelData = np.full((16, 16), 258, ">i2").tobytes()
    receive_raw(desk, made, "1.2.840.10008.1.2.2")
    viewer = Viewer(desk)
    assert parts(viewer.frame())[0] == (
        f"application/octet-stream; transfer-syntax={EXPLICIT}",
        np.full((16, 16), 258, "<i2").tobytes(),
    )


def test_a_compressed_frame_is_sent_in_its_own_encoding(desk: Any) -> None:
    made = TinySlice(extra={"NumberOfFrames": 2}).dataset()
    made.PixelData = encapsulate([b"first jpeg", b"other jpeg"])
    made["PixelData"].VR = "OB"
    made["PixelData"].is_undefined_length = True
    syntax = "1.2.840.10008.1.2.4.70"
    receive_raw(desk, made, syntax)
    viewer = Viewer(desk)
    assert viewer.metadata()[0]["00083002"]["Value"] == [syntax]
    assert parts(viewer.frame(frame="2"))[0] == (f"image/jpeg; transfer-syntax={syntax}", b"other jpeg")


def test_long_binary_values_are_fetched_apart(desk: Any) -> None:
    made = TinySlice().dataset()
    made.private_block(0x0009, "TEST", create=True).add_new(1, "OB", bytes(range(256)) * 8)
    made.private_block(0x0009, "TEST").add_new(2, "OB", b"few!")
    receive_raw(desk, made, EXPLICIT)
    viewer = Viewer(desk)
    (described,) = viewer.metadata()
    assert described["00091002"]["InlineBinary"] == "ZmV3IQ=="
    answer = viewer.client.get(described["00091001"]["BulkDataURI"])
    assert parts(answer) == [("application/octet-stream", bytes(range(256)) * 8)]
    for tag in ("00091003", "00100010", "zzzzzzzz", "1"):
        assert viewer.client.get(f"{viewer.instance()}/bulkdata/{tag}").status_code == 404


def test_a_file_that_broke_on_the_disk_is_said_so_and_the_others_are_shown(desk: Any) -> None:
    desk.receive(TinySlice(number=1), TinySlice(number=2))
    viewer = Viewer(desk)
    path, _ = viewer.stored()
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:200])
    answer = viewer.client.get(f"{viewer.series}/metadata")
    assert (answer.status_code, len(answer.json())) == (200, 1)
    assert "1 of 2 images cannot be read" in answer.headers["warning"]
    assert viewer.frame(1).json()["error"] == "unreadable_image"
    path.unlink()
    assert viewer.frame(1).status_code == 500
    assert viewer.client.get(viewer.instance(1)).status_code == 500
    assert viewer.frame(2).status_code == 200


def test_a_header_that_lies_about_its_pixels_is_an_error_and_nothing_worse(desk: Any) -> None:
    lies: list[dict[str, int]] = [
        {"Rows": 60000, "Columns": 60000},
        {"Rows": 0},
        {"NumberOfFrames": 5},
        {"NumberOfFrames": -1},
        {"BitsAllocated": 0},
    ]
    desk.receive(*(TinySlice(number=number, extra=lie) for number, lie in enumerate(lies)))
    viewer = Viewer(desk)
    for number, lie in enumerate(lies):
        frame = "2" if "NumberOfFrames" in lie else "1"
        assert viewer.frame(number, frame).status_code in (404, 500)
    assert len(viewer.metadata()) == len(lies)
    assert viewer.client.get("/api/v1/status").json()["database"] is True


def test_an_instance_without_pixels_has_no_frame(desk: Any) -> None:
    made = TinySlice().dataset()
    del made.PixelData
    receive_raw(desk, made, EXPLICIT)
    viewer = Viewer(desk)
    assert viewer.frame().status_code == 404
    assert "7FE00010" not in viewer.metadata()[0]
