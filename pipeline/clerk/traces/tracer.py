"""Hands the spans of ended analyses to the collector that an administrator named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from pipeline import logs
from pipeline.clerk.notify.posting import judged, post
from pipeline.clerk.traces.spans import EndedAnalysis, Written, as_otlp
from pipeline.database.traced import Mark, ended_since, written_of

MOST = 200
"""Analyses in one message."""
SETTLED_AFTER = timedelta(seconds=20)
"""So long after its end an analysis's objects are written, mostly."""


@dataclass
class Tracer:
    """Looks from when the clerk started. Traces are for looking at: what a collector misses is sent when it is back,
    what ended while the clerk was down is not sent at all.
    """

    engine: Engine
    url: str
    version: str
    now: Callable[[], datetime]
    _mark: Mark = field(init=False)

    def __post_init__(self) -> None:
        """Begin here and now."""
        self._mark = Mark(self.now())

    def look(self) -> int:
        """Send what ended since the last look; how many analyses the collector took."""
        with self.engine.connect() as connection:
            rows = ended_since(connection, self._mark, self.now() - SETTLED_AFTER, MOST)
            written = written_of(connection, [row.id for row in rows])
        if not rows:
            return 0
        every = [EndedAnalysis(**row._mapping, written=[Written(*one) for one in written[row.id]]) for row in rows]  # noqa: SLF001 -- SQLAlchemy's documented name
        setback = judged(post(self.url, as_otlp(every, self.version), {"Content-Type": "application/json"}))
        if setback is not None:
            logs.get().warning("traces_not_taken", error=setback.why, count=len(every))
            if not setback.hopeless:
                return 0
        self._mark = Mark(rows[-1].finished_at, rows[-1].id)
        return len(every) if setback is None else 0
