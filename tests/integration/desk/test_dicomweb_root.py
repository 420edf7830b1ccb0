"""DICOMweb at /dicom-web: searches, retrievals and pictures, each reader within what it may see."""

from __future__ import annotations

import gzip
import io
from typing import Any

import httpx
import imagecodecs
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.uid import ExplicitVRLittleEndian, RLELossless
from sqlalchemy import select

from pipeline.database.tables import study
from pipeline.testing.instances import TinySlice, uid
from review_ui.routes import dicomweb_rendered, dicomweb_retrieve, dicomweb_search, dicomweb_store

STUDY, SERIES = uid("study"), uid("study", "series")
JSON = {"Accept": "application/dicom+json"}


@pytest.fixture
def filled(desk: Any) -> Any:
    """Two images of one hospital, one of another patient there, one of another hospital."""
    desk.receive(TinySlice(number=1), TinySlice(number=2, value=900))
    desk.receive(TinySlice(study="old", patient_id="P2", patient_name="Roe^Ann", extra={"StudyDate": "20240102"}))
    desk.receive(TinySlice(study="far", patient_id="P3"), site="brest")
    return desk


def test_searches_of_every_level_are_answered_as_ohif_and_others_ask_them(filled: Any) -> None:
    client = filled.client("carhaix")

    def found(path: str, **keys: Any) -> list[Any]:
        answer = client.get(f"/dicom-web{path}", params=keys, headers=JSON)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/dicom+json"
        matches: list[Any] = answer.json()
        return matches

    # OHIF's list, its list of earlier studies by tag number, and its list of series.
    listed = found("/studies", limit=101, offset=0, fuzzymatching="false", includefield="00081030,00080060,00080090")
    assert [one["0020000D"]["Value"] for one in listed] == [[STUDY], [uid("old")]]  # newest first, none of Brest
    first = listed[0]
    assert first["00100010"]["Value"] == [{"Alphabetic": "Doe^Jane"}]
    assert first["00201208"]["Value"] == [2]
    assert first["00080061"]["Value"] == ["CT"]
    assert first["00081190"]["Value"] == [f"{filled.address}/dicom-web/studies/{STUDY}"]
    assert len(found("/studies", **{"00100020": "P2", "limit": "101"})) == 1
    assert len(found("/studies", PatientName="roe*")) == 1
    assert len(found("/studies", StudyDate="20240101-20241231")) == 1
    assert len(found("/studies", ModalitiesInStudy="MR")) == 0
    assert len(found("/studies", StudyInstanceUID=f"{STUDY},{uid('old')}")) == 2
    (series,) = found(f"/studies/{STUDY}/series", includefield="00080021,00080031,0008103E,00200011")
    assert (series["0020000E"]["Value"], series["00201209"]["Value"]) == ([SERIES], [2])
    assert len(found("/series", Modality="CT")) == 2
    images = found(f"/studies/{STUDY}/series/{SERIES}/instances", includefield="SliceThickness")
    assert [one["00200013"]["Value"] for one in images] == [[1], [2]]
    assert [images[0][tag]["Value"] for tag in ("00280010", "00280011", "00180050")] == [[16], [16], [5.0]]
    assert len(found("/instances", SOPInstanceUID=TinySlice().SOPInstanceUID)) == 1
    assert len(found(f"/studies/{STUDY}/instances")) == 2


def test_pages_of_a_search_say_when_there_is_more_and_what_was_not_done(filled: Any) -> None:
    client = filled.client("carhaix")
    first = client.get("/dicom-web/studies", params={"limit": 1})
    assert "additional results" in first.headers["warning"]
    second = client.get("/dicom-web/studies", params={"limit": 1, "offset": 1})
    assert "warning" not in second.headers
    assert first.json() != second.json()
    odd = client.get("/dicom-web/studies", params={"fuzzymatching": "true", "InstitutionName": "x"})
    assert "fuzzymatching" in odd.headers["warning"]
    assert "InstitutionName is not matched" in odd.headers["warning"]
    assert len(odd.json()) == 2
    for wrong in ({"NoSuchKey": "1"}, {"limit": "-1"}, {"includefield": "nothing"}):
        assert client.get("/dicom-web/studies", params=wrong).status_code == 400
    assert client.get("/dicom-web/studies", headers={"Accept": "text/html"}).status_code == 406


