"""Figures for Prometheus: with the token of the home folder only, also on this machine.

An address is no proof of anything here: behind a proxy every caller comes from loopback.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response

from review_ui.desk import TheDesk
from review_ui.http.problems import Problem
from review_ui.metrics.exposition import CONTENT_TYPE
from review_ui.metrics.token import fits

router = APIRouter(tags=["metrics"])


@router.get("/metrics", response_class=Response, include_in_schema=False)
def metrics(at: TheDesk, authorization: Annotated[str, Header()] = "") -> Response:
    """Durations, counts and states in the text format of Prometheus; no patient, no study."""
    if not fits(at.home_root, authorization):
        raise Problem(401, "no_token", "Send the token of the file metrics.token.", {"WWW-Authenticate": "Bearer"})
    return Response(at.scrape.answer(), media_type=CONTENT_TYPE)
