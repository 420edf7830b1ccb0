"""``python -m benchmarks.scrape [--analyses N]``: how long does `/metrics` take after a busy month?

A NeuroVigie is started in an empty folder and its database filled with generated cases of this month: a quarter
as many as analyses, each analysis with seven stages and one in three with four objects, delivered. The clerk's
counting of passed days is timed once, then scrapes of today's rows and the kept sums.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from sqlalchemy import Engine, delete

from pipeline.clerk.counting import count_passed_days
from pipeline.database.engine import connect
from pipeline.database.measured_tables import measured_day
from pipeline.testing.running import Running, running
from review_ui.metrics.exposition import exposition
from review_ui.metrics.measure import measure

GOAL_S = 0.2
_SCRAPES = 10

_FILL = """
INSERT INTO site (id, name) VALUES ('s1', 'One'), ('s2', 'Two') ON CONFLICT DO NOTHING;
INSERT INTO "case" (site_id, patient_id, first_image_at, visible_at, last_image_at, alerted_at, tier)
SELECT 's' || 1 + n %% 2, 'M' || n, at, at + interval '0.2 s', at + interval '9 s',
       CASE WHEN n %% 3 = 0 THEN at + interval '15 s' END, (ARRAY['red', 'orange', 'yellow'])[1 + n %% 3]
FROM (SELECT n, %(first)s::timestamptz + (%(now)s::timestamptz - %(first)s::timestamptz) * n / %(cases)s AS at
      FROM generate_series(1, %(cases)s) AS n) AS one;
INSERT INTO study (case_id, site_id, study_instance_uid) SELECT id, site_id, '1.' || patient_id FROM "case";
INSERT INTO series (study_id, series_instance_uid, role, arrival, signal, first_image_at, last_image_at, complete_at)
SELECT study.id, '1.' || n, 'ncct', 'complete', 'header_count', first_image_at, first_image_at + interval '9 s',
       first_image_at + interval '9.1 s'
FROM study JOIN "case" ON "case".id = study.case_id, generate_series(1, 4) AS n;
INSERT INTO analysis (series_id, version, state, because, role, bundle, seconds, results, enqueued_at, started_at,
                      finished_at, mask_path)
SELECT id, 1, (ARRAY['analysed', 'not_analysed', 'analysed', 'failed'])[1 + n %% 4],
       (ARRAY['', 'no_model', '', 'crashed'])[1 + n %% 4], 'ncct', 'ich-ct',
       '{"read": 0.1, "volume": 0.2, "model": 3.1, "model ich-ct": 3.1, "measure": 0.4, "mask": 0.1, "total": 4.2}',
       jsonb_build_array(repeat('x', 600)), complete_at, complete_at + interval '0.1 s' * (n %% 40),
       complete_at + interval '5 s', 'mask'
FROM (SELECT *, row_number() OVER (ORDER BY first_image_at) AS n FROM series) AS one;
INSERT INTO result_object (analysis_id, sop_instance_uid, series_instance_uid, kind, path, sha256, created_at)
SELECT id, '1.' || kind || id, '1', kind, 'x', '', finished_at + interval '0.4 s'
FROM analysis, unnest(ARRAY['seg', 'sr', 'sc', 'pr']) AS kind WHERE ('x' || left(id::text, 1))::bit(4)::int %% 3 = 0;
INSERT INTO destination (site_id, name, kind) VALUES ('s1', 'PACS', 'dicom');
INSERT INTO delivery (destination_id, result_object_id, case_id, event, state, owed_at, sent_at)
SELECT destination.id, result_object.id, study.case_id, 'opinion_signed', 'sent', result_object.created_at,
       result_object.created_at + interval '2 s'
FROM result_object JOIN analysis ON analysis.id = analysis_id JOIN series ON series.id = series_id
JOIN study ON study.id = study_id, destination;
ANALYZE;
"""


def fill(house: Running, analyses: int) -> None:
    """Put a month of work into the database."""
    now = datetime.now(UTC)
    values = {"now": now, "first": now.replace(day=1, hour=0, minute=0, second=0), "cases": analyses // 4}
    with (
        psycopg.connect(house.database_url(), autocommit=True) as connection,
        psycopg.ClientCursor(connection) as cursor,
    ):
        cursor.execute(_FILL, values)


def main() -> int:
    """Fill, count, scrape; 1 when the median scrape misses the goal."""
    cli = argparse.ArgumentParser(prog="python -m benchmarks.scrape")
    cli.add_argument("--analyses", type=int, default=100_000)
    analyses = cli.parse_args().analyses
    with tempfile.TemporaryDirectory(prefix="nv-scrape-") as folder, running(Path(folder)) as house:
        fill(house, analyses)
        engine = connect(house.database_url())
        with engine.begin() as connection:
            connection.execute(delete(measured_day))  # the clerk had counted the days while they were empty
        began = time.perf_counter()
        days = count_passed_days(engine, datetime.now(UTC))
        counting = time.perf_counter() - began
        scrapes = sorted(_seconds(engine) for _ in range(_SCRAPES))
        engine.dispose()
    median = statistics.median(scrapes)
    sys.stdout.write(
        f"{analyses} analyses of this month\n"
        f"counting {days} passed days, once: {counting * 1000:.0f} ms\n"
        f"scrape: median {median * 1000:.0f} ms, worst of {_SCRAPES} {scrapes[-1] * 1000:.0f} ms "
        f"(goal {GOAL_S * 1000:.0f} ms: {'met' if median < GOAL_S else 'missed'})\n"
    )
    return 0 if median < GOAL_S else 1


def _seconds(engine: Engine) -> float:
    began = time.perf_counter()
    with engine.begin() as connection:
        exposition(measure(connection, datetime.now(UTC)), "benchmark")
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
