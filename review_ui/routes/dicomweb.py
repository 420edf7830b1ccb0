"""DICOMweb over one study of ours (PS3.18): a viewer's root is /api/v1/studies/{study row}/dicomweb."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from review_ui.desk import Desk, SeesPatients, TheDesk
from review_ui.dicomweb import multipart
from review_ui.dicomweb.caching import KEPT, REVALIDATED, unchanged
from review_ui.dicomweb.find import StoredInstance, StudyAddress, instances_of, series_of
from review_ui.dicomweb.frame_answer import frame_numbers, frame_response
from review_ui.dicomweb.instance_answer import instances_response
from review_ui.dicomweb.metadata import bulk_value
from review_ui.dicomweb.qido import matches, series_json
from review_ui.http.description import Answers, refuses, sends
from review_ui.http.problems import Problem, not_found

router = APIRouter(prefix="/studies/{study_id}/dicomweb/studies/{study_uid}", tags=["dicomweb"])

_JSON = "application/dicom+json"
_DICOM = "application/dicom"

_UNCHANGED: Answers = {304: {"description": "What one has is still so"}}
_PART: Answers = {206: sends(_DICOM, multipart.RELATED), **refuses(416)}
_METADATA: Answers = {200: sends(_JSON), **_UNCHANGED, **refuses(500)}
_INSTANCE: Answers = {200: sends(_DICOM, multipart.RELATED), **_UNCHANGED, **_PART, **refuses(406, 500)}
_FRAMES: Answers = {200: sends(multipart.RELATED), **_UNCHANGED, **_PART, **refuses(406, 422, 500)}
_BULK_DATA: Answers = {200: sends(multipart.RELATED), **refuses(500)}


def address(study_id: UUID, study_uid: str) -> StudyAddress:
    """The study an address names."""
    return StudyAddress(study_id, study_uid)


TheStudy = Annotated[StudyAddress, Depends(address)]


@router.get("/series", response_class=Response, responses={200: sends(_JSON)})
def series(request: Request, study: TheStudy, who: SeesPatients, at: TheDesk) -> Response:
    """Search for the series of the study; SeriesInstanceUID and Modality narrow it."""
    with at.engine.begin() as connection:
        found = series_of(connection, study, who.viewer)
    if found is None:
        raise not_found()
    matching = [series_json(row, study) for row in found if matches(row, request.query_params)]
    return Response(json.dumps(matching), media_type=_JSON)


def images(
    study: TheStudy, who: SeesPatients, at: TheDesk, series_uid: str, instance_uid: str | None = None
) -> list[StoredInstance]:
    """The images an address names, if this account may see them."""
    with at.engine.begin() as connection:
        found = instances_of(connection, study, who.viewer, series_uid, instance_uid)
    if not found:
        raise not_found()
    return found


Images = Annotated[list[StoredInstance], Depends(images)]


@router.get("/series/{series_uid}/metadata", response_class=Response, responses=_METADATA)
@router.get("/series/{series_uid}/instances/{instance_uid}/metadata", response_class=Response, responses=_METADATA)
def metadata(request: Request, study: TheStudy, found: Images, at: TheDesk) -> Response:
    """The headers of a series, or of one instance, as DICOM JSON; an image that cannot be read is left out."""
    etag = at.metadata.etag(found)
    headers = {"ETag": etag, "Cache-Control": REVALIDATED, "Vary": "Accept-Encoding"}
    if unchanged(request.headers, etag):
        return Response(status_code=304, headers=headers)
    described = at.metadata.describe(study, found)
    if described.unreadable:
        headers["Warning"] = f'299 neurovigie "{described.unreadable} of {len(found)} images cannot be read"'
    body = described.body
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, 4, mtime=0)
    return Response(body, media_type=_JSON, headers=headers)


@router.get("/series/{series_uid}/instances/{instance_uid}", response_class=Response, responses=_INSTANCE)
def instance(request: Request, found: Images, at: TheDesk) -> Response:
    """A whole instance as it was received: bare or as one part, as the client prefers; byte ranges when bare."""
    image, _ = _only(found, at)
    return instances_response(request.headers, [image], at.vault_root, at.renderer)


@router.get(
    "/series/{series_uid}/instances/{instance_uid}/frames/{numbers}", response_class=Response, responses=_FRAMES
)
def frames(request: Request, found: Images, at: TheDesk, numbers: str) -> Response:
    """Frames by number, from 1, separated by commas: as HTJ2K once the worker has made it, else as stored."""
    image, path = _only(found, at)
    return frame_response(request.headers, image, path, at.derived_root, frame_numbers(numbers), renderer=at.renderer)


@router.get(
    "/series/{series_uid}/instances/{instance_uid}/bulkdata/{tag}", response_class=Response, responses=_BULK_DATA
)
def bulk_data(found: Images, at: TheDesk, tag: str) -> Response:
    """One long binary value of the header."""
    image, path = _only(found, at)
    part = multipart.Part("application/octet-stream", bulk_value(path, tag))
    headers = {"ETag": f'"{image.sha256}-{tag}"', "Cache-Control": KEPT}
    return Response(multipart.body([part]), headers=headers, media_type=multipart.content_type(part.content_type))


def _only(found: list[StoredInstance], at: Desk) -> tuple[StoredInstance, Path]:
    """The one image, and its file, which is there unless the disk lost it."""
    image = found[0]
    path = at.vault_root / image.path
    if not path.is_file():
        raise Problem(500, "unreadable_image", "The stored image cannot be found; tell the administrator.")
    return image, path
