"""Where one instance belongs: its case, study and series, found or made."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.assembly.facts import InstanceFacts
from pipeline.database.cases import add_warning
from pipeline.database.events import record_event
from pipeline.database.own import is_known_study, made_by_us
from pipeline.database.sites import ensure_site
from pipeline.database.tables import case, identity_correction, instance, result_object, series, study
from pipeline.domain.identity import InstanceContent, PatientIdentity, SameInstance, compare
from pipeline.domain.receipt import Receipt

EPISODE = timedelta(hours=24)
"""A new study of the same patient within this time of the case's first image joins the case."""


@dataclass(frozen=True, slots=True)
class Filed:
    """Where an instance went, and what that changed."""

    case_id: UUID
    series_id: UUID
    received_at: datetime
    new_image: bool
    changed_case: bool
    ours: bool = False


def file_instance(connection: Connection, receipt: Receipt, facts: InstanceFacts) -> Filed | None:
    """File one instance; filing it again changes nothing.

    None for a result of ours, or of another NeuroVigie, on a study that nobody sent: it opens no case,
    and stays in the vault.
    """
    ensure_site(connection, receipt.arrival.site_id)
    _one_at_a_time(connection, receipt.arrival.site_id, facts.StudyInstanceUID)
    known = _known_instance(connection, receipt)
    if known is not None and known.ours:
        return _file_returned(connection, receipt, facts, known)
    if known is None:
        unasked = made_by_us(connection, receipt, facts) and not is_known_study(connection, receipt, facts)
        return None if unasked else _file_new(connection, receipt, facts)
    match compare(_content_of(known), InstanceContent(receipt.sha256, facts.pixel_sha256, facts.identity)):
        case SameInstance.DUPLICATE:
            return Filed(known.case_id, known.series_id, receipt.arrival.received_at, False, False)  # noqa: FBT003
        case SameInstance.IDENTITY_CORRECTION:
            return _file_correction(connection, receipt, facts, known)
        case SameInstance.CONFLICT:
            return _file_conflict(connection, receipt, facts, known)


def _one_at_a_time(connection: Connection, *names: str) -> None:
    """Let only one transaction at a time file into one study, so two nodes never make it twice."""
    key = func.hashtextextended("\x1f".join(names), 0)
    connection.execute(select(func.pg_advisory_xact_lock(key)))


def _known_instance(connection: Connection, receipt: Receipt) -> Row[Any] | None:
    """What we have under this SOPInstanceUID from this site: the same bytes if there, else the first.

    An object that we made is known whichever site's archive sends it back.
    """
    ours = select(result_object.c.id).where(result_object.c.sop_instance_uid == instance.c.sop_instance_uid).exists()
    query = (
        select(instance, study.c.case_id, series.c.ours)
        .join(series, series.c.id == instance.c.series_id)
        .join(study, study.c.id == series.c.study_id)
        .where(
            instance.c.sop_instance_uid == receipt.arrival.SOPInstanceUID,
            (study.c.site_id == receipt.arrival.site_id) | ours,
        )
        .order_by(instance.c.sha256 != receipt.sha256, instance.c.received_at)
        .limit(1)
    )
    return connection.execute(query).one_or_none()


def _content_of(row: Row[Any]) -> InstanceContent:
    return InstanceContent(row.sha256, row.pixel_sha256, PatientIdentity(**row.identity))


def _file_new(connection: Connection, receipt: Receipt, facts: InstanceFacts) -> Filed:
    study_id, case_id = _study(connection, receipt, facts)
    series_id = _series(connection, receipt, facts, study_id)
    new = _insert_instance(connection, receipt, facts, series_id, standing="current")
    if new:
        _count_image(connection, receipt, facts, series_id)
    ours = _ours(connection, series_id)
    return Filed(case_id, series_id, receipt.arrival.received_at, new and not ours, new, ours)


