"""Has the child decode series while they arrive. Nothing depends on it: without it an analysis reads the files."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from pipeline import logs
from pipeline.database.arriving import paths_of, still_arriving
from pipeline.domain.errors import BadInput, InferenceFailed
from pipeline.domain.role import COMPANIONS, SeriesRole
from pipeline.inference.requests import TakeIn
from pipeline.jobs import read_by_a_model
from pipeline.process import until
from pipeline.worker.bench import Bench
from pipeline.worker.tasks import ARRIVING

LOOK_EVERY_S = 0.25
PAUSE_S = 2.0
"""After the database did not answer."""

AT_ONCE = 64
"""Images in one request: few, so that the time limit is one of decoding and not of a whole series."""


@dataclass(slots=True, eq=False)
class Arrivals:
    """What the child has been told of series that still arrive; it forgets with the child.

    A series at which the child died or hung is left alone: its analysis will say what is wrong with it.
    """

    roles: Collection[SeriesRole]
    _told: dict[UUID, int] = field(default_factory=dict)
    _left_alone: set[UUID] = field(default_factory=set)
    _child: int | None = None

    def look(self, bench: Bench) -> int:
        """Have the child take in what is new; how many images were. Raises what the database raises."""
        self._forget_with(bench.child.pid)
        with bench.engine.connect() as connection:
            coming = still_arriving(connection, self.roles)
            self._told = {one.series_id: self._told.get(one.series_id, 0) for one in coming}
            new = {
                one.series_id: paths_of(connection, one.series_id)[self._told[one.series_id] :]
                for one in coming
                if one.images > self._told[one.series_id] and one.series_id not in self._left_alone
            }
        return sum(self._take_in(bench, series_id, paths[:AT_ONCE]) for series_id, paths in new.items())

    def _take_in(self, bench: Bench, series_id: UUID, paths: list[str]) -> int:
        files: tuple[Path, ...] = tuple(bench.home.vault / path for path in paths)
        try:
            taken = sum(1 for _ in bench.child.run(TakeIn(files), urgency=ARRIVING)) if files else 0
        except (InferenceFailed, BadInput) as error:
            logs.get().warning("arriving_left_alone", series=str(series_id), error=type(error).__name__)
            self._left_alone.add(series_id)
            return 0
        self._told[series_id] += len(files)
        return taken

    def _forget_with(self, child: int | None) -> None:
        if child != self._child:
            self._told.clear()
            self._child = child


def roles_worth_decoding() -> frozenset[SeriesRole]:
    """What an installed model reads, and what it may read beside it."""
    read = read_by_a_model()
    return read | {companion for role in read for companion in COMPANIONS.get(role, ())}


async def follow_arrivals(bench: Bench, stop: asyncio.Event) -> None:
    """Look again and again until told to stop; a database that is away is waited for."""
    arrivals = Arrivals(roles_worth_decoding())
    while not stop.is_set():
        try:
            taken = await asyncio.to_thread(arrivals.look, bench)
        except SQLAlchemyError as error:  # the lanes say more, if it concerns them too
            logs.get().warning("arriving_not_followed", error=type(error).__name__)
            taken = 0
            await until(stop, asyncio.sleep(PAUSE_S))
        if not taken:
            await until(stop, asyncio.sleep(LOOK_EVERY_S))
