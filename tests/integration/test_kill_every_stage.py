"""kill -9 of the worker at every stage boundary, one by one: exactly one current result, and each object once."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pydicom
import pytest
from sqlalchemy import Engine, select, text

from dicom_node.vault.simple import SimpleVault
from pipeline.clerk.rescue import rescue_stalled_jobs
from pipeline.database.engine import connect, conninfo
from pipeline.database.index import PostgresIndex
from pipeline.database.tables import analysis, case, finding, instance, result_object, series
from pipeline.domain.receipt import Arrival
from pipeline.jobs import job_app
from pipeline.testing import dying_worker
from pipeline.testing.dying_worker import Boundary
from pipeline.testing.head_series import HeadSeries, write_head_series
from pipeline.worker.results import data_set_of

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
IMAGES = 19

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = connect(database_url)
    yield made
    made.dispose()


def receive_head(engine: Engine, home: Path) -> None:
    """Receive a head CT with a bleeding, whole, as the node does."""
    vault = SimpleVault(home / "vault", watermark=1.0)
    index = PostgresIndex(engine, home / "vault", 5.0, now=lambda: NOW)
    receipts = []
    for file in write_head_series(home / "sent", HeadSeries(blood_mm=(40.0, 10.0, 0.0))):
        header = pydicom.dcmread(file)
        uids = (str(header.SOPClassUID), str(header.SOPInstanceUID), str(header.file_meta.TransferSyntaxUID))
        receipts.append(vault.append(data_set_of(file.read_bytes()), Arrival("carhaix", "CT1", "a1", NOW, *uids)))
    index.record(receipts)
    vault.indexed(receipts)
    index.association_closed("a1")


def worker(home: Path, database_url: str, *boundary: str) -> int | None:
    """Let a worker process do every job there is, or die on the way; its exit status.

    A fork, so that seventeen pairs of workers do not import everything anew.
    """

    def work() -> None:
        os.environ["DATABASE_URL"] = database_url
        dying_worker.main([str(home), *boundary])

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join(timeout=300)
    return process.exitcode


def rescued(engine: Engine, database_url: str) -> int:
    """What the clerk does once the dead worker has been silent for long enough, which we do not wait for."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"))

    async def rescue() -> int:
        app = job_app(conninfo(database_url), connections=1)
        async with app.open_async():
            return await rescue_stalled_jobs(app, engine)

    # In a thread of its own: a browser test before this one may have left its loop running here.
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(lambda: asyncio.run(rescue())).result()


def rows(engine: Engine, query: Any) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(query))


@pytest.mark.parametrize("boundary", list(Boundary), ids=lambda one: one.name.lower())
def test_a_worker_killed_there_leaves_exactly_one_current_result(
    boundary: Boundary, engine: Engine, database_url: str, tmp_path: Path
) -> None:
    receive_head(engine, tmp_path)
    assert worker(tmp_path, database_url, boundary.value) == -9
    assert rescued(engine, database_url) == 1
    assert worker(tmp_path, database_url) == 0

    (result,) = rows(engine, select(analysis))
    assert (result.state, result.version) == ("analysed", 1)
    assert sorted(row.kind for row in rows(engine, select(finding))) == ["early_ischaemia", "haemorrhage"]
    (only,) = rows(engine, select(case))
    assert (only.state, only.tier) == ("analysed", "red")
    objects = rows(engine, select(result_object))
    assert len(objects) == len({row.sop_instance_uid for row in objects}) >= 1
    assert all((tmp_path / "vault" / row.path).is_file() for row in objects)
    ours = rows(engine, select(instance.c.sop_instance_uid).join(series).where(series.c.ours))
    assert sorted(row.sop_instance_uid for row in ours) == sorted(row.sop_instance_uid for row in objects)
    assert len(rows(engine, select(instance).join(series).where(~series.c.ours))) == IMAGES
    unfinished = text("SELECT 1 FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
    assert rows(engine, unfinished) == []
