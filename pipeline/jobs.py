"""The job engine: names of tasks and queues, and how a job is enqueued with the row that needs it."""

from __future__ import annotations

from dataclasses import dataclass

import procrastinate
from sqlalchemy import Connection

from pipeline.domain.role import SeriesRole

INFERENCE_QUEUE = "inference"
"""Work that takes a model's seconds."""
QUICK_QUEUE = "quick"
"""Work of a second or less, which never waits behind a model: it goes between two of its steps."""


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of job: its name and its priority, higher first."""

    name: str
    priority: int


ANALYSE = Task("analyse", 100)
"""Analyse one series; argument ``analysis_id``."""
WRITE_SEGMENTATION = Task("write_segmentation", 50)
"""Write the SEG of one analysis to the vault, off the critical path; argument ``analysis_id``."""
TRANSCODE = Task("transcode", 10)
"""Prepare a series' frames for the viewer; argument ``series_id``."""

READ_BY_A_MODEL = frozenset({SeriesRole.NCCT})
"""Roles whose analysis takes seconds; every other one is answered from its headers in milliseconds."""


def queue_of(role: SeriesRole) -> str:
    """The queue for the analysis of a series: what is answered at once does not wait for a model."""
    return INFERENCE_QUEUE if role in READ_BY_A_MODEL else QUICK_QUEUE


_deferring = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
"""Never opened: every job goes through the connection of the transaction that needs it."""


def enqueue(connection: Connection, task: Task, *, queue: str = INFERENCE_QUEUE, **arguments: str) -> int:
    """Enqueue a job in ``connection``'s own transaction, so that it exists if and only if that commits.

    Returns the job's id.
    """
    job = _deferring.configure_task(
        task.name, queue=queue, priority=task.priority, connection=connection.connection.driver_connection
    )
    identifier: int = job.defer(**arguments)
    return identifier


def job_app(conninfo: str, connections: int) -> procrastinate.App:
    """The job engine for a process that takes or rescues jobs; opened and closed by its caller."""
    connector = procrastinate.PsycopgConnector(conninfo=conninfo, min_size=1, max_size=connections)
    return procrastinate.App(connector=connector)
