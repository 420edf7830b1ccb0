"""What open pages should read again, and what is no part of any case's history.

A signal is told to whoever listens and kept nowhere: a page that was not listening reads everything when it
listens again. What must not be lost is an event (`pipeline.database.events`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection, func, select

CHANNEL = "neurovigie_signal"

ROTA = "rota"
"""Something on the rota changed."""
SEEN = "seen"
"""Somebody read further in a case's thread: {"case", "site"}."""


def signal(connection: Connection, kind: str, data: Mapping[str, str] | None = None) -> None:
    """Tell every open page, when the transaction commits."""
    connection.execute(select(func.pg_notify(CHANNEL, json.dumps({"kind": kind, **(data or {})}))))
