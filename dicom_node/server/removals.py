"""Carries out what was ordered to be deleted: the door owns the vault, so only it takes a file away.

First the journal forgets the images, so that no replay can tell the index of them again. Then the record of the
deletion and the end of its rows are one transaction of `pipeline.database.deleting`. From then on the study is
unknown: what is sent of it anew is taken as new, and a file that such a sender was told is kept stays. Then the bytes
go. Whatever is interrupted here is done again from the beginning, which removes nothing twice.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from dicom_node.vault.naming import PATH
from pipeline import logs
from pipeline.database.deleting import Order, Refusal, delete_case, paths_of, read_orders
from pipeline.database.retention import Deletion, finish_deletion, unfinished
from pipeline.database.tables import instance
from pipeline.home import Home

EVERY_S = 5.0


class ShrinkingVault(Protocol):
    """A vault from which files can be taken away."""

    def remove(self, path: str, needed: Callable[[], bool]) -> bool:
        """See `dicom_node.vault.fast.FastVault.remove`."""
        ...

    def forget(self, path: str) -> bool:
        """See `dicom_node.vault.fast.FastVault.forget`."""
        ...

    def sweep(self, study: str) -> None:
        """See `dicom_node.vault.simple.SimpleVault.sweep`."""
        ...


class Removals:
    """Removes the bytes of deleted studies, one deletion after the other."""

    def __init__(self, engine: Engine, home: Home, vault: ShrinkingVault, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._home = home
        self._vault = vault
        self._now = now

    def run(self, stopped: threading.Event) -> None:
        """Look again and again, until ``stopped``; the loop of a thread."""
        while not stopped.is_set():
            try:
                self.look()
            except SQLAlchemyError as exc:
                logs.get().warning("deletion_waits", error=type(exc).__name__)
            stopped.wait(EVERY_S)

    def look(self) -> int:
        """Carry out every order, and on every unfinished deletion; how many of these there were.

        What the disk refuses is left for the next look. Raises what the database raises.
        """
        with self._engine.begin() as connection:
            orders = read_orders(connection)
        for order in orders:
            self._where_the_disk_allows(order.case_id, partial(self._begin, order))
        with self._engine.begin() as connection:
            waiting = unfinished(connection)
        for one in waiting:
            self._where_the_disk_allows(one.case_id, partial(self._carry_on, one))
        return len(waiting)

    def _where_the_disk_allows(self, case_id: UUID, work: Callable[[], None]) -> None:
        try:
            work()
        except OSError as exc:
            logs.get().warning("deletion_waits", case=str(case_id), error=type(exc).__name__)

    def _begin(self, order: Order) -> None:
        """Have the rows go, as soon as nothing of it is news to the index."""
        with self._engine.begin() as connection:
            paths = paths_of(connection, order)
        if not all(self._vault.forget(path) for path in paths if PATH.fullmatch(path)):
            return
        with self._engine.begin() as connection:
            gone = delete_case(connection, order, self._now())
        if isinstance(gone, Refusal):
            why = ", ".join(sorted(hold.value for hold in gone.holds))
            logs.get().warning("deletion_refused", case=str(order.case_id), error=why)
        else:
            logs.get().info("images_deleted", case=str(order.case_id), count=gone)

    def _carry_on(self, one: Deletion) -> None:
        files = [path for path in one.left["files"] if PATH.fullmatch(path)]
        kept = [path for path in files if not self._vault.remove(path, partial(self._is_needed, path))]
        for study in {path.split("/")[1] for path in files}:
            self._vault.sweep(study)
        self._remove_derived(one.left)
        with self._engine.begin() as connection:
            finish_deletion(connection, one.id, kept, self._now())
        logs.get().info("bytes_removed", case=str(one.case_id), site=one.site_id, count=len(files) - len(kept))

    def _is_needed(self, path: str) -> bool:
        with self._engine.begin() as connection:
            return connection.execute(select(instance.c.id).where(instance.c.path == path).limit(1)).first() is not None

    def _remove_derived(self, left: Mapping[str, Sequence[str]]) -> None:
        """Frames that no image has any more, and every mask of the analyses; both can be made again."""
        for sha256 in self._of_nobody(left["frames"]):
            remove_tree(self._home.derived / "frames" / sha256)
        for analysis_id in left["masks"]:
            for folder in (self._home.derived / "masks").glob(f"{analysis_id}*"):
                remove_tree(folder)

    def _of_nobody(self, digests: Iterable[str]) -> list[str]:
        asked = list(digests)
        with self._engine.begin() as connection:
            known = set(connection.execute(select(instance.c.sha256).where(instance.c.sha256.in_(asked))).scalars())
        return [one for one in asked if one not in known]


def remove_tree(folder: Path) -> None:
    """Remove a folder with what is in it; one that is not there is no error. Raises `OSError`."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
