"""Requests that came before their images, or under another spelling, are linked once that is sure."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from pipeline import logs
from pipeline.database.request_links import link_if_sure, waiting_requests


def link_waiting_requests(engine: Engine, now: datetime) -> int:
    """Look at every request without images, each in its own transaction; how many were linked."""
    with engine.begin() as connection:
        waiting = waiting_requests(connection, now)
    linked = 0
    for request_id in waiting:
        with engine.begin() as connection:
            linked += link_if_sure(connection, request_id, now)
    if linked:
        logs.get().info("requests_linked", count=linked)
    return linked