def _file_returned(connection: Connection, receipt: Receipt, facts: InstanceFacts, known: Row[Any]) -> Filed:
    """What we made came back: nothing changes. A copy that an archive has altered is kept beside ours, unshown."""
    if known.sha256 != receipt.sha256:
        _insert_instance(connection, receipt, facts, known.series_id, standing="returned")
    at = receipt.arrival.received_at
    return Filed(known.case_id, known.series_id, at, new_image=False, changed_case=False, ours=True)


def _file_correction(connection: Connection, receipt: Receipt, facts: InstanceFacts, known: Row[Any]) -> Filed:
    """Keep the second version beside the first, and ask a person; nothing is analysed again."""
    new = _insert_instance(connection, receipt, facts, known.series_id, standing="correction")
    if new:
        asked = insert(identity_correction).values(
            case_id=known.case_id,
            sop_instance_uid=known.sop_instance_uid,
            known=known.identity,
            proposed=asdict(facts.identity),
        )
        connection.execute(asked.on_conflict_do_nothing())
        add_warning(
            connection,
            known.case_id,
            "identity_correction",
            "the same images came again with other demographics; a person must confirm which are right",
        )
    return Filed(known.case_id, known.series_id, receipt.arrival.received_at, new_image=False, changed_case=new)


def _file_conflict(connection: Connection, receipt: Receipt, facts: InstanceFacts, known: Row[Any]) -> Filed:
    """Keep both images of one SOPInstanceUID and flag it; another patient's goes to that patient's case."""
    warning = ("conflicting_duplicate", "two different images came under one SOPInstanceUID; both are kept")
    add_warning(connection, known.case_id, *warning)
    if PatientIdentity(**known.identity).key != facts.identity.key:
        filed = _file_new(connection, receipt, facts)
        add_warning(connection, filed.case_id, *warning)
        return filed
    new = _insert_instance(connection, receipt, facts, known.series_id, standing="conflict")
    return Filed(known.case_id, known.series_id, receipt.arrival.received_at, new_image=False, changed_case=new)


def _study(connection: Connection, receipt: Receipt, facts: InstanceFacts) -> tuple[UUID, UUID]:
    """The study row of this StudyInstanceUID and patient, and its case."""
    issuer, patient_id = facts.identity.key
    same_uid = connection.execute(
        select(study).where(
            study.c.site_id == receipt.arrival.site_id, study.c.study_instance_uid == facts.StudyInstanceUID
        )
    ).all()
    for row in same_uid:
        if (row.issuer_of_patient_id, row.patient_id) == (issuer, patient_id):
            return row.id, row.case_id
    case_id = _case(connection, receipt, facts)
    study_id = connection.execute(
        insert(study)
        .values(
            case_id=case_id,
            site_id=receipt.arrival.site_id,
            study_instance_uid=facts.StudyInstanceUID,
            issuer_of_patient_id=issuer,
            patient_id=patient_id,
            study_date=facts.StudyDate,
            study_time=facts.StudyTime,
            study_description=facts.StudyDescription,
            accession_number=facts.AccessionNumber,
        )
        .returning(study.c.id)
    ).scalar_one()
    for one in {case_id, *(row.case_id for row in same_uid)} if same_uid else ():
        add_warning(
            connection, one, "two_patients_one_study", "two patients came under one StudyInstanceUID; they stay apart"
        )
    return study_id, case_id


def _case(connection: Connection, receipt: Receipt, facts: InstanceFacts) -> UUID:
    """The patient's open case of this episode, or a new one."""
    found = _open_case(connection, receipt, facts)
    if found is not None:
        return found
    identity = facts.identity
    case_id: UUID = connection.execute(
        insert(case)
        .values(
            site_id=receipt.arrival.site_id,
            issuer_of_patient_id=identity.IssuerOfPatientID,
            patient_id=identity.PatientID,
            patient_name=identity.PatientName,
            patient_birth_date=identity.PatientBirthDate,
            patient_sex=identity.PatientSex,
            first_image_at=receipt.arrival.received_at,
        )
        .returning(case.c.id)
    ).scalar_one()
    record_event(connection, case_id, "opened")
    return case_id


