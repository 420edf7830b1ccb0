"""Figures of days that have passed, counted once and kept, so that a scrape reads little more than today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.database.figures import Amount, amounts
from pipeline.database.measured_tables import measured_day

SETTLED_AFTER = timedelta(hours=1)
"""So long after midnight nothing of the day before is still being committed."""

_COUNTED = "day_counted"
"""The row that says a day was counted, also one on which nothing happened."""


def month_of(now: datetime) -> datetime:
    """When the month of a moment began (UTC)."""
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def days_to_count(connection: Connection, now: datetime) -> list[date]:
    """The passed days of this month that nobody has counted yet."""
    first, last = month_of(now).date(), (now.astimezone(UTC) - SETTLED_AFTER).date()
    counted = _counted_since(connection, first)
    days = (first + timedelta(days=number) for number in range((last - first).days))
    return [day for day in days if day not in counted]


def count_day(connection: Connection, day: date) -> None:
    """Count a passed day and keep what it amounts to; counting it twice changes nothing."""
    since = _beginning(day)
    found = [*amounts(connection, since, since + timedelta(days=1)), Amount(_COUNTED, "", 0, 0, 0.0)]
    rows = [
        {
            "day": day,
            "metric": one.metric,
            "label": one.label,
            "bucket": one.bucket,
            "number": one.number,
            "total_s": one.total_s,
        }
        for one in found
    ]
    connection.execute(insert(measured_day).values(rows).on_conflict_do_nothing())


def amounts_of_month(connection: Connection, now: datetime) -> list[Amount]:
    """Every figure since the month began: from counted days as far as they reach, from the rows after them."""
    first = month_of(now).date()
    counted = _counted_since(connection, first)
    uncounted = first
    while uncounted in counted:
        uncounted += timedelta(days=1)
    live = amounts(connection, _beginning(uncounted), now + timedelta(days=1))
    return _together([*_kept(connection, first, uncounted), *live])


def _kept(connection: Connection, first: date, until: date) -> Sequence[Amount]:
    table = measured_day.c
    rows = connection.execute(
        select(table.metric, table.label, table.bucket, func.sum(table.number), func.sum(table.total_s))
        .where(table.day >= first, table.day < until, table.metric != _COUNTED)
        .group_by(table.metric, table.label, table.bucket)
    )
    return [Amount(metric, label, bucket, int(number), total_s) for metric, label, bucket, number, total_s in rows]


def _together(every: Iterable[Amount]) -> list[Amount]:
    sums: dict[tuple[str, str, int], tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for one in every:
        number, total_s = sums[one.metric, one.label, one.bucket]
        sums[one.metric, one.label, one.bucket] = (number + one.number, total_s + one.total_s)
    return [Amount(*key, *value) for key, value in sorted(sums.items())]


def _counted_since(connection: Connection, first: date) -> set[date]:
    query = select(measured_day.c.day).where(measured_day.c.metric == _COUNTED, measured_day.c.day >= first)
    return set(connection.execute(query).scalars())


def _beginning(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
