"""An unfinished analysis always has a job: one that lost it gets a new one, a bounded number of times."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, text

from pipeline import logs
from pipeline.clerk.rescue import MOST_ATTEMPTS
from pipeline.database.analyses import give_up
from pipeline.domain.haste import Haste
from pipeline.jobs import ANALYSE, enqueue, queue_of

_ORPHANS = text(
    """
    SELECT analysis.id, analysis.attempts, analysis.haste FROM analysis
    WHERE state IN ('waiting', 'running') AND coalesce(started_at, enqueued_at) < :before
      AND NOT EXISTS (
        SELECT FROM procrastinate_jobs AS job
        WHERE job.task_name = :task AND job.args->>'analysis_id' = analysis.id::text
          AND job.status IN ('todo', 'doing'))
    FOR UPDATE OF analysis SKIP LOCKED
    """
)


def requeue_orphans(engine: Engine, now: datetime, grace: timedelta = timedelta(seconds=10)) -> int:
    """Give every unfinished analysis without a job a new one in its own lane, or give it up; how many were found."""
    with engine.begin() as connection:
        orphans = connection.execute(_ORPHANS, {"task": ANALYSE.name, "before": now - grace}).all()
        for orphan in orphans:
            logs.get().warning("analysis_without_job", analysis=str(orphan.id), attempt=orphan.attempts)
            if orphan.attempts >= MOST_ATTEMPTS:
                give_up(connection, orphan.id, f"the analysis was lost {MOST_ATTEMPTS} times", now)
            else:
                enqueue(connection, ANALYSE, queue=queue_of(Haste(orphan.haste)), analysis_id=str(orphan.id))
    return len(orphans)
