"""Deleting studies: ordered, then recorded with the end of every row in one transaction, then the bytes go.

`dicom_node.server.removals` carries out what is ordered here: the door owns the vault and its journal, and must have
forgotten the images there before their rows go, or a replay would bring them back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.database import (  # noqa: F401 - their import fills the metadata: what refers to a case goes with it
    calling_tables,
    delivery_tables,
    opinion_tables,
    request_tables,
    thread_tables,
)
from pipeline.database.belonging import one_at_a_time
from pipeline.database.columns import metadata
from pipeline.database.events import record_event
from pipeline.database.retention_tables import deletion, deletion_order
from pipeline.database.standings import standings
from pipeline.database.tables import analysis, case, instance, series, study
from pipeline.domain.retention import Hold, Scope, holds


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is deleted, how much of it, and by whom: a rule, or a person's name; nothing of a patient."""

    why: str
    by: str
    scope: Scope = Scope.IMAGES


@dataclass(frozen=True, slots=True)
class Refusal:
    """What keeps a case from being deleted."""

    holds: frozenset[Hold]


@dataclass(frozen=True, slots=True)
class Order:
    """A case that is to be deleted, or one study of it."""

    case_id: UUID
    reason: Reason
    only_study: UUID | None = None


def order_deletion(connection: Connection, order: Order, now: datetime) -> bool | Refusal:
    """Order a deletion, unless something holds the case; whether it was not ordered before."""
    held_by = frozenset(hold for one in standings(connection, now, [order.case_id]) for hold in holds(one))
    if held_by:
        return Refusal(held_by)
    made = insert(deletion_order).values(
        case_id=order.case_id,
        study_id=order.only_study,
        scope=order.reason.scope.value,
        why=order.reason.why,
        by=order.reason.by,
        ordered_at=now,
    )
    return connection.execute(made.on_conflict_do_nothing().returning(deletion_order.c.case_id)).first() is not None


def read_orders(connection: Connection) -> list[Order]:
    """What is to be deleted, the oldest order first."""
    rows = connection.execute(select(deletion_order).order_by(deletion_order.c.ordered_at, deletion_order.c.case_id))
    return [Order(row.case_id, Reason(row.why, row.by, Scope(row.scope)), row.study_id) for row in rows]


def paths_of(connection: Connection, order: Order) -> list[str]:
    """The files of what is to be deleted."""
    query = (
        select(instance.c.path)
        .join(series, series.c.id == instance.c.series_id)
        .join(study, study.c.id == series.c.study_id)
        .where(study.c.case_id == order.case_id)
    )
    query = query if order.only_study is None else query.where(study.c.id == order.only_study)
    return list(connection.execute(query).scalars())


def delete_case(connection: Connection, order: Order, now: datetime) -> int | Refusal:
    """Carry an order out: the rows go, unless something holds the case by now; how many images went.

    Nobody files into the studies meanwhile, and the case is locked, so that what holds it is as it stands.
    """
    case_id, reason = order.case_id, order.reason
    for site_id, uid in sorted({(row.site_id, row.study_instance_uid) for row in _studies(connection, case_id)}):
        one_at_a_time(connection, site_id, uid)
    known = connection.execute(select(case).where(case.c.id == case_id).with_for_update()).one_or_none()
    if known is None:
        return 0
    connection.execute(delete(deletion_order).where(deletion_order.c.case_id == case_id))
    (standing,) = standings(connection, now, [case_id])
    kept_by = holds(standing)
    if kept_by:
        return Refusal(kept_by)
    record = _Record(connection, known.site_id, case_id, reason, now)
    images = sum(_delete_study(record, row.id) for row in _studies(connection, case_id, order.only_study))
    if reason.scope is Scope.RECORD and not _studies(connection, case_id):
        if not images:
            record.write("", [], [])
        _delete_rows(connection, case, case.c.id == case_id)
    else:
        record_event(connection, case_id, "images_deleted", {"images": images, "why": reason.why, "account": reason.by})
        connection.execute(update(case).where(case.c.id == case_id).values(version=case.c.version + 1))
    return images


def rows_of(whole: Table, these: ColumnElement[bool]) -> dict[Table, ColumnElement[bool]]:
    """Every table that refers to rows of a table, directly or not, with the condition on its rows; children last."""
    found = {whole: these}
    for table in metadata.sorted_tables:
        conditions = [
            key.parent.in_(select(key.column).where(found[key.column.table]))
            for key in table.foreign_keys
            if key.column.table in found and table is not whole
        ]
        if conditions:
            found[table] = or_(*conditions)
    return found


def _delete_rows(connection: Connection, whole: Table, these: ColumnElement[bool]) -> None:
    for table, condition in reversed(rows_of(whole, these).items()):
        connection.execute(delete(table).where(condition))


def _studies(connection: Connection, case_id: UUID, only: UUID | None = None) -> Sequence[Row[Any]]:
    query = select(study).where(study.c.case_id == case_id)
    return connection.execute(query if only is None else query.where(study.c.id == only)).all()


def _delete_study(record: _Record, study_id: UUID) -> int:
    of_study = select(series.c.id).where(series.c.study_id == study_id)
    held = select(instance.c.path, instance.c.sha256, instance.c.size).where(instance.c.series_id.in_(of_study))
    files: list[Row[Any]] = list(record.connection.execute(held))
    analyses = select(analysis.c.id).where(analysis.c.series_id.in_(of_study))
    masks = [str(one) for one in record.connection.execute(analyses).scalars()]
    for folder in sorted({folder_of(file.path) for file in files}):
        record.write(folder, [file for file in files if folder_of(file.path) == folder], masks)
    _delete_rows(record.connection, study, study.c.id == study_id)
    return len(files)


def folder_of(path: str) -> str:
    """The study's folder in a path of the vault: a digest of site and StudyInstanceUID."""
    return path.split("/")[1]


@dataclass(frozen=True, slots=True)
class _Record:
    """Writes down what is deleted of one case."""

    connection: Connection
    site_id: str
    case_id: UUID
    reason: Reason
    now: datetime

    def write(self, study_digest: str, files: Sequence[Row[Any]], masks: Sequence[str]) -> None:
        """Write down one study, and the bytes that are to be removed."""
        left = {
            "files": sorted({file.path for file in files}),
            "frames": sorted({file.sha256 for file in files}),
            "masks": sorted(masks),
        }
        self.connection.execute(
            insert(deletion).values(
                site_id=self.site_id,
                case_id=self.case_id,
                study_digest=study_digest,
                scope=self.reason.scope.value,
                why=self.reason.why,
                by=self.reason.by,
                decided_at=self.now,
                images=len(files),
                size=sum(file.size for file in files),
                left=left,
                done_at=None if files else self.now,
            )
        )
