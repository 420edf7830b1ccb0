"""Series without evidence of their end are taken for complete after a quiet time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from pipeline.database.arrival import complete_if_arrived, hear_now, receiving_series


def complete_quiet_series(engine: Engine, now: Callable[[], datetime], quiet_time_s: float) -> int:
    """Judge every series still receiving, each in its own transaction; how many were completed."""
    with engine.begin() as connection:
        hear_now(connection, now())
        waiting = receiving_series(connection)
    completed = 0
    for series_id in waiting:
        with engine.begin() as connection:
            completed += complete_if_arrived(connection, series_id, now(), quiet_time_s)
    return completed
