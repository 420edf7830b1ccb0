"""``python -m pipeline.worker``: one worker's process, which holds one child that runs the models."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from datetime import UTC, datetime

import procrastinate
from procrastinate import exceptions

from dicom_node.vault.simple import SimpleVault
from pipeline import logs
from pipeline.database.engine import connect, conninfo
from pipeline.database.index import PostgresIndex
from pipeline.inference.child import InferenceChild
from pipeline.jobs import INFERENCE_QUEUE, job_app
from pipeline.process import stop_on_signals, until
from pipeline.settings import Settings
from pipeline.worker.bench import Bench
from pipeline.worker.registration import register_tasks

JOBS_AT_ONCE = 2
"""Two jobs over one child: while one runs its model, another may be read, answered or written between its steps."""

HEARTBEAT_S = 2.0
"""A quarter of the silence after which the clerk takes this worker for dead."""


def main() -> int:
    """Run until SIGTERM or SIGINT."""
    logs.configure("worker")
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
    engine = connect(settings.database_url, connections=3)
    return Bench(
        engine=engine,
        home=home,
        vault=SimpleVault(home.vault, watermark=settings.disk_watermark),
        index=PostgresIndex(engine, home.vault, settings.quiet_time_s),
        child=InferenceChild(device=settings.device, limit_s=settings.analysis_limit_s),
        now=lambda: datetime.now(UTC),
    )


async def _serve(settings: Settings, bench: Bench) -> None:
    """Work, and start again when the database went away or pruned this worker while it was paused."""
    stop = stop_on_signals()
    while not stop.is_set():
        app = job_app(conninfo(settings.database_url), connections=3)
        register_tasks(app, bench)
        with contextlib.suppress(exceptions.ConnectorException):
            await until(stop, _work(app))
        if not stop.is_set():
            logs.get().warning("database_away")
            await until(stop, asyncio.sleep(1.0))


async def _work(app: procrastinate.App) -> None:
    async with app.open_async():
        logs.get().info("ready")
        await app.run_worker_async(
            queues=[INFERENCE_QUEUE],
            concurrency=JOBS_AT_ONCE,
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT_S,
            stalled_worker_timeout=60.0,
            fetch_job_polling_interval=1.0,
            shutdown_graceful_timeout=5.0,
        )


if __name__ == "__main__":
    sys.exit(main())
