"""A new database from the vault's files alone: sites, cases, studies, series and images, and how each came.

What people wrote (accounts, peers, requests, opinions, messages) and what models found is not in the vault.
Cases whose last image is older than a day come back closed, so that nobody is called for them; newer ones come
back open, and are analysed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, insert, select, update

from dicom_node.holdings.stored import Stored, read_stored, stored_paths
from pipeline.assembly.facts import pixel_sha256, read_facts
from pipeline.database.belonging import EPISODE, Incoming
from pipeline.database.cases import mark_visible, refresh_case, touch_last_image
from pipeline.database.closing import close_case, reopen
from pipeline.database.filing import Filed, file_instances
from pipeline.database.retention import unfinished
from pipeline.database.tables import analysis, case, series, study
from pipeline.domain.analysis import AnalysisState, Coverage
from pipeline.domain.because import Because
from pipeline.domain.errors import UnreadableInstance

BY = "rebuilt"
_AT_ONCE = 500
"""Rows in one statement: PostgreSQL takes 65,535 values."""

_WHY = "the database was made anew from the images; nothing was analysed again"


@dataclass(slots=True)
class Rebuilt:
    """How many files there were, how many images were new to the database, and which files cannot be read."""

    files: int = 0
    images: int = 0
    unreadable: int = 0
    unreadable_paths: tuple[str, ...] = ()


def rebuild(
    engine: Engine, root: Path, now: Callable[[], datetime], told: Callable[[int], None] = lambda _: None
) -> Rebuilt:
    """Tell the database of every file, study by study in the order they came; doing it again changes nothing.

    Only cases that it makes itself are closed: one that was there stays as people left it, or is opened by a new image.
    """
    made = Rebuilt()
    old: list[UUID] = []
    before = _cases(engine)
    for study_files in _by_study(root, made, _leaving(engine)):
        with engine.begin() as connection:
            filed = _file(connection, root, study_files, made, now())
            if _is_old(study_files, now()):
                old += _settle(connection, filed, now())
        made.images += sum(one.changed_case for one in filed)
        told(made.files)
    _close(engine, [case_id for case_id in old if case_id not in before], now())
    return made


def _cases(engine: Engine) -> frozenset[UUID]:
    with engine.connect() as connection:
        return frozenset(connection.execute(select(case.c.id)).scalars())


def _leaving(engine: Engine) -> frozenset[str]:
    with engine.connect() as connection:
        return frozenset(path for one in unfinished(connection) for path in one.left["files"])


def _by_study(root: Path, made: Rebuilt, leaving: frozenset[str]) -> Iterable[list[Stored]]:
    """The files of each study, what came first before the rest."""
    studies: dict[str, list[Stored]] = {}
    for path in stored_paths(root):
        if path in leaving:
            continue
        try:
            studies.setdefault(path.split("/")[1], []).append(read_stored(root, path))
            made.files += 1
        except (UnreadableInstance, OSError):
            _note_unreadable(made, path)
    inside = [sorted(files, key=_came) for files in studies.values()]
    return sorted(inside, key=lambda files: _came(files[0]))


def _came(stored: Stored) -> tuple[datetime, str]:
    return stored.meta.arrival.received_at, stored.path


def _note_unreadable(made: Rebuilt, path: str) -> None:
    made.unreadable += 1
    made.unreadable_paths = (*made.unreadable_paths, path)[:50]


def _file(connection: Connection, root: Path, files: Sequence[Stored], made: Rebuilt, now: datetime) -> list[Filed]:
    incoming = []
    for one in files:
        try:
            incoming.append(Incoming(one.receipt, read_facts(root / one.path)))
        except UnreadableInstance:
            _note_unreadable(made, one.path)
    filed = [
        one
        for first in range(0, len(incoming), _AT_ONCE)
        for one in file_instances(
            connection, incoming[first : first + _AT_ONCE], now, lambda path: pixel_sha256(root / path)
        )
    ]
    for case_id in dict.fromkeys(one.case_id for one in filed if one.changed_case):
        received = max(one.received_at for one in filed if one.case_id == case_id)
        touch_last_image(connection, case_id, received)
        reopen(connection, [case_id], now)
        refresh_case(connection, case_id, now, kind=BY)
        mark_visible(connection, [case_id], now)
    return filed


def _is_old(files: Sequence[Stored], now: datetime) -> bool:
    return max(one.meta.arrival.received_at for one in files) < now - EPISODE


def _settle(connection: Connection, filed: Sequence[Filed], now: datetime) -> list[UUID]:
    """Complete what is new of an old study, say that it was not analysed, and give the cases to be closed.

    A series that was analysed before gets its late images in the usual way: it is analysed again.
    """
    known = select(analysis.c.id).where(analysis.c.series_id == series.c.id).exists()
    new = {one.series_id for one in filed if one.changed_case and not one.ours}
    rows = connection.execute(
        select(series).join(study, study.c.id == series.c.study_id).where(series.c.id.in_(new), ~series.c.ours, ~known)
    ).all()
    for row in rows:
        _say_not_analysed(connection, row, now)
    cases = list(dict.fromkeys(one.case_id for one in filed if one.series_id in new))
    for case_id in cases:
        refresh_case(connection, case_id, now, kind=BY)
    return cases


def _say_not_analysed(connection: Connection, row: Row[Any], now: datetime) -> None:
    done = {"arrival": "complete", "signal": BY, "complete_at": now}
    connection.execute(update(series).where(series.c.id == row.id).values(**done))
    coverage = Coverage(row.images, row.expected, row.extent_from_mm, row.extent_to_mm)
    connection.execute(
        insert(analysis).values(
            series_id=row.id,
            version=1,
            state=AnalysisState.NOT_ANALYSED.value,
            why=_WHY,
            because=Because.OTHER.value,
            role=row.role,
            role_reason=row.role_reason,
            coverage=asdict(coverage),
            finished_at=now,
        )
    )


def _close(engine: Engine, cases: Iterable[UUID], now: datetime) -> None:
    """Close cases of which nothing new came; last, so that a patient's studies of one episode find each other."""
    for case_id in dict.fromkeys(cases):
        with engine.begin() as connection:
            waiting = (
                select(series.c.id)
                .join(study, study.c.id == series.c.study_id)
                .where(study.c.case_id == case_id, series.c.arrival == "receiving")
            )
            if connection.execute(waiting.limit(1)).first() is None:
                close_case(connection, case_id, BY, now)
