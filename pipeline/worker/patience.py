"""Waiting for a database that is away, so that a finished analysis is not thrown away with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError

from pipeline import logs
from pipeline.domain.errors import DatabaseUnavailable

T = TypeVar("T")

DATABASE_GONE = (OperationalError, InterfaceError, DatabaseUnavailable)
PAUSE_S = 1.0
PATIENCE = 120
"""How many pauses: two minutes, after which the clerk's rescue hands the work to somebody else."""


def patiently(work: Callable[[], T], pause: Callable[[float], object] = time.sleep) -> T:
    """Do ``work``, again after a pause each time the database is away; the last failure is raised.

    ``work`` must be one transaction, so that doing it again is safe.
    """
    for _ in range(PATIENCE):
        try:
            return work()
        except DATABASE_GONE as error:
            logs.get().warning("database_away", error=type(error).__name__)
            pause(PAUSE_S)
    return work()
