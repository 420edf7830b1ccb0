"""Whether the database answers, asked at most once a second however many ask us."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

_KEPT_S = 1.0


class Health:
    """What the database last said; safe for many threads."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = monotonic) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = threading.Lock()
        self._asked = float("-inf")
        self._answered = False

    def database_answers(self) -> bool:
        """Whether it answered within the last second."""
        with self._lock:
            if self._clock() - self._asked >= _KEPT_S:
                self._answered = _answers(self._engine)
                self._asked = self._clock()
            return self._answered


def _answers(engine: Engine) -> bool:
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True
