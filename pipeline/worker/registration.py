"""The worker's three tasks, made known to the job engine."""

from __future__ import annotations

import asyncio
from uuid import UUID

import procrastinate

from pipeline.jobs import ANALYSE, TRANSCODE, WRITE_SEGMENTATION
from pipeline.worker.bench import Bench
from pipeline.worker.segmentation import write_segmentation
from pipeline.worker.tasks import analyse, transcode


def register_tasks(app: procrastinate.App, bench: Bench) -> None:
    """Register each task; it runs in a thread, so that the worker's heartbeat goes on meanwhile."""

    @app.task(name=ANALYSE.name)
    async def _analyse(analysis_id: str) -> None:
        await asyncio.to_thread(analyse, bench, UUID(analysis_id))

    @app.task(name=WRITE_SEGMENTATION.name)
    async def _write_segmentation(analysis_id: str) -> None:
        await asyncio.to_thread(write_segmentation, bench, UUID(analysis_id))

    @app.task(name=TRANSCODE.name)
    async def _transcode(series_id: str) -> None:
        await asyncio.to_thread(transcode, bench, UUID(series_id))
