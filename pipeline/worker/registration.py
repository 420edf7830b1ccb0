"""The worker's three tasks, made known to the job engine."""

from __future__ import annotations

import asyncio
from uuid import UUID

import procrastinate

from pipeline.jobs import ANALYSE, TRANSCODE, WRITE_RESULTS
from pipeline.worker.bench import Bench
from pipeline.worker.results import write_results
from pipeline.worker.tasks import analyse, transcode


def register_tasks(app: procrastinate.App, bench: Bench) -> None:
    """Register each task; it runs in a thread, so that the worker's heartbeat goes on meanwhile."""

    @app.task(name=ANALYSE.name)
    async def _analyse(analysis_id: str) -> None:
        await asyncio.to_thread(analyse, bench, UUID(analysis_id))

    @app.task(name=WRITE_RESULTS.name)
    async def _write_results(analysis_id: str) -> None:
        await asyncio.to_thread(write_results, bench, UUID(analysis_id))

    @app.task(name=TRANSCODE.name)
    async def _transcode(series_id: str) -> None:
        await asyncio.to_thread(transcode, bench, UUID(series_id))