def _open_case(connection: Connection, receipt: Receipt, facts: InstanceFacts) -> UUID | None:
    """An open case of the same patient at the same site; a patient without an ID is never guessed."""
    issuer, patient_id = facts.identity.key
    if not patient_id:
        return None
    _one_at_a_time(connection, "patient", receipt.arrival.site_id, issuer, patient_id)
    query = (
        select(case.c.id)
        .where(
            case.c.site_id == receipt.arrival.site_id,
            case.c.issuer_of_patient_id == issuer,
            case.c.patient_id == patient_id,
            case.c.patient_name == facts.identity.PatientName,
            case.c.patient_birth_date == facts.identity.PatientBirthDate,
            case.c.closed_at.is_(None),
            case.c.first_image_at > receipt.arrival.received_at - EPISODE,
        )
        .order_by(case.c.first_image_at.desc())
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none()


def _series(connection: Connection, receipt: Receipt, facts: InstanceFacts, study_id: UUID) -> UUID:
    """The series row, made if it is the first image of it."""
    ours = made_by_us(connection, receipt, facts)
    made = insert(series).values(
        study_id=study_id,
        series_instance_uid=facts.SeriesInstanceUID,
        modality=facts.Modality,
        series_description=facts.SeriesDescription,
        series_number=facts.SeriesNumber,
        role=facts.recognition.role.value,
        role_reason=facts.recognition.reason,
        role_confidence=facts.recognition.confidence,
        role_reasons=list(facts.recognition.reasons),
        expected=facts.expected,
        ours=ours,
        arrival="complete" if ours else "receiving",
        first_image_at=receipt.arrival.received_at,
        last_image_at=receipt.arrival.received_at,
    )
    connection.execute(made.on_conflict_do_nothing())
    series_id: UUID = connection.execute(
        select(series.c.id).where(
            series.c.study_id == study_id, series.c.series_instance_uid == facts.SeriesInstanceUID
        )
    ).scalar_one()
    return series_id


def _ours(connection: Connection, series_id: UUID) -> bool:
    ours: bool = connection.execute(select(series.c.ours).where(series.c.id == series_id)).scalar_one()
    return ours


def _insert_instance(
    connection: Connection, receipt: Receipt, facts: InstanceFacts, series_id: UUID, *, standing: str
) -> bool:
    """Insert the instance row; False when it was there already."""
    made = insert(instance).values(
        series_id=series_id,
        sop_instance_uid=receipt.arrival.SOPInstanceUID,
        sop_class_uid=receipt.arrival.SOPClassUID,
        transfer_syntax_uid=receipt.arrival.TransferSyntaxUID,
        sha256=receipt.sha256,
        pixel_sha256=facts.pixel_sha256,
        path=receipt.path,
        size=receipt.size,
        instance_number=facts.InstanceNumber,
        position_mm=facts.position_mm,
        association=receipt.arrival.association_id,
        peer_ae_title=receipt.arrival.peer_ae_title,
        received_at=receipt.arrival.received_at,
        standing=standing,
        identity=asdict(facts.identity),
    )
    return connection.execute(made.on_conflict_do_nothing().returning(instance.c.id)).first() is not None


def _count_image(connection: Connection, receipt: Receipt, facts: InstanceFacts, series_id: UUID) -> None:
    """Count a new image; a series of a sender that was thought complete is receiving again."""
    position = facts.position_mm
    connection.execute(
        update(series)
        .where(series.c.id == series_id)
        .values(
            images=series.c.images + 1,
            last_image_at=func.greatest(series.c.last_image_at, receipt.arrival.received_at),
            extent_from_mm=func.least(series.c.extent_from_mm, position),
            extent_to_mm=func.greatest(series.c.extent_to_mm, position),
            expected=func.greatest(series.c.expected, facts.expected),
            arrival=text("CASE WHEN ours THEN 'complete' ELSE 'receiving' END"),
        )
    )
