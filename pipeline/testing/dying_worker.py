"""``python -m pipeline.testing.dying_worker HOME [BOUNDARY]``: a worker that does all jobs there are, or kills itself.

It is the real worker but for its child: models run in this very process, so that a start takes no second
and a kill of the process is a kill of everything. At the named boundary it sends itself SIGKILL.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import event

from dicom_node.vault.simple import SimpleVault
from pipeline.database.engine import connect, conninfo
from pipeline.database.index import PostgresIndex
from pipeline.domain.finding import FindingKind
from pipeline.domain.ports import Lesion, Prediction, Step
from pipeline.domain.report import SeriesReport
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume
from pipeline.home import Home
from pipeline.inference.analyse import Asked, analyse_series
from pipeline.inference.ready import ReadyModel, ReadyModels
from pipeline.inference.requests import Analyse, Answer, Request, Transcode, WriteResults
from pipeline.jobs import FRAMES_QUEUE, INFERENCE_QUEUE, QUICK_QUEUE, ROUTINE_QUEUE, job_app
from pipeline.results.transcode import transcode
from pipeline.results.write import write_results
from pipeline.worker.bench import Bench
from pipeline.worker.registration import register_tasks


class Boundary(StrEnum):
    """Where a worker can be killed: before or after each thing it does that somebody else can see."""

    BEFORE_CLAIM = "before the claim is committed"
    CLAIMED = "after the claim"
    RECOGNISED = "recognised"
    VOLUME = "volume"
    HEAD = "head"
    NETWORK = "network"
    PREDICTED = "predicted"
    INTERIM = "after the interim findings"
    SECOND_MODEL = "shown"
    MASK = "after the mask is written"
    BEFORE_COMMIT = "before the result is committed"
    COMMITTED = "after the result is committed"
    RESULT_WRITTEN = "after a result object is written"
    RESULT_REGISTERED = "after a result object is registered"
    RESULT_STORED = "after a result object is in the vault"
    RESULT_INDEXED = "after a result object is indexed"
    FRAMES = "transcoded"


def die() -> None:
    """kill -9 this process."""
    os.kill(os.getpid(), signal.SIGKILL)


class Dense:
    """Everything between two densities is one lesion; says its name as a step."""

    def __init__(self, name: str, step: str, low: float, high: float, kind: FindingKind) -> None:
        self._name, self._step, self._low, self._high, self._kind = name, step, low, high, kind

    def steps(self, volume: Volume, companions: object = None) -> Iterator[Step | Prediction]:  # noqa: ARG002 - reads one volume
        """One step, then the prediction."""
        yield Step(self._step, 0.5)
        labels = ((volume.voxels > self._low) & (volume.voxels < self._high)).astype(np.uint8)
        yield Prediction(labels, (Lesion(1, self._kind, 0.9),) if labels.any() else (), 0.9, self._name, "1.0.0")


_MODELS = ReadyModels((
    ReadyModel("dense", "1.0.0", SeriesRole.NCCT, baseline=False,
               predictor=Dense("dense", "network", 60, 90, FindingKind.HAEMORRHAGE)),
    ReadyModel("shown", "1.0.0", SeriesRole.NCCT, baseline=False, for_triage=False,
               predictor=Dense("shown", "shown", 20, 90, FindingKind.EARLY_ISCHAEMIA)),
))  # fmt: skip


class OwnProcessChild:
    """Answers as the inference child does, in this process; dies at a boundary between two answers."""

    def __init__(self, boundary: Boundary | None) -> None:
        self._boundary = boundary

    def run(self, request: Request, *, urgency: int = 0) -> Iterator[Answer]:  # noqa: ARG002 - one job at a time
        """The answers; see `pipeline.inference.child.InferenceChild.run`."""
        for answer in self._answers(request):
            if isinstance(answer, Step) and self._boundary == answer.name:
                die()
            if isinstance(answer, SeriesReport) and not answer.interim and self._boundary is Boundary.MASK:
                die()
            if isinstance(request, WriteResults) and self._boundary is Boundary.RESULT_WRITTEN:
                die()
            yield answer

    @staticmethod
    def _answers(request: Request) -> Iterator[Answer]:
        if isinstance(request, Analyse):
            return analyse_series(Asked([one.path for one in request.images], request.out, request.expected), _MODELS)
        if isinstance(request, WriteResults):
            return write_results(request)
        return transcode(request) if isinstance(request, Transcode) else iter(())


def _bench(home: Home, database_url: str, boundary: Boundary | None) -> Bench:
    engine = connect(database_url, connections=5)
    vault = SimpleVault(home.vault, watermark=1.0)
    index = PostgresIndex(engine, home.vault, 5.0)
    bench = Bench(engine, home, vault, index, OwnProcessChild(boundary), lambda: datetime.now(UTC))  # type: ignore[arg-type]
    if boundary is not None:
        _watch_commits(engine, boundary)
        _watch_results(vault, index, boundary)
    return bench


_STATEMENT = {
    Boundary.BEFORE_CLAIM: ("UPDATE analysis", "attempts="),
    Boundary.CLAIMED: ("UPDATE analysis", "attempts="),
    Boundary.INTERIM: ("DELETE FROM finding",),
    Boundary.BEFORE_COMMIT: ("UPDATE analysis", "mask_path="),
    Boundary.COMMITTED: ("UPDATE analysis", "mask_path="),
    Boundary.RESULT_REGISTERED: ("INSERT INTO result_object",),
}
_BEFORE = frozenset({Boundary.BEFORE_CLAIM, Boundary.BEFORE_COMMIT})


def _watch_commits(engine: Any, boundary: Boundary) -> None:
    """Die before or after the commit of the transaction in which a boundary's statement was sent."""
    wanted = _STATEMENT.get(boundary)
    if wanted is None:
        return
    seen: set[int] = set()

    @event.listens_for(engine, "after_cursor_execute")
    def _sent(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if all(part in statement for part in wanted):
            seen.add(id(connection.connection.dbapi_connection))

    @event.listens_for(engine, "commit")
    def _committing(connection: Any) -> None:
        if id(connection.connection.dbapi_connection) in seen:
            if boundary not in _BEFORE:
                connection.connection.dbapi_connection.commit()
            die()


def _watch_results(vault: SimpleVault, index: PostgresIndex, boundary: Boundary) -> None:
    """Die right after an object of ours is in the vault, or right after the index knows it."""
    append, record = vault.append, index.record

    def appended(*arguments: Any) -> Any:
        receipt = append(*arguments)
        if boundary is Boundary.RESULT_STORED:
            die()
        return receipt

    def recorded(receipts: Any) -> None:
        record(receipts)
        if boundary is Boundary.RESULT_INDEXED:
            die()

    vault.append, index.record = appended, recorded  # type: ignore[method-assign, assignment]


async def _work(bench: Bench, database_url: str) -> None:
    app = job_app(conninfo(database_url), connections=3)
    register_tasks(app, bench)
    queues = [INFERENCE_QUEUE, ROUTINE_QUEUE, QUICK_QUEUE, FRAMES_QUEUE]
    async with app.open_async():
        await app.run_worker_async(
            queues=queues, concurrency=1, wait=False, install_signal_handlers=False, stalled_worker_timeout=3600.0
        )


def main(arguments: list[str]) -> None:
    """Do every job there is; ``DATABASE_URL`` names the database."""
    database_url = os.environ["DATABASE_URL"]
    boundary = Boundary(arguments[1]) if len(arguments) > 1 else None
    asyncio.run(_work(_bench(Home(Path(arguments[0])), database_url, boundary), database_url))


if __name__ == "__main__":
    main(sys.argv[1:])
