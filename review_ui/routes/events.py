"""The live stream of a signed-in browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import SQLAlchemyError

from pipeline.domain.access import Viewer
from review_ui.accounts import sessions
from review_ui.desk import Desk, SignedIn, TheDesk
from review_ui.events import log
from review_ui.events.log import Update
from review_ui.events.stream import stream
from review_ui.http.description import COOKIE, sends

router = APIRouter(tags=["events"])

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_LARGEST_ID = 2**63 - 1


@router.get("/events", response_class=StreamingResponse, responses={200: sends("text/event-stream")})
async def events(
    request: Request,
    who: SignedIn,
    at: TheDesk,
    after: Annotated[int | None, Query(ge=0, le=_LARGEST_ID)] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Every change of a case this account may see, from the event given on, else from now on."""
    since = _since(after, last_event_id)
    body = _events(at, request.cookies[COOKIE], who.viewer, since)
    return StreamingResponse(body, media_type="text/event-stream", headers=_HEADERS)


def _since(after: int | None, last_event_id: str | None) -> int | None:
    """Where to go on: a browser that comes back names the last event it had, which is newer than its ``after``."""
    if last_event_id is not None and last_event_id.isascii() and last_event_id.isdigit():
        return min(int(last_event_id), _LARGEST_ID)
    return after


async def _events(at: Desk, token: str, viewer: Viewer, since: int | None) -> AsyncIterator[bytes]:
    async def still() -> Viewer | None:
        return await asyncio.to_thread(_looking_now, at, token, viewer)

    with at.hub.subscribe() as subscription:  # first, so that nothing falls between the past and the present
        try:
            missed = await asyncio.to_thread(_missed, at, since)
        except SQLAlchemyError:
            return  # the browser comes back, with the same last event
        async for chunk in stream(subscription, missed, viewer, still):
            yield chunk


def _missed(at: Desk, since: int | None) -> Sequence[Update]:
    if since is None:
        return ()
    with at.engine.begin() as connection:
        return log.updates(connection, log.after(connection, since))


def _looking_now(at: Desk, token: str, before: Viewer) -> Viewer | None:
    """Who the session belongs to now; during an outage nothing new can be shown, so the stream may stay."""
    try:
        with at.engine.begin() as connection:
            account = sessions.still(connection, token, at.clock())
    except SQLAlchemyError:
        return before
    return None if account is None or account.must_change_password else account.viewer
