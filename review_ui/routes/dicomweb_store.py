"""STOW-RS (PS3.18 10.5) for a hospital's systems, and what this service offers (PS3.18 8.9)."""

from __future__ import annotations

from uuid import uuid4

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from dicom_node.stow.answer import response_module, status_of
from dicom_node.stow.multipart import boundary_of
from dicom_node.stow.store import Sender
from pipeline.domain.errors import BadInput
from review_ui.desk import Desk, TheDesk
from review_ui.dicomweb.capabilities import as_json, as_wadl
from review_ui.dicomweb.root import ROOT, service_of
from review_ui.dicomweb.who import Storer, TheReader, TheStorer
from review_ui.http.problems import Problem

router = APIRouter(prefix=ROOT, include_in_schema=False)

_JSON = "application/dicom+json"
_TAKEN = ("*/*", "application/*", "application/json", _JSON, "")
_WADL = "application/vnd.sun.wadl+xml"


@router.post("/studies")
@router.post("/studies/{study_uid}")
async def store(request: Request, who: TheStorer, at: TheDesk, study_uid: str | None = None) -> Response:
    """Store every part of the body; success is said of what is on disk."""
    boundary = _boundary(request, at)
    sender = Sender(who.name, who.site_id, uuid4().hex)
    try:
        said = await at.receiver.receive(request.stream(), boundary, sender, study_uid)
    except BadInput as error:
        raise Problem(400, "bad_request", str(error)) from error
    if not said:
        raise Problem(400, "bad_request", "The body has no part.")
    _say(who, len(said), status_of(said))
    body = response_module(said, service_of(request))
    return JSONResponse(body, status_of(said), media_type=_JSON)


def _boundary(request: Request, at: Desk) -> bytes:
    """What parts the body; refused before a byte of it is read where it is too large or not understood."""
    if not any(one.split(";")[0].strip().lower() in _TAKEN for one in request.headers.get("accept", "").split(",")):
        raise Problem(406, "not_acceptable", "The answer is sent as application/dicom+json.")
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > at.receiver.bounds.body_bytes:
        raise Problem(413, "too_large", "That is more than this service takes at once.")
    try:
        return boundary_of(request.headers.get("content-type", ""))
    except BadInput as error:
        raise Problem(415, "unsupported_media_type", str(error)) from error


def _say(who: Storer, count: int, status: int) -> None:
    structlog.get_logger().info("stored_by_web", peer=who.name, site=who.site_id, count=count, status=str(status))


@router.get("")
@router.get("/capabilities")
@router.options("")
@router.options("/{rest:path}")
def capabilities(request: Request, who: TheReader) -> Response:  # noqa: ARG001 - only those who may read are told
    """What may be asked here: WADL, or JSON where that is asked for."""
    accepted = request.headers.get("accept", "")
    if "json" in accepted:
        return JSONResponse(as_json(service_of(request)))
    if any(one in accepted for one in ("*/*", "xml", "application/*")) or not accepted:
        return Response(as_wadl(service_of(request)), media_type=_WADL)
    raise Problem(406, "not_acceptable", f"Capabilities are sent as {_WADL} or application/json.")
