"""In which queue the job of an analysis waits, and how far in front."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, text, update

from pipeline.database.tables import analysis
from pipeline.domain.analysis import AnalysisState
from pipeline.domain.haste import Haste
from pipeline.jobs import ANALYSE, queue_of

_FRONT = 10
"""Above whatever a case's tier adds to a job's priority."""

_MOVE = text(
    """
    UPDATE procrastinate_jobs
    SET priority = greatest(priority, :priority), queue_name = coalesce(:queue, queue_name)
    WHERE status = 'todo' AND task_name = :task AND args->>'analysis_id' = :analysis_id
    """
)


def to_the_front(connection: Connection, analysis_id: UUID, haste: Haste) -> None:
    """Have a waiting analysis taken next in its lane, or in the urgent one if that is where ``haste`` belongs."""
    queue = None
    if haste in {Haste.URGENT, Haste.PROMOTED}:
        queue = queue_of(haste)
        waiting = (analysis.c.id == analysis_id, analysis.c.state == AnalysisState.WAITING.value)
        connection.execute(update(analysis).where(*waiting).values(haste=haste.value))
    values = {"priority": ANALYSE.priority + _FRONT, "queue": queue, "task": ANALYSE.name}
    connection.execute(_MOVE, {**values, "analysis_id": str(analysis_id)})
