"""When cases were treated or left, in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.database.events import record_event
from pipeline.database.opinion_tables import treatment
from pipeline.database.tables import case
from pipeline.domain.timeline import Treatment


@dataclass(frozen=True, slots=True)
class StoredTreatment:
    """What was told, and how often it was changed; revision 0: nobody told anything."""

    told: Treatment = field(default_factory=Treatment)
    revision: int = 0


def read_treatments(connection: Connection, case_ids: Sequence[UUID]) -> Mapping[UUID, StoredTreatment]:
    """What was told of each of these cases; a case of which nothing was told is left out."""
    rows = connection.execute(select(treatment).where(treatment.c.case_id.in_(case_ids)))
    return {
        row.case_id: StoredTreatment(Treatment(row.needle_at, row.puncture_at, row.departed_at), row.revision)
        for row in rows
    }


def lock_treatment(connection: Connection, case_id: UUID) -> StoredTreatment:
    """What was told of a case, unchanged by others until the transaction ends."""
    connection.execute(select(case.c.id).where(case.c.id == case_id).with_for_update())
    return read_treatments(connection, [case_id]).get(case_id, StoredTreatment())


def save_treatment(
    connection: Connection, case_id: UUID, known: StoredTreatment, told: Treatment, by: UUID, now: datetime
) -> None:
    """Keep what is told of a locked case, and tell every open desk."""
    values = {**asdict(told), "revision": known.revision + 1, "changed_by": by, "changed_at": now}
    made = insert(treatment).values(case_id=case_id, **values)
    connection.execute(made.on_conflict_do_update(index_elements=[treatment.c.case_id], set_=values))
    connection.execute(update(case).where(case.c.id == case_id).values(version=case.c.version + 1))
    times = {name: at.isoformat() for name, at in asdict(told).items() if at is not None}
    record_event(connection, case_id, "treatment_told", {"by": str(by), **times})
