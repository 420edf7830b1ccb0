"""A signed opinion to keep or print: one PDF with its key images."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection, select

from pipeline.database import opinions
from pipeline.database.opinions import StoredOpinion
from pipeline.database.request_tables import request
from pipeline.database.requests import from_json
from pipeline.domain.opinion import Version
from review_ui.accounts.account import Account
from review_ui.cases.select import one_case
from review_ui.desk import Desk, SeesPatients, TheDesk
from review_ui.http.description import sends
from review_ui.http.problems import not_found
from review_ui.opinions.key_pictures import key_paths, pictures
from review_ui.opinions.pdf import opinion_pdf
from review_ui.opinions.printed import Printed
from review_ui.printed_words import LANGUAGES

router = APIRouter(tags=["opinions"])

_TYPE = "application/pdf"
Language = Literal["fr", "en", "zh"]


@router.get("/opinions/{opinion_id}/pdf", response_class=Response, responses={200: sends(_TYPE)})
def as_pdf(
    opinion_id: UUID,
    who: SeesPatients,
    at: TheDesk,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    language: Annotated[Language | None, Query()] = None,
) -> Response:
    """A signed version, the newest unless another is asked for, under a name without patient data."""
    with at.engine.begin() as connection:
        known = opinions.read_opinion(connection, opinion_id)
        wanted = None if known is None else _version(known, version)
        if known is None or wanted is None:
            raise not_found()
        printed = _printed(connection, known, wanted, who, at)
    spoken = language or (who.language if who.language in LANGUAGES else "en")
    name = f"neurovigie-opinion-{str(opinion_id)[:8]}-v{wanted.number}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(opinion_pdf(printed, spoken), media_type=_TYPE, headers=headers)


def _version(known: StoredOpinion, number: int | None) -> Version | None:
    if number is None:
        return known.signed
    return next((one for one in known.versions if one.number == number), None)


def _printed(connection: Connection, known: StoredOpinion, wanted: Version, who: Account, at: Desk) -> Printed:
    case = one_case(connection, known.case_id, who.viewer)
    if case is None:
        raise not_found()
    asked = connection.execute(
        select(request)
        .where(request.c.case_id == known.case_id, request.c.state != "withdrawn")
        .order_by(request.c.made_at.desc())
        .limit(1)
    ).one_or_none()
    told = from_json(asked.content) if asked else None
    return Printed(
        opinion=known,
        version=wanted,
        patient=case.patient,
        site_name=case.site_name,
        first_image_at=case.first_image_at,
        requester=told.requester if told else "",
        question=told.question if told else "",
        pictures=pictures(at.vault_root, key_paths(connection, known.case_id)),
        printed_at=at.clock(),
    )
