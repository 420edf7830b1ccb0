"""Jobs whose worker died are given to another one, a bounded number of times.

Procrastinate's own documented rescue stops at the first job it cannot retry and knows no bound
(docs/decisions/0003-job-engine.md); here each job is rescued by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

import procrastinate
from procrastinate import exceptions
from procrastinate.jobs import Job, Status
from sqlalchemy import Engine

from pipeline import logs
from pipeline.database.analyses import give_up
from pipeline.jobs import ANALYSE

MOST_ATTEMPTS = 3
"""A job that took its worker down this often is not tried again: a person is told instead."""

SILENT_WORKER_S = 8.0
"""A worker that has not renewed its heartbeat for so long is taken for dead; it renews every 2 s."""


class Rescue(StrEnum):
    """What to do with a job whose worker fell silent."""

    RETRY = "retry"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class Stalled:
    """A job whose worker fell silent."""

    task: str
    attempts: int


def decide(stalled: Stalled) -> Rescue:
    """Retry a stalled job until it has had its attempts."""
    return Rescue.GIVE_UP if stalled.attempts + 1 >= MOST_ATTEMPTS else Rescue.RETRY


async def rescue_stalled_jobs(app: procrastinate.App, engine: Engine) -> int:
    """Rescue every job of a silent worker, one by one; how many were looked at."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_WORKER_S))
    for job in stalled:
        try:
            await _rescue(app, engine, job)
        except exceptions.ConnectorException as error:
            logs.get().error("rescue_failed", job=job.id, task=job.task_name, error=type(error).__name__)
    return len(stalled)


async def _rescue(app: procrastinate.App, engine: Engine, job: Job) -> None:
    verdict = decide(Stalled(job.task_name, job.attempts))
    logs.get().warning("job_rescued", job=job.id, task=job.task_name, attempt=job.attempts, state=verdict.value)
    if verdict is Rescue.RETRY:
        await app.job_manager.retry_job(job)
        return
    if job.task_name == ANALYSE.name:
        why = f"the analysis took its worker down {MOST_ATTEMPTS} times"
        with engine.begin() as connection:
            give_up(connection, UUID(str(job.task_kwargs["analysis_id"])), why, datetime.now(UTC))
    await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
