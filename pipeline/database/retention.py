"""Rules of retention in the database, and what was deleted by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from pipeline.database.retention_tables import deletion, retention_rule
from pipeline.domain.retention import Rule, RuleKind, Scope


@dataclass(frozen=True, slots=True)
class NamedRule:
    """A rule, and who named it when."""

    rule: Rule
    named_by: str
    named_at: datetime


@dataclass(frozen=True, slots=True)
class Deletion:
    """A study that was deleted, or is being; ``left`` are bytes still to be removed: files, frames, masks."""

    id: UUID
    site_id: str
    case_id: UUID
    study_digest: str
    scope: str
    why: str
    by: str
    decided_at: datetime
    images: int
    size: int
    left: Mapping[str, Sequence[str]]
    done_at: datetime | None


def read_rules(connection: Connection) -> list[NamedRule]:
    """Every rule, the oldest first."""
    rows = connection.execute(select(retention_rule).order_by(retention_rule.c.named_at, retention_rule.c.id))
    return [NamedRule(_rule(row), row.named_by, row.named_at) for row in rows]


def name_rule(connection: Connection, rule: Rule, by: str, now: datetime) -> None:
    """Name a rule: from now on it is kept to."""
    connection.execute(
        insert(retention_rule).values(
            id=rule.id,
            kind=rule.kind.value,
            site_id=rule.site_id,
            days=rule.days,
            most=rule.most,
            unasked=rule.unasked,
            scope=rule.scope.value,
            named_by=by,
            named_at=now,
        )
    )


def remove_rule(connection: Connection, beginning: str) -> int:
    """Remove the rules whose id begins so; how many there were."""
    known = [one.rule.id for one in read_rules(connection) if str(one.rule.id).startswith(beginning)]
    connection.execute(delete(retention_rule).where(retention_rule.c.id.in_(known)))
    return len(known)


def unfinished(connection: Connection) -> list[Deletion]:
    """Deletions whose bytes are not all gone, the oldest first."""
    query = select(deletion).where(deletion.c.done_at.is_(None)).order_by(deletion.c.decided_at, deletion.c.id)
    return [_deletion(row) for row in connection.execute(query)]


def read_deletions(connection: Connection, most: int, study_digest: str | None = None) -> list[Deletion]:
    """The newest deletions, of all or of one study."""
    query = select(deletion).order_by(deletion.c.decided_at.desc(), deletion.c.id).limit(most)
    query = query if study_digest is None else query.where(deletion.c.study_digest == study_digest)
    return [_deletion(row) for row in connection.execute(query)]


def leaving(connection: Connection) -> int:
    """Bytes that are decided to go and are not all gone."""
    return int(
        connection.execute(
            select(func.coalesce(func.sum(deletion.c.size), 0)).where(deletion.c.done_at.is_(None))
        ).scalar_one()
    )


def deleted_since(connection: Connection, since: datetime) -> tuple[int, int]:
    """How many images were deleted since then, and their bytes."""
    sums = func.coalesce(func.sum(deletion.c.images), 0), func.coalesce(func.sum(deletion.c.size), 0)
    images, size = connection.execute(select(*sums).where(deletion.c.decided_at >= since)).one()
    return int(images), int(size)


def finish_deletion(connection: Connection, deletion_id: UUID, kept: Sequence[str], now: datetime) -> None:
    """Note that the bytes are gone, but for files that are needed again: they came anew meanwhile."""
    left = {"files": list(kept), "frames": [], "masks": []}
    connection.execute(update(deletion).where(deletion.c.id == deletion_id).values(done_at=now, left=left))


def _rule(row: Row[Any]) -> Rule:
    return Rule(
        id=row.id,
        kind=RuleKind(row.kind),
        days=row.days,
        site_id=row.site_id,
        most=row.most,
        unasked=row.unasked,
        scope=Scope(row.scope),
    )


def _deletion(row: Row[Any]) -> Deletion:
    return Deletion(**row._mapping)  # noqa: SLF001 -- SQLAlchemy's public name
