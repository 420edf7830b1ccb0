"""What happened to a case: the audit trail, and what the desk is told live."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection, insert

from pipeline.database.tables import event


def record_event(connection: Connection, case_id: UUID, kind: str, data: Mapping[str, object] | None = None) -> None:
    """Add one event; a trigger tells the desk of it when the transaction commits."""
    connection.execute(insert(event).values(case_id=case_id, kind=kind, data=dict(data or {})))
