"""WADO-RS (PS3.18 10.4): studies, series, instances, frames, their metadata and bulk data."""

from __future__ import annotations

import gzip
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from review_ui.desk import TheDesk
from review_ui.dicomweb import multipart
from review_ui.dicomweb.caching import KEPT, REVALIDATED, unchanged
from review_ui.dicomweb.find import StoredInstance
from review_ui.dicomweb.frame_answer import frame_numbers, frame_response
from review_ui.dicomweb.instance_answer import instances_response
from review_ui.dicomweb.metadata import bulk_value
from review_ui.dicomweb.root import ROOT, RootAddress, Wanted, images_of, service_of
from review_ui.dicomweb.who import TheReader
from review_ui.http.problems import Problem

router = APIRouter(prefix=ROOT, include_in_schema=False)

_JSON = "application/dicom+json"
_INSTANCE = "/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}"


def images(
    who: TheReader, at: TheDesk, study_uid: str, series_uid: str | None = None, instance_uid: str | None = None
) -> list[StoredInstance]:
    """The images an address names, whose files are there unless the disk lost them."""
    with at.engine.connect() as connection:
        found = images_of(connection, who, Wanted(study_uid, series_uid, instance_uid))
    if not all((at.vault_root / image.path).is_file() for image in found):
        raise Problem(500, "unreadable_image", "A stored image cannot be found; tell the administrator.")
    return found


Images = Annotated[list[StoredInstance], Depends(images)]


@router.get("/studies/{study_uid}")
@router.get("/studies/{study_uid}/series/{series_uid}")
@router.get(_INSTANCE)
def instances(request: Request, found: Images, at: TheDesk) -> Response:
    """Whole instances: of a study, of a series, or one."""
    return instances_response(request.headers, found, at.vault_root, at.renderer)


@router.get("/studies/{study_uid}/metadata")
@router.get("/studies/{study_uid}/series/{series_uid}/metadata")
@router.get(_INSTANCE + "/metadata")
def metadata(request: Request, found: Images, at: TheDesk, study_uid: str) -> Response:
    """Headers as DICOM JSON; an image that cannot be read is left out, and that is said."""
    etag = at.metadata.etag(found)
    headers = {"ETag": etag, "Cache-Control": REVALIDATED, "Vary": "Accept-Encoding"}
    if unchanged(request.headers, etag):
        return Response(status_code=304, headers=headers)
    described = at.metadata.describe(RootAddress(service_of(request), study_uid), found)
    if described.unreadable:
        headers["Warning"] = f'299 neurovigie "{described.unreadable} of {len(found)} images cannot be read"'
    body = described.body
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, 4, mtime=0)
    return Response(body, media_type=_JSON, headers=headers)


@router.get(_INSTANCE + "/frames/{numbers}")
def frames(request: Request, found: Images, at: TheDesk, numbers: str) -> Response:
    """Frames by number: as HTJ2K once that was made, as they came, or without compression, as the client takes."""
    path = at.vault_root / found[0].path
    return frame_response(
        request.headers, found[0], path, at.derived_root, frame_numbers(numbers), renderer=at.renderer
    )


@router.get(_INSTANCE + "/bulkdata/{tag}")
def bulk_data(request: Request, found: Images, at: TheDesk, tag: str) -> Response:
    """One long binary value of the header, in one part or, where that is asked for, bare; ranges when bare."""
    value = bulk_value(at.vault_root / found[0].path, tag)
    headers = {"ETag": f'"{found[0].sha256}-{tag}"', "Cache-Control": KEPT, "Vary": "Accept"}
    if unchanged(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if request.headers.get("accept", "").strip() == "application/octet-stream":
        return Response(value, headers=headers, media_type="application/octet-stream")
    part = multipart.Part("application/octet-stream", value)
    return Response(multipart.body([part]), headers=headers, media_type=multipart.content_type(part.content_type))
