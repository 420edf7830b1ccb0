"""Where images belong: their case, study and series, found or made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.assembly.facts import InstanceFacts
from pipeline.database.cases import add_warning
from pipeline.database.events import record_event
from pipeline.database.prior_cases import case_of_prior, is_expected, is_old
from pipeline.database.tables import case, series, study
from pipeline.domain.receipt import Receipt

EPISODE = timedelta(hours=24)
"""A new study of the same patient within this time of the case's first image joins the case."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One instance to file: the proof that it is durable, and what its header says."""

    receipt: Receipt
    facts: InstanceFacts

    @property
    def SOPInstanceUID(self) -> str:
        """Its own UID."""
        return self.receipt.arrival.SOPInstanceUID

    @property
    def site_id(self) -> str:
        """The site that sent it."""
        return self.receipt.arrival.site_id


@dataclass(frozen=True, slots=True)
class Place:
    """The rows an instance belongs to; ``ours`` says that the series is of our own making."""

    case_id: UUID
    series_id: UUID
    ours: bool


def one_at_a_time(connection: Connection, *names: str) -> None:
    """Let only one transaction at a time work on what these names name, so two nodes never make it twice."""
    key = func.hashtextextended("\x1f".join(names), 0)
    connection.execute(select(func.pg_advisory_xact_lock(key)))


def place_of(connection: Connection, one: Incoming, *, ours: bool, now: datetime) -> Place:
    """The case, study and series of an instance, made if it is their first."""
    study_id, case_id = _study(connection, one)
    found = connection.execute(
        select(series.c.id, series.c.ours).where(
            series.c.study_id == study_id, series.c.series_instance_uid == one.facts.SeriesInstanceUID
        )
    ).one_or_none()
    if found is not None:
        return Place(case_id, found.id, found.ours)
    return Place(case_id, _make_series(connection, one, study_id, ours=ours, now=now), ours)


def _study(connection: Connection, one: Incoming) -> tuple[UUID, UUID]:
    """The study row of this StudyInstanceUID and patient, and its case."""
    same_uid = connection.execute(
        select(study).where(study.c.site_id == one.site_id, study.c.study_instance_uid == one.facts.StudyInstanceUID)
    ).all()
    for row in same_uid:
        if (row.issuer_of_patient_id, row.patient_id) == one.facts.identity.key:
            return row.id, row.case_id
    case_id = _case(connection, one)
    study_id = _make_study(connection, one, case_id)
    for concerned in {case_id, *(row.case_id for row in same_uid)} if same_uid else ():
        said = "two patients came under one StudyInstanceUID; they stay apart"
        add_warning(connection, concerned, "two_patients_one_study", said)
    return study_id, case_id


def _make_study(connection: Connection, one: Incoming, case_id: UUID) -> UUID:
    issuer, patient_id = one.facts.identity.key
    made = insert(study).values(
        case_id=case_id,
        site_id=one.site_id,
        study_instance_uid=one.facts.StudyInstanceUID,
        issuer_of_patient_id=issuer,
        patient_id=patient_id,
        study_date=one.facts.StudyDate,
        study_time=one.facts.StudyTime,
        study_description=one.facts.StudyDescription,
        accession_number=one.facts.AccessionNumber,
    )
    study_id: UUID = connection.execute(made.returning(study.c.id)).scalar_one()
    return study_id


def _case(connection: Connection, one: Incoming) -> UUID:
    """The patient's open case of this episode, or a new one; an earlier study we asked for has its own, closed."""
    old = is_old(one.facts, one.receipt.arrival.received_at)
    if old and is_expected(connection, one.site_id, one.facts.StudyInstanceUID):
        return case_of_prior(connection, one.receipt, one.facts)
    found = _open_case(connection, one)
    if found is not None:
        return found
    identity = one.facts.identity
    made = insert(case).values(
        site_id=one.site_id,
        issuer_of_patient_id=identity.IssuerOfPatientID,
        patient_id=identity.PatientID,
        patient_name=identity.PatientName,
        patient_birth_date=identity.PatientBirthDate,
        patient_sex=identity.PatientSex,
        first_image_at=one.receipt.arrival.received_at,
        test=one.facts.is_test,
    )
    case_id: UUID = connection.execute(made.returning(case.c.id)).scalar_one()
    record_event(connection, case_id, "opened")
    return case_id


def _open_case(connection: Connection, one: Incoming) -> UUID | None:
    """An open case of the same patient at the same site; a patient without an ID is never guessed."""
    identity = one.facts.identity
    issuer, patient_id = identity.key
    if not patient_id:
        return None
    one_at_a_time(connection, "patient", one.site_id, issuer, patient_id)
    query = (
        select(case.c.id)
        .where(
            case.c.site_id == one.site_id,
            case.c.issuer_of_patient_id == issuer,
            case.c.patient_id == patient_id,
            case.c.patient_name == identity.PatientName,
            case.c.patient_birth_date == identity.PatientBirthDate,
            case.c.closed_at.is_(None),
            case.c.first_image_at > one.receipt.arrival.received_at - EPISODE,
        )
        .order_by(case.c.first_image_at.desc())
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none()


def _make_series(connection: Connection, one: Incoming, study_id: UUID, *, ours: bool, now: datetime) -> UUID:
    facts, recognition = one.facts, one.facts.recognition
    made = insert(series).values(
        study_id=study_id,
        series_instance_uid=facts.SeriesInstanceUID,
        modality=facts.Modality,
        series_description=facts.SeriesDescription,
        series_number=facts.SeriesNumber,
        role=recognition.role.value,
        role_reason=recognition.reason,
        role_confidence=recognition.confidence,
        role_reasons=list(recognition.reasons),
        expected=facts.expected,
        ours=ours,
        arrival="complete" if ours else "receiving",
        first_image_at=one.receipt.arrival.received_at,
        last_image_at=one.receipt.arrival.received_at,
        heard_at=now,
    )
    series_id: UUID = connection.execute(made.returning(series.c.id)).scalar_one()
    return series_id
