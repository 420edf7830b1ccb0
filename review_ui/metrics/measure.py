"""The figures as SQL: durations as histograms, states as counts, all since the month began.

A month bounds what is read, however long the installation runs. Its end is to Prometheus what a restart
is: counters begin again at 0, and ``rate()`` and ``increase()`` allow for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, groupby
from typing import Any

from sqlalchemy import Connection, Row, text

BOUNDS_S = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)
"""Upper bounds of the histograms' buckets, in seconds; 8 and 20 s are what an alert is promised within."""
LONGEST_QUERY_MS = 5000


@dataclass(frozen=True, slots=True)
class Durations:
    """One histogram's name and meaning, and the rows (label, seconds) it is made of."""

    name: str
    says: str
    label: str
    rows: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """Cumulative counts for `BOUNDS_S` and infinity, and the sum in seconds, of one value of the label."""

    label: str
    cumulative: tuple[int, ...]
    total_s: float


@dataclass(frozen=True, slots=True)
class Counts:
    """One counter or gauge, and the query of its rows (label, number)."""

    name: str
    says: str
    label: str
    query: str
    gauge: bool = False


_LAST_IMAGE = """
(SELECT max(series.last_image_at) FROM series JOIN study ON study.id = series.study_id
 WHERE study.case_id = one.id AND NOT series.ours AND series.last_image_at <= one.alerted_at)
"""
DURATIONS: Sequence[Durations] = (
    Durations(
        "neurovigie_arrival_to_visible_seconds",
        "From a case's first image in the vault until the case is on the worklist.",
        "site",
        'SELECT site_id AS label, visible_at - first_image_at AS took FROM "case" WHERE first_image_at >= :since',
    ),
    Durations(
        "neurovigie_last_image_to_alert_seconds",
        "From the last image before it until a raised priority is committed.",
        "tier",
        f'SELECT one.tier AS label, one.alerted_at - {_LAST_IMAGE} AS took FROM "case" AS one '  # noqa: S608 - ours
        "WHERE one.first_image_at >= :since AND one.alerted_at IS NOT NULL",
    ),
    Durations(
        "neurovigie_completion_wait_seconds",
        "From a series' last image until it is taken for complete, by what decided it.",
        "signal",
        "SELECT signal AS label, complete_at - last_image_at AS took FROM series JOIN analysis "
        "ON analysis.series_id = series.id WHERE analysis.finished_at >= :since AND complete_at >= last_image_at",
    ),
    Durations(
        "neurovigie_queue_wait_seconds",
        "From when an analysis was asked for until it began.",
        "role",
        "SELECT role AS label, started_at - enqueued_at AS took FROM analysis WHERE finished_at >= :since",
    ),
    Durations(
        "neurovigie_analysis_seconds",
        "From the beginning of an analysis until its result is committed.",
        "bundle",
        "SELECT bundle AS label, finished_at - started_at AS took FROM analysis WHERE finished_at >= :since",
    ),
    Durations(
        "neurovigie_stage_seconds",
        "What each stage inside an analysis took.",
        "stage",
        "SELECT left(stage.key, 40) AS label, make_interval(secs => stage.value::float8) AS took "
        "FROM analysis, jsonb_each_text(analysis.seconds) AS stage WHERE finished_at >= :since",
    ),
    Durations(
        "neurovigie_result_written_seconds",
        "From the commit of an analysis until each object made of it.",
        "kind",
        "SELECT kind AS label, created_at - finished_at AS took FROM result_object JOIN analysis "
        "ON analysis.id = result_object.analysis_id WHERE created_at >= :since",
    ),
    Durations(
        "neurovigie_delivery_seconds",
        "From when an object became owed until the other system said it has it.",
        "destination",
        "SELECT destination.name AS label, sent_at - owed_at AS took FROM delivery JOIN destination "
        "ON destination.id = delivery.destination_id WHERE owed_at >= :since",
    ),
)

