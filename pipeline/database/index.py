"""The index port on PostgreSQL: receipts become instances, series, studies and cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError

from pipeline.assembly.facts import pixel_sha256, read_facts
from pipeline.database.arrival import complete_if_arrived, expect_more, series_of_association
from pipeline.database.belonging import Incoming
from pipeline.database.cases import mark_visible, refresh_case, touch_last_image
from pipeline.database.closing import reopen
from pipeline.database.filing import Filed, file_instances
from pipeline.database.tables import association
from pipeline.domain.errors import DatabaseUnavailable, UnreadableInstance, VaultError
from pipeline.domain.receipt import Receipt

NOT_READY = (OperationalError, InterfaceError, ProgrammingError)
"""The server is away, or its schema is not there yet (undefined table): both are waited for."""

_LIMIT_EXCEEDED = "54"
"""PostgreSQL's class of errors (appendix A) for what no server will ever take, such as a name too long for an index:
it is about one image, and must not hold up all others."""

AT_ONCE = 64
"""Receipts in one transaction: few, so that a new case is visible soon behind another study's images."""

BEHIND = timedelta(seconds=1)
"""A receipt this old when the index hears of it means that others are waiting too."""


class PostgresIndex:
    """`pipeline.domain.ports.Index` on PostgreSQL; safe to call from one thread at a time."""

    def __init__(
        self,
        engine: Engine,
        vault_root: Path,
        quiet_time_s: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._vault_root = vault_root
        self._quiet_time_s = quiet_time_s
        self._now = now

    def record(self, receipts: Iterable[Receipt]) -> None:
        """Make receipts known, a few in each transaction; recording one twice changes nothing.

        Raises `DatabaseUnavailable`, and what the database has against one of them; then some may be known already,
        and all may be recorded again.
        """
        waiting = list(receipts)
        try:
            for first in range(0, len(waiting), AT_ONCE):
                some = waiting[first : first + AT_ONCE]
                self._note_lag(some)
                with self._engine.begin() as connection:
                    self._record(connection, some)
        except NOT_READY as error:
            if _exceeds_limits(error):
                raise
            raise DatabaseUnavailable from error

    def _note_lag(self, receipts: list[Receipt]) -> None:
        """While the index is behind the door, only what was silent there already counts as silent."""
        now = self._now()
        came = min(receipt.arrival.received_at for receipt in receipts)
        if now - came > BEHIND:
            with self._engine.begin() as connection:
                expect_more(connection, now, since=came - timedelta(seconds=self._quiet_time_s))

    def association_closed(self, association_id: str) -> None:
        """Take note that an association ended, and complete its series if that is the evidence they lacked."""
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(association).values(id=association_id).on_conflict_do_nothing())
                for series_id in series_of_association(connection, association_id):
                    complete_if_arrived(connection, series_id, self._now(), self._quiet_time_s)
        except NOT_READY as error:
            raise DatabaseUnavailable from error

    def _record(self, connection: Connection, receipts: list[Receipt]) -> None:
        incoming = [one for one in map(self._read, receipts) if one is not None]
        filed = file_instances(connection, incoming, self._now(), lambda path: pixel_sha256(self._vault_root / path))
        changed = {one.case_id: "results" if one.ours else "received" for one in filed if one.changed_case}
        newest = _newest_images(filed)
        for case_id, received_at in newest.items():
            touch_last_image(connection, case_id, received_at)
        reopen(connection, newest, self._now())
        completed = self._completed(connection, filed)
        told = {one.case_id for one in filed if one.series_id in completed}
        for case_id, kind in changed.items():
            if case_id not in told:
                refresh_case(connection, case_id, self._now(), kind=kind)
        mark_visible(connection, changed, self._now())

    def _completed(self, connection: Connection, filed: list[Filed]) -> frozenset[UUID]:
        """The series that are complete with these images."""
        return frozenset(
            series_id
            for series_id in {one.series_id: one for one in filed if one.new_image}
            if complete_if_arrived(connection, series_id, self._now(), self._quiet_time_s)
        )

    def _read(self, receipt: Receipt) -> Incoming | None:
        try:
            return Incoming(receipt, read_facts(self._vault_root / receipt.path))
        except UnreadableInstance as error:
            if not (self._vault_root / receipt.path).exists():  # it is being removed, and may be put back
                raise VaultError("The file is not there now.") from error
            # The vault read its UIDs at the door, so this is a file broken since; `vault verify` finds it.
            structlog.get_logger().error("unreadable_in_vault", receipt=receipt.path, error=str(error))
            return None


def _exceeds_limits(error: DBAPIError) -> bool:
    return str(getattr(error.orig, "sqlstate", None) or "").startswith(_LIMIT_EXCEEDED)


def _newest_images(filed: Iterable[Filed]) -> dict[UUID, datetime]:
    """When the newest new image of each case was received."""
    newest: dict[UUID, datetime] = {}
    for one in filed:
        if one.new_image:
            newest[one.case_id] = max(one.received_at, newest.get(one.case_id, one.received_at))
    return newest