def test_nobody_without_session_or_token_and_no_other_hospital_gets_anything(filled: Any) -> None:
    stranger = filled.client()
    image = f"/studies/{STUDY}/series/{SERIES}/instances/{TinySlice().SOPInstanceUID}"
    of_study = [f"/studies/{STUDY}", f"/studies/{STUDY}/metadata", f"/studies/{STUDY}/rendered", f"{image}/frames/1"]
    paths = ["/studies", *of_study, "/capabilities"]
    for path in paths:
        assert stranger.get(f"/dicom-web{path}").status_code == 401, path
        wrong = stranger.get(f"/dicom-web{path}", headers={"Authorization": "Bearer guessed"})
        assert (wrong.status_code, wrong.headers["www-authenticate"]) == (401, "Bearer")
    far = filled.system("brest")
    blind = filled.system(read=False, store=True)
    for path in of_study:
        assert stranger.get(f"/dicom-web{path}", headers=far).status_code == 404, path
        assert stranger.get(f"/dicom-web{path}", headers=blind).status_code == 403, path
        assert filled.client("brest").get(f"/dicom-web{path}").status_code == 404, path
    assert [one["0020000D"]["Value"] for one in stranger.get("/dicom-web/studies", headers=far).json()] == [
        [uid("far")]
    ]
    near = filled.system()
    assert len(stranger.get("/dicom-web/studies", headers=near).json()) == 2
    filled.clock.move(days=2)
    assert stranger.get("/dicom-web/studies", headers=near).status_code == 401


def test_two_patients_under_one_study_uid_are_never_mixed(desk: Any) -> None:
    desk.receive(TinySlice(number=1))
    desk.receive(TinySlice(number=2, patient_id="P9", patient_name="Roe^Ann"))
    client = desk.client("expert")
    assert len(client.get("/dicom-web/studies").json()) == 2
    assert client.get(f"/dicom-web/studies/{STUDY}").status_code == 409


def part_bodies(answer: httpx.Response) -> list[tuple[str, bytes]]:
    """Content type and bytes of each part."""
    boundary = answer.headers["content-type"].split("boundary=")[1].split(";")[0].encode()
    found = []
    for piece in answer.content.split(b"--" + boundary)[1:-1]:
        head, _, data = piece.partition(b"\r\n\r\n")
        found.append((head.decode().split("Content-Type: ")[1].split("\r\n")[0], data[: -len(b"\r\n")]))
    return found


