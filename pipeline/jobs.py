"""The job engine: names of tasks and queues, and how a job is enqueued with the row that needs it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import procrastinate
from sqlalchemy import Connection

from models import registry
from pipeline.domain.errors import BundleError
from pipeline.domain.haste import Haste
from pipeline.domain.role import SeriesRole

INFERENCE_QUEUE = "inference"
"""Urgent series that take a model's seconds."""
ROUTINE_QUEUE = "routine"
"""Routine series, of which one runs between the steps of the urgent ones."""
QUICK_QUEUE = "quick"
"""Work of a second or less, which never waits behind a model: it goes between two of its steps."""
FRAMES_QUEUE = "frames"
"""Frames for the viewer, which until then are served as they came."""


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of job: its name and its priority, higher first."""

    name: str
    priority: int


ANALYSE = Task("analyse", 100)
"""Analyse one series; argument ``analysis_id``."""
WRITE_RESULTS = Task("write_results", 50)
"""Write the DICOM objects of one analysis to the vault, off the critical path; argument ``analysis_id``."""
TRANSCODE = Task("transcode", 10)
"""Prepare a series' frames for the viewer; argument ``series_id``."""

_QUEUES = {
    Haste.QUICK: QUICK_QUEUE,
    Haste.URGENT: INFERENCE_QUEUE,
    Haste.PROMOTED: INFERENCE_QUEUE,
    Haste.ROUTINE: ROUTINE_QUEUE,
}


def queue_of(haste: Haste) -> str:
    """The queue for an analysis: urgent, routine and quick work each has a lane of its own."""
    return _QUEUES[haste]


@cache
def read_by_a_model() -> frozenset[SeriesRole]:
    """The roles that an installed bundle reads; every other series is answered from its headers."""
    try:
        return frozenset(bundle.role for bundle in registry.installed() if bundle.for_triage or not bundle.baseline)
    except BundleError:  # the child says which is broken; what might be read is then never taken for quick
        return frozenset({SeriesRole.NCCT, SeriesRole.DWI})


_deferring = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
"""Never opened: every job goes through the connection of the transaction that needs it."""


def enqueue(
    connection: Connection, task: Task, *, queue: str = INFERENCE_QUEUE, sooner: int = 0, **arguments: str
) -> int:
    """Enqueue a job in ``connection``'s own transaction, so that it exists if and only if that commits.

    ``sooner`` raises its priority within its queue. Returns the job's id.
    """
    job = _deferring.configure_task(
        task.name, queue=queue, priority=task.priority + sooner, connection=connection.connection.driver_connection
    )
    identifier: int = job.defer(**arguments)
    return identifier


def job_app(conninfo: str, connections: int) -> procrastinate.App:
    """The job engine for a process that takes or rescues jobs; opened and closed by its caller."""
    connector = procrastinate.PsycopgConnector(conninfo=conninfo, min_size=1, max_size=connections)
    return procrastinate.App(connector=connector)
