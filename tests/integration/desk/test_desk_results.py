"""What we made of a case is downloaded by who may see the case, and the page says why each series was read or not."""

from __future__ import annotations

import io
from typing import Any
from uuid import uuid4

from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage
from sqlalchemy import insert, select, update

from pipeline.database.tables import analysis, result_object, series, study
from pipeline.testing.instances import TinySlice

CHOICE = {
    "role": "ncct",
    "chosen": "1.2",
    "why": "in thinner slices",
    "criteria": ["thin"],
    "runners_up": [{"series": "1.3", "why": "the chosen one is in thinner slices", "criteria": ["thin"]}],
    "not_read": [],
}


def made(desk: Any) -> tuple[str, str, str]:
    """A case of Carhaix with an analysis, a stored report and one not stored yet; ids of case and both objects."""
    desk.receive(TinySlice())
    ((case_id, series_id),) = desk.execute(select(study.c.case_id, series.c.id).join(study))
    desk.execute(update(series).values(role_reasons=["CT of a head", "no contrast tag"]))
    known = {"series_id": series_id, "version": 1, "state": "not_analysed", "why": "said", "because": "better_series"}
    ((one,),) = desk.execute(insert(analysis).values(choice=CHOICE, **known).returning(analysis.c.id))
    folder = desk.vault_root / "made"
    folder.mkdir()
    (folder / "sr.dcm").write_bytes(b"a report")
    ids = []
    for number, path in enumerate(("made/sr.dcm", "")):
        row = {"analysis_id": one, "sop_instance_uid": f"2.{number}", "series_instance_uid": "2", "kind": "sr"}
        ids += desk.execute(insert(result_object).values(path=path, sha256="x", **row).returning(result_object.c.id))
    return str(case_id), str(ids[0].id), str(ids[1].id)


def test_a_report_is_downloaded_by_who_may_see_the_case_and_by_nobody_else(desk: Any) -> None:
    case_id, stored, unstored = made(desk)
    path = f"/api/v1/cases/{case_id}/results/{stored}"
    for name in ("expert", "carhaix"):
        answer = desk.client(name).get(path)
        assert (answer.status_code, answer.content) == (200, b"a report")
        assert answer.headers["content-type"] == "application/dicom"
        assert answer.headers["content-disposition"] == f'attachment; filename="neurovigie-sr-{stored[:8]}.dcm"'
    assert desk.client("brest").get(path).status_code == 404
    assert desk.client().get(path).status_code == 401
    expert = desk.client("expert")
    for other in (f"/api/v1/cases/{case_id}/results/{unstored}", f"/api/v1/cases/{uuid4()}/results/{stored}"):
        assert expert.get(other).status_code == 404


def test_the_page_says_why_a_series_was_read_or_not(desk: Any) -> None:
    case_id, stored, _ = made(desk)
    (shown,) = desk.client("expert").get(f"/api/v1/cases/{case_id}").json()["studies"][0]["series"]
    assert shown["role_reasons"] == ["CT of a head", "no contrast tag"]
    assert (shown["analysis"]["because"], shown["analysis"]["choice"]) == ("better_series", CHOICE)
    assert [(one["id"], one["kind"]) for one in shown["analysis"]["objects"]] == [(stored, "sr")]


def test_a_key_image_is_a_picture_for_who_may_see_the_case_and_nothing_else_is(desk: Any) -> None:
    case_id, report, _ = made(desk)
    one = Dataset()
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.BitsAllocated = 8
    one.SOPClassUID, one.SOPInstanceUID = SecondaryCaptureImageStorage, "1.2.3"
    one.Rows, one.Columns, one.PixelData = 1, 2, bytes([255, 0, 0, 0, 0, 255])
    one.save_as(desk.vault_root / "made" / "sc.dcm", enforce_file_format=True)
    ((analysis_id,),) = desk.execute(select(analysis.c.id))
    row = {"analysis_id": analysis_id, "sop_instance_uid": "3", "series_instance_uid": "3", "kind": "sc"}
    stored = insert(result_object).values(path="made/sc.dcm", sha256="x", **row).returning(result_object.c.id)
    ((key_image,),) = desk.execute(stored)
    path = f"/api/v1/cases/{case_id}/results/{key_image}/picture"
    for name in ("expert", "carhaix"):
        answer = desk.client(name).get(path)
        picture = Image.open(io.BytesIO(answer.content))
        assert [picture.getpixel((x, 0)) for x in (0, 1)] == [(255, 0, 0), (0, 0, 255)]
        assert answer.headers["cache-control"] == "no-store"
    assert desk.client("brest").get(path).status_code == 404
    assert desk.client().get(path).status_code == 401
    assert desk.client("expert").get(f"/api/v1/cases/{case_id}/results/{report}/picture").status_code == 404


def test_an_object_that_the_disk_lost_is_said_to_be_lost(desk: Any) -> None:
    case_id, stored, _ = made(desk)
    (desk.vault_root / "made" / "sr.dcm").unlink()
    answer = desk.client("expert").get(f"/api/v1/cases/{case_id}/results/{stored}")
    assert (answer.status_code, answer.json()["error"]) == (500, "unreadable_image")
