"""``python -m pipeline.worker``: one worker's process, which holds one child that runs the models."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime

import procrastinate
from procrastinate import exceptions

from dicom_node.vault.simple import SimpleVault
from pipeline import logs
from pipeline.assembly.charsets import read_chinese_escapes
from pipeline.database.engine import connect, conninfo
from pipeline.database.index import PostgresIndex
from pipeline.inference.child import InferenceChild
from pipeline.jobs import FRAMES_QUEUE, INFERENCE_QUEUE, QUICK_QUEUE, ROUTINE_QUEUE, job_app
from pipeline.process import END_WITHIN_S, stop_on_signals, until
from pipeline.settings import Settings
from pipeline.worker.arriving import follow_arrivals
from pipeline.worker.bench import Bench
from pipeline.worker.registration import register_tasks

HEARTBEAT_S = 2.0
"""A quarter of the silence after which the clerk takes this worker for dead."""


def main() -> int:
    """Run until SIGTERM or SIGINT."""
    logs.configure("worker")
    read_chinese_escapes()
    settings = Settings()
    if not settings.database_url:
        logs.get().error("no_database_url", remedy="set DATABASE_URL, or start everything with `neurovigie up`")
        return 2
    bench = make_bench(settings)
    try:
        asyncio.run(_serve(settings, bench))
    finally:
        bench.child.close()
        bench.engine.dispose()
    return 0


def make_bench(settings: Settings) -> Bench:
    """Everything a worker works with, from its settings."""
    home = settings.folders
    engine = connect(settings.database_url, connections=6)
    return Bench(
        engine=engine,
        home=home,
        vault=SimpleVault(home.vault, watermark=settings.disk_watermark),
        index=PostgresIndex(engine, home.vault, settings.quiet_time_s),
        child=InferenceChild(
            device=settings.device, limit_s=settings.analysis_limit_s, also=settings.also_read.split()
        ),
        now=lambda: datetime.now(UTC),
        label_maps=settings.label_maps,
    )


async def _serve(settings: Settings, bench: Bench) -> None:
    """Work, and start again when the database went away or pruned this worker while it was paused."""
    stop = stop_on_signals(END_WITHIN_S)
    following = asyncio.create_task(follow_arrivals(bench, stop))
    while not stop.is_set():
        app = job_app(conninfo(settings.database_url), connections=5)
        register_tasks(app, bench)
        try:
            await until(stop, _work(app))
        except* exceptions.ConnectorException as lost:
            logs.get().warning("database_away", error=type(lost.exceptions[0]).__name__)
        await until(stop, asyncio.sleep(1.0))
    await following


async def _work(app: procrastinate.App) -> None:
    """One job of each lane at a time, over the one child: the more urgent goes between the steps of the other."""
    async with app.open_async(), asyncio.TaskGroup() as lanes:
        logs.get().info("ready")
        for queue in (INFERENCE_QUEUE, ROUTINE_QUEUE, QUICK_QUEUE, FRAMES_QUEUE):
            lanes.create_task(_take_from(app, queue))


async def _take_from(app: procrastinate.App, queue: str) -> None:
    await app.run_worker_async(
        name=queue,
        queues=[queue],
        concurrency=1,
        install_signal_handlers=False,
        update_heartbeat_interval=HEARTBEAT_S,
        stalled_worker_timeout=60.0,
        fetch_job_polling_interval=1.0,
        shutdown_graceful_timeout=5.0,
    )


if __name__ == "__main__":
    sys.exit(main())
