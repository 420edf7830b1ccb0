"""QIDO-RS (PS3.18 10.6): studies, series and images that this reader may see."""

from __future__ import annotations

import gzip
import json
from typing import Any

from fastapi import APIRouter, Request, Response

from dicom_node.query.request import Level
from dicom_node.query.search import Row, page
from pipeline.domain.errors import UnreadableInstance
from review_ui.desk import Desk, TheDesk
from review_ui.dicomweb.find import StoredInstance
from review_ui.dicomweb.matches import match_json, with_header
from review_ui.dicomweb.root import ROOT, RootAddress, Wanted, images_of, service_of
from review_ui.dicomweb.searching import Search, read_search
from review_ui.dicomweb.who import Reader, TheReader
from review_ui.http.problems import Problem

router = APIRouter(prefix=ROOT, include_in_schema=False)

_JSON = "application/dicom+json"
_TAKEN = ("*/*", "application/*", "application/json", _JSON, "")


@router.get("/studies")
def studies(request: Request, who: TheReader, at: TheDesk) -> Response:
    """Search for studies."""
    return _answer(Level.STUDY, request, who, at, {})


@router.get("/series")
@router.get("/studies/{study_uid}/series")
def series(request: Request, who: TheReader, at: TheDesk, study_uid: str = "") -> Response:
    """Search for series, of one study or of all."""
    return _answer(Level.SERIES, request, who, at, {"StudyInstanceUID": study_uid})


@router.get("/instances")
@router.get("/studies/{study_uid}/instances")
@router.get("/studies/{study_uid}/series/{series_uid}/instances")
def instances(request: Request, who: TheReader, at: TheDesk, study_uid: str = "", series_uid: str = "") -> Response:
    """Search for images, of one series, of one study or of all."""
    within = {"StudyInstanceUID": study_uid, "SeriesInstanceUID": series_uid}
    return _answer(Level.IMAGE, request, who, at, within)


def _answer(level: Level, request: Request, who: Reader, at: Desk, within: dict[str, str]) -> Response:
    _refuse_other_types(request.headers.get("accept", ""))
    named = {keyword: uid for keyword, uid in within.items() if uid}
    search = read_search(level, request.query_params.multi_items(), named)
    with at.engine.connect() as connection:
        rows = page(connection, who.allowed, search.query, search.limit + 1, search.offset)
    found = _described(rows[: search.limit], search, who, at, service_of(request))
    remarks = list(search.remarks)
    if len(rows) > search.limit:
        remarks.append("there are additional results that can be requested")
    headers = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
    if remarks:
        headers["Warning"] = f'299 neurovigie "{"; ".join(remarks)}"'
    body = json.dumps(found, separators=(",", ":")).encode()
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, 4, mtime=0)
    return Response(body, media_type=_JSON, headers=headers)


def _refuse_other_types(accepted: str) -> None:
    if not any(one.split(";")[0].strip().lower() in _TAKEN for one in accepted.split(",")):
        raise Problem(406, "not_acceptable", "Matches are sent as application/dicom+json.")


def _described(rows: list[Row], search: Search, who: Reader, at: Desk, service: str) -> list[dict[str, Any]]:
    level = search.query.level
    found = [match_json(row, level, service) for row in rows]
    if level is not Level.IMAGE:
        return found
    headers = _Headers(who, at, service)
    return [with_header(match, headers.of(row), search.included) for match, row in zip(found, rows, strict=True)]


class _Headers:
    """What images themselves say, looked up once a series."""

    def __init__(self, who: Reader, at: Desk, service: str) -> None:
        self._who = who
        self._at = at
        self._service = service
        self._images: dict[Wanted, dict[str, StoredInstance]] = {}

    def of(self, row: Row) -> dict[str, Any]:
        """An image's header; nothing when it cannot be read, or two patients share its study."""
        wanted = Wanted(row["StudyInstanceUID"], row["SeriesInstanceUID"])
        if wanted not in self._images:
            self._images[wanted] = self._look_up(wanted)
        image = self._images[wanted].get(row["SOPInstanceUID"])
        try:
            at = RootAddress(self._service, wanted.StudyInstanceUID)
            return self._at.metadata.of_one(at, image) if image is not None else {}
        except UnreadableInstance:
            return {}

    def _look_up(self, wanted: Wanted) -> dict[str, StoredInstance]:
        try:
            with self._at.engine.connect() as connection:
                return {one.SOPInstanceUID: one for one in images_of(connection, self._who, wanted)}
        except Problem:
            return {}