def test_a_study_comes_whole_with_metadata_frames_and_ranges(filled: Any) -> None:
    client = filled.client("carhaix")
    whole = client.get(f"/dicom-web/studies/{STUDY}", headers={"Accept": 'multipart/related; type="application/dicom"'})
    parts = part_bodies(whole)
    assert [kind for kind, _ in parts] == [f"application/dicom; transfer-syntax={ExplicitVRLittleEndian}"] * 2
    read = [pydicom.dcmread(io.BytesIO(data)) for _, data in parts]
    assert [one.SOPInstanceUID for one in read] == [TinySlice(number=n).SOPInstanceUID for n in (1, 2)]
    again = client.get(f"/dicom-web/studies/{STUDY}", headers={"If-None-Match": whole.headers["etag"]})
    assert again.status_code == 304

    with client.stream("GET", f"/dicom-web/studies/{STUDY}/metadata", headers={"Accept-Encoding": "gzip"}) as answer:
        squeezed = b"".join(answer.iter_raw())
    assert gzip.decompress(squeezed).count(b"RetrieveURL") == 0
    metadata = client.get(f"/dicom-web/studies/{STUDY}/metadata").json()
    address = f"{filled.address}/dicom-web/studies/{STUDY}/series/{SERIES}/instances/{TinySlice().SOPInstanceUID}"
    assert metadata[0]["00081190"]["Value"] == [address]

    bare = client.get(address, headers={"Accept": "application/dicom", "Range": "bytes=128-131"})
    assert (bare.status_code, bare.content) == (206, b"DICM")
    entire = client.get(address, headers={"Accept": "application/dicom"}).content
    assert entire == parts[0][1]
    tail = client.get(address, headers={"Accept": "application/dicom", "Range": "bytes=-600"})
    assert tail.content == entire[-600:]
    assert tail.headers["content-range"] == f"bytes {len(entire) - 600}-{len(entire) - 1}/{len(entire)}"
    meta = pydicom.dcmread(io.BytesIO(entire)).file_meta
    assert "PrivateInformation" not in meta  # from whom and when it came stays here
    frame = client.get(f"{address}/frames/1", headers={"Accept": "*/*"})
    ((_, pixels),) = part_bodies(frame)
    assert pixels == np.full((16, 16), 40, "<i2").tobytes()
    assert client.get(f"{address}/frames/2").status_code == 404
    # HTJ2K is made on the spot for who takes nothing else, before the worker has made it.
    htj2k = client.get(f"{address}/frames/1", headers={"Accept": 'multipart/related; type="image/jphc"'})
    ((kind, coded),) = part_bodies(htj2k)
    assert kind == "image/jphc; transfer-syntax=1.2.840.10008.1.2.4.202"
    assert imagecodecs.htj2k_decode(coded).tobytes() == pixels
    assert client.get(f"/dicom-web/studies/{STUDY}", headers={"Accept": "text/html"}).status_code == 406


def test_compressed_images_go_as_they_came_or_decoded_as_the_client_takes(desk: Any) -> None:
    original = TinySlice(value=300)
    squeezed = original.dataset()
    squeezed.file_meta = pydicom.dataset.FileMetaDataset()
    squeezed.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    squeezed.compress(RLELossless, generate_instance_uid=False)

    class Squeezed(TinySlice):
        def encoded(self) -> bytes:
            file = io.BytesIO()
            pydicom.filewriter.dcmwrite(file, squeezed, implicit_vr=False, little_endian=True)
            return file.getvalue()

    desk.receive(Squeezed(value=300), transfer_syntax=RLELossless)
    client = desk.client("expert")
    address = f"/dicom-web/studies/{STUDY}/series/{SERIES}/instances/{original.SOPInstanceUID}"

    def syntax_of(accepted: str) -> str:
        answer = client.get(address, headers={"Accept": accepted})
        assert answer.status_code == 200, answer.text
        return str(pydicom.dcmread(io.BytesIO(answer.content)).file_meta.TransferSyntaxUID)

    assert syntax_of("application/dicom; transfer-syntax=*") == RLELossless
    assert syntax_of(f"application/dicom; transfer-syntax={ExplicitVRLittleEndian}") == ExplicitVRLittleEndian
    jpeg = f"{address}", {"Accept": "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.50"}
    assert client.get(jpeg[0], headers=jpeg[1]).status_code == 406
    stored = client.get(f"{address}/frames/1", headers={"Accept": "multipart/related; type=image/dicom-rle"})
    assert part_bodies(stored)[0][0] == f"image/dicom-rle; transfer-syntax={RLELossless}"
    plain = client.get(f"{address}/frames/1", headers={"Accept": "multipart/related; type=application/octet-stream"})
    assert part_bodies(plain)[0][1] == np.full((16, 16), 300, "<i2").tobytes()


