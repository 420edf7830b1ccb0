"""Routine work that has waited long enough is urgent: it may be overtaken, never forgotten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, text

from pipeline import logs
from pipeline.domain.haste import PATIENCE
from pipeline.jobs import ANALYSE, INFERENCE_QUEUE, ROUTINE_QUEUE

_LATE = text(
    """
    UPDATE analysis SET haste = 'promoted'
    WHERE haste = 'routine' AND state = 'waiting' AND enqueued_at < :before
    RETURNING id::text
    """
)
_MOVED = text(
    """
    UPDATE procrastinate_jobs SET queue_name = :urgent
    WHERE queue_name = :routine AND status = 'todo' AND task_name = :task AND args->>'analysis_id' = ANY(:late)
    """
)


def promote_patient_work(engine: Engine, now: datetime) -> int:
    """Move every routine analysis that has waited `PATIENCE` among the urgent ones; how many were moved."""
    with engine.begin() as connection:
        late = list(connection.execute(_LATE, {"before": now - PATIENCE}).scalars())
        if late:
            names = {"urgent": INFERENCE_QUEUE, "routine": ROUTINE_QUEUE, "task": ANALYSE.name, "late": late}
            connection.execute(_MOVED, names)
            logs.get().info("routine_work_promoted", count=len(late))
    return len(late)