_REASON = (
    r"""trim(left(regexp_replace(regexp_replace(split_part(why, ';', 1), '[("'':].*$', ''), '\d+', 'n', 'g'), 80))"""
)
"""A reason's first words: without numbers, quotations or what stands in brackets, so that there are few."""

COUNTS: Sequence[Counts] = (
    Counts(
        "neurovigie_analyses",
        "Analyses that ended, by state.",
        "state",
        "SELECT state AS label, count(*) AS number FROM analysis WHERE finished_at >= :since GROUP BY 1",
    ),
    Counts(
        "neurovigie_series_not_analysed",
        "Series that were not analysed, by reason.",
        "reason",
        f"SELECT {_REASON} AS label, count(*) AS number FROM analysis WHERE finished_at >= :since "  # noqa: S608 - ours
        "AND state <> 'analysed' GROUP BY 1 ORDER BY 2 DESC LIMIT 50",
    ),
    Counts(
        "neurovigie_deliveries",
        "Objects owed to other systems since the month began or still unsettled, by state.",
        "state",
        "SELECT state AS label, count(*) AS number FROM delivery WHERE owed_at >= :since OR next_at IS NOT NULL "
        "GROUP BY 1",
        gauge=True,
    ),
    Counts(
        "neurovigie_stages_overdue",
        "Stages past their deadline now.",
        "stage",
        "SELECT stage AS label, count(*) AS number FROM overdue_stage WHERE resolved_at IS NULL GROUP BY 1",
        gauge=True,
    ),
    Counts(
        "neurovigie_open_cases",
        "Open cases by tier.",
        "tier",
        'SELECT tier AS label, count(*) AS number FROM "case" WHERE closed_at IS NULL GROUP BY 1',
        gauge=True,
    ),
    Counts(
        "neurovigie_jobs_waiting",
        "Jobs nobody has begun, by queue.",
        "queue",
        "SELECT queue_name AS label, count(*) AS number FROM procrastinate_jobs WHERE status = 'todo' GROUP BY 1",
        gauge=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything measured at one moment."""

    since: datetime
    histograms: Mapping[Durations, Sequence[Histogram]]
    counts: Mapping[Counts, Mapping[str, int]]


def measure(connection: Connection, now: datetime) -> Figures:
    """Read every figure; a database that takes too long for one raises `OperationalError`."""
    connection.execute(text(f"SET LOCAL statement_timeout = {LONGEST_QUERY_MS}"))
    since = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Figures(
        since,
        {one: _histograms(connection, one, since) for one in DURATIONS},
        {one: _counts(connection, one, since) for one in COUNTS},
    )


def _histograms(connection: Connection, wanted: Durations, since: datetime) -> list[Histogram]:
    """Each duration counted once, in the smallest bucket whose upper bound it does not exceed."""
    negatives = ", ".join(f"-{bound}" for bound in reversed(BOUNDS_S))
    bucket = f"{len(BOUNDS_S)} - width_bucket(-s, ARRAY[{negatives}]::float8[])"
    query = (
        f"WITH took AS (SELECT label, extract(epoch FROM took)::float8 AS s FROM ({wanted.rows}) AS one "  # noqa: S608 - ours
        f"WHERE took IS NOT NULL) SELECT label, {bucket} AS at, "
        "count(*) AS n, sum(s) AS total FROM took WHERE s >= 0 GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 3000"
    )
    rows = connection.execute(text(query), {"since": since}).all()
    return [_histogram(label, list(found)) for label, found in groupby(rows, key=lambda row: str(row.label))]


def _histogram(label: str, rows: Sequence[Row[Any]]) -> Histogram:
    counts = [0] * (len(BOUNDS_S) + 1)
    for row in rows:
        counts[row.at] = int(row.n)
    return Histogram(label, tuple(accumulate(counts)), sum(float(row.total) for row in rows))


def _counts(connection: Connection, wanted: Counts, since: datetime) -> dict[str, int]:
    given = {"since": since} if ":since" in wanted.query else {}
    rows = connection.execute(text(wanted.query), given)
    return {str(row.label): int(row.number) for row in rows}
