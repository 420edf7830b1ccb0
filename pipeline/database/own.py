"""How what we made is known when an archive sends it back."""

from __future__ import annotations

from sqlalchemy import Connection, select

from pipeline.assembly.facts import InstanceFacts
from pipeline.database.tables import result_object, study
from pipeline.domain.receipt import Receipt
from pipeline.results.uids import is_ours


def made_by_us(connection: Connection, SOPInstanceUID: str, facts: InstanceFacts) -> bool:
    """Whether we registered an object as ours, or its own names say that a NeuroVigie made it."""
    registered = select(result_object.c.id).where(result_object.c.series_instance_uid == facts.SeriesInstanceUID)
    if connection.execute(registered.limit(1)).first() is not None:
        return True
    return named_as_ours(SOPInstanceUID, facts)


def named_as_ours(SOPInstanceUID: str, facts: InstanceFacts) -> bool:
    """Whether an object's own names say that a NeuroVigie made it."""
    return is_ours(SOPInstanceUID, facts.SeriesInstanceUID, facts.InstanceNumber)


def is_known_study(connection: Connection, receipt: Receipt, facts: InstanceFacts) -> bool:
    """Whether anything of an instance's study came from its site."""
    known = select(study.c.id).where(
        study.c.site_id == receipt.arrival.site_id, study.c.study_instance_uid == facts.StudyInstanceUID
    )
    return connection.execute(known.limit(1)).first() is not None
