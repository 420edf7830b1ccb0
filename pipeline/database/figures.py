"""What is measured of ended work, as SQL: durations as histograms and counts, between two moments.

Each figure is dated by the event that ends it, so that what a passed day amounts to changes no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

BOUNDS_S = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)
"""Upper bounds of the histograms' buckets, in seconds; 8 and 20 s are what an alert is promised within."""

_MOST_ROWS = 3000
"""Labels are ours and few; a bound on what a wrong one could cost."""


@dataclass(frozen=True, slots=True)
class Durations:
    """One histogram's name and meaning, and the rows (label, interval) it is made of."""

    name: str
    says: str
    label: str
    rows: str


@dataclass(frozen=True, slots=True)
class Ended:
    """One counter's name and meaning, and the rows (label) that it counts."""

    name: str
    says: str
    label: str
    rows: str


@dataclass(frozen=True, slots=True)
class Amount:
    """How many of one figure carry a label, and fall into a bucket of `BOUNDS_S`; the sum of their seconds."""

    metric: str
    label: str
    bucket: int
    number: int
    total_s: float


_LAST_IMAGE = """
(SELECT max(series.last_image_at) FROM series JOIN study ON study.id = series.study_id
 WHERE study.case_id = one.id AND NOT series.ours AND series.last_image_at <= one.alerted_at)
"""
_REAL_SERIES = (
    "NOT EXISTS (SELECT FROM series AS s JOIN study AS t ON t.id = s.study_id "
    'JOIN "case" AS c ON c.id = t.case_id WHERE s.id = analysis.series_id AND c.test)'
)
"""What comes of a phantom is in no figure."""

DURATIONS: Sequence[Durations] = (
    Durations(
        "neurovigie_arrival_to_visible_seconds",
        "From a case's first image in the vault until the case is on the worklist.",
        "site",
        'SELECT site_id AS label, visible_at - first_image_at AS took FROM "case" '
        "WHERE visible_at >= :since AND visible_at < :until AND NOT test",
    ),
    Durations(
        "neurovigie_last_image_to_alert_seconds",
        "From the last image before it until a raised priority is committed.",
        "tier",
        f'SELECT one.tier AS label, one.alerted_at - {_LAST_IMAGE} AS took FROM "case" AS one '  # noqa: S608 - ours
        "WHERE one.alerted_at >= :since AND one.alerted_at < :until AND NOT one.test",
    ),
    Durations(
        "neurovigie_completion_wait_seconds",
        "From a series' last image until it is taken for complete, by what decided it.",
        "signal",
        "SELECT signal AS label, complete_at - last_image_at AS took FROM series JOIN analysis "  # noqa: S608 - ours
        "ON analysis.series_id = series.id "
        f"WHERE finished_at >= :since AND finished_at < :until AND complete_at >= last_image_at AND {_REAL_SERIES}",
    ),
    Durations(
        "neurovigie_queue_wait_seconds",
        "From when an analysis was asked for until it began.",
        "role",
        "SELECT role AS label, started_at - enqueued_at AS took FROM analysis "  # noqa: S608 - ours
        f"WHERE finished_at >= :since AND finished_at < :until AND {_REAL_SERIES}",
    ),
    Durations(
        "neurovigie_analysis_seconds",
        "From the beginning of an analysis until its result is committed.",
        "bundle",
        "SELECT bundle AS label, finished_at - started_at AS took FROM analysis "  # noqa: S608 - ours
        f"WHERE finished_at >= :since AND finished_at < :until AND {_REAL_SERIES}",
    ),
    Durations(
        "neurovigie_stage_seconds",
        "What each stage inside an analysis took.",
        "stage",
        "SELECT left(stage.key, 40) AS label, make_interval(secs => stage.value::float8) AS took "  # noqa: S608 - ours
        "FROM analysis, jsonb_each_text(analysis.seconds) AS stage "
        f"WHERE finished_at >= :since AND finished_at < :until AND {_REAL_SERIES}",
    ),
    Durations(
        "neurovigie_result_written_seconds",
        "From the commit of an analysis until each object made of it.",
        "kind",
        "SELECT kind AS label, created_at - finished_at AS took FROM result_object JOIN analysis "  # noqa: S608 - ours
        "ON analysis.id = result_object.analysis_id "
        f"WHERE created_at >= :since AND created_at < :until AND {_REAL_SERIES}",
    ),
    Durations(
        "neurovigie_delivery_seconds",
        "From when an object became owed until the other system said it has it.",
        "destination",
        "SELECT destination.name AS label, sent_at - owed_at AS took FROM delivery JOIN destination "
        'ON destination.id = delivery.destination_id JOIN "case" ON "case".id = delivery.case_id '
        'WHERE sent_at >= :since AND sent_at < :until AND NOT "case".test',
    ),
)
ENDED: Sequence[Ended] = (
    Ended(
        "neurovigie_analyses",
        "Analyses that ended, by state.",
        "state",
        f"SELECT state AS label FROM analysis WHERE finished_at >= :since AND finished_at < :until AND {_REAL_SERIES}",  # noqa: S608 - ours
    ),
    Ended(
        "neurovigie_series_not_analysed",
        "Analyses that ended without an answer, by reason.",
        "reason",
        "SELECT coalesce(nullif(because, ''), 'other') AS label FROM analysis "  # noqa: S608 - ours
        f"WHERE finished_at >= :since AND finished_at < :until AND state <> 'analysed' AND {_REAL_SERIES}",
    ),
)


def amounts(connection: Connection, since: datetime, until: datetime) -> list[Amount]:
    """Every figure of the time from ``since`` until before ``until``, in one statement."""
    connection.execute(_PLAIN_PLANS)
    rows = connection.execute(_EVERY, {"since": since, "until": until})
    return [Amount(row.metric, str(row.label), row.bucket, row.number, float(row.total_s)) for row in rows]


_PLAIN_PLANS = text(
    "SELECT set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true), "
    "set_config('random_page_cost', '1.1', true)"
)
"""For this transaction: a few thousand rows by their index; compiling or workers would cost more than that."""


def _in_buckets(rows: str) -> str:
    """Each duration counted once, in the smallest bucket whose upper bound it does not exceed."""
    negatives = ", ".join(f"-{bound}" for bound in reversed(BOUNDS_S))
    bucket = f"{len(BOUNDS_S)} - width_bucket(-s, ARRAY[{negatives}]::float8[])"
    return (
        f"WITH took AS MATERIALIZED (SELECT label, extract(epoch FROM took)::float8 AS s FROM ({rows}) AS one) "  # noqa: S608 - ours
        f"SELECT label, {bucket} AS bucket, count(*) AS number, sum(s) AS total_s "
        f"FROM took WHERE s >= 0 GROUP BY 1, 2 ORDER BY 1, 2 LIMIT {_MOST_ROWS}"
    )


def _counted(rows: str) -> str:
    return (
        f"SELECT label, 0 AS bucket, count(*) AS number, 0::float8 AS total_s FROM ({rows}) AS one "  # noqa: S608 - ours
        f"GROUP BY 1 ORDER BY 1 LIMIT {_MOST_ROWS}"
    )


def _named(name: str, query: str) -> str:
    return f"SELECT '{name}' AS metric, label::text, bucket, number, total_s FROM ({query}) AS \"{name}\""  # noqa: S608 - ours


_EVERY = text(
    " UNION ALL ".join(
        [_named(one.name, _in_buckets(one.rows)) for one in DURATIONS]
        + [_named(one.name, _counted(one.rows)) for one in ENDED]
    )
)
