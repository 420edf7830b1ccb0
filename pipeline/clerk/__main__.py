"""``python -m pipeline.clerk``: the clerk's process."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Any

import procrastinate
from procrastinate import exceptions
from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from dicom_node.scu.send import set_up_sender
from dicom_node.settings import NodeSettings
from dicom_node.tls import TlsFiles, client_context
from pipeline import logs
from pipeline.clerk.counting import count_passed_days
from pipeline.clerk.delivery.attempt import Post
from pipeline.clerk.delivery.carry import Sender
from pipeline.clerk.delivery.courier import Courier
from pipeline.clerk.escalate import escalate, read_clocks
from pipeline.clerk.linking import link_waiting_requests
from pipeline.clerk.notify.courier import Herald, Telling
from pipeline.clerk.notify.posting import check_address
from pipeline.clerk.orphans import requeue_orphans
from pipeline.clerk.overdue import watch_deadlines
from pipeline.clerk.priors.fetch import Fetcher
from pipeline.clerk.promote import promote_patient_work
from pipeline.clerk.quiet import complete_quiet_series
from pipeline.clerk.rescue import rescue_stalled_jobs
from pipeline.clerk.retention.keep import keep_to_rules
from pipeline.clerk.traces.tracer import Tracer
from pipeline.database.engine import connect, conninfo
from pipeline.domain.deadlines import deadlines
from pipeline.domain.errors import BadInput
from pipeline.jobs import job_app
from pipeline.process import END_WITHIN_S, stop_on_signals, until
from pipeline.settings import Settings
from pipeline.version import installed_version

TICK_S = 0.5
"""How often the clerk looks: a fraction of the quiet time, so that it adds little to it."""

COUNT_EVERY_S = 600.0
TRACE_EVERY_S = 5.0
KEEP_EVERY_S = 300.0
PRIORS_EVERY_S = 2.0

DATABASE_GONE = (OperationalError, InterfaceError, exceptions.ConnectorException, exceptions.AppNotOpen)


def main() -> int:
    """Run until SIGTERM or SIGINT."""
    logs.configure("clerk")
    settings = Settings()
    if not settings.database_url:
        logs.get().error("no_database_url", remedy="set DATABASE_URL, or start everything with `neurovigie up`")
        return 2
    asyncio.run(_serve(settings))
    return 0


async def _serve(settings: Settings) -> None:
    stop = stop_on_signals(END_WITHIN_S)
    engine = connect(settings.database_url, connections=2)
    calling = connect(settings.database_url, connections=1)
    keeping = connect(settings.database_url, connections=1)
    logs.get().info("ready")
    jobs = job_app(conninfo(settings.database_url), connections=1)
    courier = _courier(settings)
    herald = _herald(settings)
    fetcher = _fetcher(settings)
    await asyncio.gather(
        _every(TICK_S, stop, lambda: _timers(engine, settings)),
        _every(TICK_S, stop, lambda: _calls(calling)),
        _every(2.0, stop, lambda: _rescue(jobs, engine)),
        _every(1.0, stop, lambda: asyncio.to_thread(courier.look)),
        _every(TICK_S, stop, lambda: asyncio.to_thread(herald.look)),
        _every(COUNT_EVERY_S, stop, lambda: _count(engine)),
        _every(KEEP_EVERY_S, stop, lambda: _keep(keeping, settings)),
        _every(PRIORS_EVERY_S, stop, lambda: _fetch(fetcher)),
        *_traces(settings, stop),
    )
    engine.dispose()
    calling.dispose()
    keeping.dispose()


async def _calls(engine: Engine) -> None:
    """Who must be called is looked at apart, so that no other timer delays it."""
    await asyncio.to_thread(escalate, engine, read_clocks(datetime.now(UTC)))


async def _keep(engine: Engine, settings: Settings) -> None:
    """What is old is closed and deleted where an administrator said so."""
    await asyncio.to_thread(keep_to_rules, engine, settings.folders.vault, read_clocks(datetime.now(UTC)))


def _courier(settings: Settings) -> Courier:
    """Delivery, on connections of its own: a destination that hangs must not keep the timers waiting."""
    set_up_sender()
    engine = connect(settings.database_url, connections=2)
    sender = Sender(settings.folders.vault, settings.ae_title, settings.tls_cert, settings.tls_key)
    return Courier(Post(engine, sender, lambda: datetime.now(UTC), Random()))  # noqa: S311 - luck, not a secret


def _herald(settings: Settings) -> Herald:
    """Notification, on connections of its own too."""
    engine = connect(settings.database_url, connections=2)
    return Herald(Telling(engine, settings.folders.root, lambda: datetime.now(UTC), Random()))  # noqa: S311 - luck


def _fetcher(settings: Settings) -> Fetcher:
    """Earlier studies, on a connection of its own: an archive takes its time."""
    node = NodeSettings()
    files = TlsFiles(settings.tls_cert, settings.tls_key, peer_ca=node.tls_peer_ca)
    engine = connect(settings.database_url, connections=1)
    trust = partial(client_context, files, node.tls_profile)
    return Fetcher(engine, settings.ae_title, lambda: datetime.now(UTC), trust)


def _traces(settings: Settings, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
    """Nothing, unless an administrator named a collector."""
    if not settings.traces_url:
        return []
    try:
        check_address(settings.traces_url)
    except BadInput as error:
        # A wrong address of the least important thing must not keep the clerk from calling people.
        logs.get().error("traces_off", error=str(error), remedy="set NEUROVIGIE_TRACES_URL, or leave it empty")
        return []
    engine = connect(settings.database_url, connections=1)
    tracer = Tracer(engine, settings.traces_url, installed_version(), lambda: datetime.now(UTC))
    return [_every(TRACE_EVERY_S, stop, lambda: _look(tracer))]


async def _fetch(fetcher: Fetcher) -> None:
    await asyncio.to_thread(fetcher.look)


async def _look(tracer: Tracer) -> None:
    await asyncio.to_thread(tracer.look)


async def _timers(engine: Engine, settings: Settings) -> None:
    """Everything that is decided by the clock and the database alone."""
    await asyncio.to_thread(complete_quiet_series, engine, lambda: datetime.now(UTC), settings.quiet_time_s)
    limits = deadlines(quiet_time_s=settings.quiet_time_s, analysis_limit_s=settings.analysis_limit_s)
    await asyncio.to_thread(watch_deadlines, engine, limits, datetime.now(UTC))
    await asyncio.to_thread(requeue_orphans, engine, datetime.now(UTC))
    await asyncio.to_thread(promote_patient_work, engine, datetime.now(UTC))
    await asyncio.to_thread(link_waiting_requests, engine, datetime.now(UTC))


async def _count(engine: Engine) -> None:
    await asyncio.to_thread(count_passed_days, engine, datetime.now(UTC))


async def _rescue(jobs: procrastinate.App, engine: Engine) -> None:
    async with jobs.open_async():
        await rescue_stalled_jobs(jobs, engine)


async def _every(seconds: float, stop: asyncio.Event, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do ``work`` again and again; a database that is away is waited for."""
    while not stop.is_set():
        pause = seconds
        try:
            await until(stop, work())
        except DATABASE_GONE as error:
            logs.get().warning("database_away", error=type(error).__name__)
            pause = max(seconds, 2.0)
        await until(stop, asyncio.sleep(pause))


if __name__ == "__main__":
    sys.exit(main())
