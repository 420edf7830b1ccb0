"""The figures of one scrape: what ended since the month began, and how things stand now.

A month bounds what is read, however long the installation runs. Its end is to Prometheus what a restart
is: counters begin again at 0, and ``rate()`` and ``increase()`` allow for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from sqlalchemy import Connection, text

from pipeline.database.figures import BOUNDS_S, DURATIONS, ENDED, Amount, Durations, Ended
from pipeline.database.measured_days import amounts_of_month, month_of

LONGEST_QUERY_MS = 5000


@dataclass(frozen=True, slots=True)
class Histogram:
    """Cumulative counts for `BOUNDS_S` and infinity, and the sum in seconds, of one value of the label."""

    label: str
    cumulative: tuple[int, ...]
    total_s: float


@dataclass(frozen=True, slots=True)
class Standing:
    """One gauge, and the query of its rows (label, number)."""

    name: str
    says: str
    label: str
    query: str


STANDINGS: Sequence[Standing] = (
    Standing(
        "neurovigie_deliveries",
        "Objects owed to other systems that are not settled, or were given up, by state.",
        "state",
        "SELECT state AS label, count(*) AS number FROM delivery WHERE next_at IS NOT NULL OR state = 'given_up' "
        "GROUP BY 1",
    ),
    Standing(
        "neurovigie_stages_overdue",
        "Stages past their deadline now.",
        "stage",
        "SELECT stage AS label, count(*) AS number FROM overdue_stage WHERE resolved_at IS NULL GROUP BY 1",
    ),
    Standing(
        "neurovigie_open_cases",
        "Open cases by tier.",
        "tier",
        'SELECT tier AS label, count(*) AS number FROM "case" WHERE closed_at IS NULL AND NOT test GROUP BY 1',
    ),
    Standing(
        "neurovigie_jobs_waiting",
        "Jobs nobody has begun, by queue.",
        "queue",
        "SELECT queue_name AS label, count(*) AS number FROM procrastinate_jobs WHERE status = 'todo' GROUP BY 1",
    ),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything measured at one moment."""

    since: datetime
    histograms: Mapping[Durations, Sequence[Histogram]]
    ended: Mapping[Ended, Mapping[str, int]]
    standings: Mapping[Standing, Mapping[str, int]]


def measure(connection: Connection, now: datetime) -> Figures:
    """Read every figure; a database that takes too long for one raises `OperationalError`."""
    connection.execute(text(f"SET LOCAL statement_timeout = {LONGEST_QUERY_MS}"))
    every = amounts_of_month(connection, now)
    return Figures(
        month_of(now),
        {one: histograms([amount for amount in every if amount.metric == one.name]) for one in DURATIONS},
        {one: {amount.label: amount.number for amount in every if amount.metric == one.name} for one in ENDED},
        _now(connection),
    )


def histograms(amounts: Sequence[Amount]) -> list[Histogram]:
    """One histogram for each label."""
    return [_histogram(label, amounts) for label in dict.fromkeys(amount.label for amount in amounts)]


def _histogram(label: str, amounts: Sequence[Amount]) -> Histogram:
    mine = [amount for amount in amounts if amount.label == label]
    counts = [0] * (len(BOUNDS_S) + 1)
    for amount in mine:
        counts[amount.bucket] += amount.number
    return Histogram(label, tuple(accumulate(counts)), sum(amount.total_s for amount in mine))


def _now(connection: Connection) -> dict[Standing, dict[str, int]]:
    found: dict[str, dict[str, int]] = {one.name: {} for one in STANDINGS}
    for row in connection.execute(_STANDINGS):
        found[row.metric][str(row.label)] = int(row.number)
    return {one: found[one.name] for one in STANDINGS}


_STANDINGS = text(
    " UNION ALL ".join(
        f"SELECT '{one.name}' AS metric, label::text, number FROM ({one.query}) AS \"{one.name}\""  # noqa: S608 - ours
        for one in STANDINGS
    )
)
