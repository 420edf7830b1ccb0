"""Passed days are counted once, for `/metrics`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from pipeline import logs
from pipeline.database.measured_days import count_day, days_to_count


def count_passed_days(engine: Engine, now: datetime) -> int:
    """Count every passed day of this month that was not, each in its own transaction; how many there were."""
    with engine.begin() as connection:
        days = days_to_count(connection, now)
    for day in days:
        with engine.begin() as connection:
            count_day(connection, day)
    if days:
        logs.get().info("days_counted", count=len(days))
    return len(days)
