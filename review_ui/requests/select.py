"""Requests as a viewer may see them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, select, true

from pipeline.database.request_tables import request
from pipeline.database.requests import StoredRequest, stored
from pipeline.database.tables import account
from pipeline.domain.access import Viewer, sees_every_site
from review_ui.requests.views import RequestView, request_view

MOST = 500


def shown(viewer: Viewer) -> ColumnElement[bool]:
    """The condition under which a viewer may see a request: `pipeline.domain.access.may_see` as SQL."""
    return true() if sees_every_site(viewer) else request.c.site_id == viewer.site_id


def views(connection: Connection, now: datetime, *where: ColumnElement[bool]) -> list[RequestView]:
    """The requests that fit, the newest first."""
    query = (
        select(request, func.coalesce(func.nullif(account.c.full_name, ""), account.c.name).label("made_by_name"))
        .join(account, account.c.id == request.c.made_by)
        .where(*where)
        .order_by(request.c.made_at.desc(), request.c.id)
        .limit(MOST)
    )
    return [request_view(stored(row), row.made_by_name, now) for row in connection.execute(query)]


def one_request(connection: Connection, request_id: UUID, viewer: Viewer, now: datetime) -> RequestView | None:
    """One request, if it exists and the viewer may see it."""
    found = views(connection, now, request.c.id == request_id, shown(viewer))
    return found[0] if found else None


def locked(connection: Connection, request_id: UUID, viewer: Viewer) -> StoredRequest | None:
    """One request the viewer may see, unchanged by anybody else until the transaction ends."""
    query = select(request).where(request.c.id == request_id, shown(viewer)).with_for_update()
    row = connection.execute(query).one_or_none()
    return None if row is None else stored(row)
