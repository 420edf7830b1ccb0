"""Where an earlier study that we asked for belongs: a closed case of its own, on no worklist and never analysed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, exists, insert, select

from pipeline.assembly.facts import InstanceFacts
from pipeline.database.events import record_event
from pipeline.database.prior_tables import prior_study
from pipeline.database.tables import case, event, study
from pipeline.domain.receipt import Receipt


def is_expected(connection: Connection, site_id: str, StudyInstanceUID: str) -> bool:
    """Whether a study was asked for as an earlier one."""
    known = prior_study.c.site_id == site_id, prior_study.c.study_instance_uid == StudyInstanceUID
    return connection.execute(select(prior_study.c.id).where(*known)).first() is not None


def is_old(facts: InstanceFacts, received_at: datetime) -> bool:
    """Whether a study says it was made before the day before: what may be of today's episode is never put away."""
    made = _day_of(facts)
    return made is not None and made < received_at - timedelta(days=2)


def of_a_prior() -> ColumnElement[bool]:
    """The condition on a case that it is an earlier study's own, which stays closed whatever comes to it.

    One that was ever open, because it may have been of its own day's episode or somebody opened it, is a case like any.
    """
    asked_for = (prior_study.c.site_id == study.c.site_id) & (
        prior_study.c.study_instance_uid == study.c.study_instance_uid
    )
    ever_open = exists().where(event.c.case_id == case.c.id, event.c.kind.in_(("closed", "reopened")))
    return case.c.closed_at.is_not(None) & exists().where(study.c.case_id == case.c.id, asked_for) & ~ever_open


def is_prior(connection: Connection, study_id: UUID) -> bool:
    """Whether a study was asked for as an earlier one; one that came into an open case by itself is none."""
    wanted = select(case.c.id).join(study, study.c.case_id == case.c.id).where(study.c.id == study_id)
    return connection.execute(wanted.where(case.c.id.in_(select(case.c.id).where(of_a_prior())))).first() is not None


def case_of_prior(connection: Connection, receipt: Receipt, facts: InstanceFacts) -> UUID:
    """A closed case as old as the study, so that the desk shows it among the patient's earlier ones."""
    identity, received_at = facts.identity, receipt.arrival.received_at
    case_id: UUID = connection.execute(
        insert(case)
        .values(
            site_id=receipt.arrival.site_id,
            issuer_of_patient_id=identity.IssuerOfPatientID,
            patient_id=identity.PatientID,
            patient_name=identity.PatientName,
            patient_birth_date=identity.PatientBirthDate,
            patient_sex=identity.PatientSex,
            first_image_at=_made_at(facts, received_at),
            closed_at=received_at,
        )
        .returning(case.c.id)
    ).scalar_one()
    record_event(connection, case_id, "opened")
    return case_id


def _made_at(facts: InstanceFacts, received_at: datetime) -> datetime:
    """The day of the study, or the day before it came."""
    return min(_day_of(facts) or received_at, received_at - timedelta(days=1))


def _day_of(facts: InstanceFacts) -> datetime | None:
    try:
        return datetime.strptime(facts.StudyDate[:8], "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None
