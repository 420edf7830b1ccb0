"""A case of which a stage is late says so: a person must not wait for a machine in silence."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from pipeline import logs
from pipeline.database.overdue import tell_of_late_stages
from pipeline.domain.deadlines import Deadlines


def watch_deadlines(engine: Engine, limits: Deadlines, now: datetime) -> int:
    """Tell of every stage past its deadline, once; how many are new."""
    with engine.begin() as connection:
        late = tell_of_late_stages(connection, limits, now)
    if late:
        logs.get().warning("stages_late", count=late)
    return late