def test_pictures_are_drawn_in_a_child_process(filled: Any) -> None:
    client = filled.client("carhaix")
    series = f"/dicom-web/studies/{STUDY}/series/{SERIES}"
    instance = f"{series}/instances/{TinySlice().SOPInstanceUID}"

    def picture(path: str, **keys: str) -> Image.Image:
        answer = client.get(path, params=keys, headers={"Accept": "image/png"})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png"), answer.text
        return Image.open(io.BytesIO(answer.content))

    middle = picture(f"{instance}/rendered")
    assert (middle.size, middle.getpixel((3, 3))) == ((16, 16), 129)  # 40 HU is the middle of the brain window
    assert picture(f"{instance}/rendered", window="0,10,linear").getpixel((3, 3)) == 255
    assert picture(f"{instance}/frames/1/rendered", viewport="64,32").size == (32, 32)
    assert picture(f"{series}/thumbnail").size == (256, 256)
    assert picture(f"{instance}/frames/1/thumbnail", viewport="10,10").size == (10, 10)
    assert picture(f"/dicom-web/studies/{STUDY}/thumbnail").size == (256, 256)
    plain = client.get(f"{instance}/rendered")
    assert plain.headers["content-type"] == "image/jpeg"
    assert client.get(f"{instance}/rendered", headers={"If-None-Match": plain.headers["etag"]}).status_code == 304
    both = part_bodies(client.get(f"{series}/rendered", headers={"Accept": "image/jpeg"}))
    assert [kind for kind, _ in both] == ["image/jpeg"] * 2
    for wrong in ({"window": "0"}, {"window": "0,0,linear"}, {"viewport": "0,0"}, {"quality": "0"}):
        assert client.get(f"{instance}/rendered", params=wrong).status_code == 400, wrong
    assert client.get(f"{instance}/rendered", headers={"Accept": "image/gif"}).status_code == 406
    assert client.get(f"{instance}/frames/7/rendered").status_code == 500


def test_what_is_offered_is_said_and_is_what_there_is(filled: Any) -> None:
    client = filled.client("carhaix")
    wadl = client.options("/dicom-web")
    assert wadl.headers["content-type"] == "application/vnd.sun.wadl+xml"
    assert b"/studies/{study_uid}/series/{series_uid}/rendered" in wadl.content
    offered = client.get("/dicom-web/capabilities", headers={"Accept": "application/json"}).json()["resources"]
    here = {
        (method, route.path.removeprefix("/dicom-web"))
        for service in (dicomweb_search, dicomweb_retrieve, dicomweb_rendered, dicomweb_store)
        for route in service.router.routes
        if "capabilities" not in route.name
        for method in route.methods
    }
    assert {(one["method"], one["path"]) for one in offered} == here


def test_a_link_opens_one_study_in_another_viewer_for_an_hour(filled: Any) -> None:
    person = filled.client("carhaix")
    assert person.get("/api/v1/viewers").json() == {"viewers": ["ohif", "weasis"]}
    ids = dict(filled.execute(select(study.c.study_instance_uid, study.c.id)))
    assert person.post(f"/api/v1/studies/{ids[uid('far')]}/viewer-link", json={"viewer": "ohif"}).status_code == 404
    made = person.post(f"/api/v1/studies/{ids[STUDY]}/viewer-link", json={"viewer": "ohif"}).json()
    url = httpx.URL(made["url"])
    assert (url.host, url.path, url.params["StudyInstanceUIDs"]) == ("ohif.example", "/viewer", STUDY)
    weasis = person.post(f"/api/v1/studies/{ids[STUDY]}/viewer-link", json={"viewer": "weasis"}).json()["url"]
    assert weasis.startswith("weasis://%24dicom%3Ars%20--url%20")

    browser, origin = filled.client(), {"Origin": filled.OHIF}
    headers = origin | {"Authorization": f"Bearer {url.params['token']}"}
    listed = browser.get("/dicom-web/studies", headers=headers)
    assert [one["0020000D"]["Value"] for one in listed.json()] == [[STUDY]]
    assert listed.headers["access-control-allow-origin"] == filled.OHIF
    assert browser.get(f"/dicom-web/studies/{STUDY}/metadata", headers=headers).status_code == 200
    assert browser.get(f"/dicom-web/studies/{uid('old')}/metadata", headers=headers).status_code == 404
    asks = origin | {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    assert browser.options("/dicom-web/studies", headers=asks).status_code == 204
    elsewhere = browser.get("/dicom-web/studies", headers=headers | {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in elsewhere.headers
    assert browser.post("/dicom-web/studies", headers=headers | {"Content-Type": "x"}).status_code == 403
    assert browser.get("/api/v1/worklist", headers=headers).status_code == 401
    filled.clock.move(hours=1, seconds=1)
    assert browser.get("/dicom-web/studies", headers=headers).status_code == 401
