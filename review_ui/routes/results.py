"""Downloading what we made of a case: segmentation, report, key images, outlines."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from review_ui.cases.results import stored_result
from review_ui.desk import SeesPatients, TheDesk
from review_ui.http.description import Answers, refuses, sends
from review_ui.http.files import RangedFile
from review_ui.http.problems import Problem, not_found
from review_ui.opinions.key_pictures import pictures

router = APIRouter(prefix="/cases/{case_id}/results", tags=["cases"])

_DICOM = "application/dicom"
_DOWNLOAD: Answers = {200: sends(_DICOM), 206: sends(_DICOM), **refuses(416, 500)}


@router.get("/{result_id}", response_class=Response, responses=_DOWNLOAD)
def download(case_id: UUID, result_id: UUID, who: SeesPatients, at: TheDesk) -> RangedFile:
    """One DICOM object as a Part 10 file, under a name without patient data."""
    with at.engine.begin() as connection:
        found = stored_result(connection, case_id, result_id, who.viewer)
    if found is None:
        raise not_found()
    path = at.vault_root / found.path
    if not path.is_file():
        raise Problem(500, "unreadable_image", "The stored object cannot be found; tell the administrator.")
    headers = {"ETag": f'"{found.sha256}"', "Cache-Control": "private, no-cache"}
    return RangedFile(path, _DICOM, headers, found.file_name)


_PNG = "image/png"


@router.get("/{result_id}/picture", response_class=Response, responses={200: sends(_PNG), **refuses(500)})
def picture(case_id: UUID, result_id: UUID, who: SeesPatients, at: TheDesk) -> Response:
    """A key image as a picture, for a telephone; not for diagnosis."""
    with at.engine.begin() as connection:
        found = stored_result(connection, case_id, result_id, who.viewer)
    if found is None or found.kind != "sc":
        raise not_found()
    made = pictures(at.vault_root, [found.path])
    if not made:
        raise Problem(500, "unreadable_image", "The stored object cannot be read; tell the administrator.")
    return Response(made[0], media_type=_PNG)
