"""A person says which of two demographics of the same images is right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, exists, func, select, update

from pipeline.database.events import record_event
from pipeline.database.tables import case as cases
from pipeline.database.tables import identity_correction, instance, series, study
from pipeline.domain.access import Viewer
from review_ui.accounts.account import Account
from review_ui.cases.select import shown_to

_WARNING = "identity_correction"


class IdentityDecision(StrEnum):
    """What a person may answer."""

    CONFIRM = "confirm"
    """The second demographics are right; the images that carry them are shown from now on."""
    REJECT = "reject"
    """The first ones are right; nothing changes."""


@dataclass(frozen=True, slots=True)
class Question:
    """An identity correction of a case the viewer may see."""

    id: UUID
    case_id: UUID
    site_id: str
    state: str
    proposed: dict[str, Any]


def question(connection: Connection, correction_id: UUID, viewer: Viewer) -> Question | None:
    """One identity correction, locked, if it exists and the viewer may see its case."""
    row = connection.execute(
        select(identity_correction, cases.c.site_id)
        .join(cases, cases.c.id == identity_correction.c.case_id)
        .where(identity_correction.c.id == correction_id, shown_to(viewer))
        .with_for_update(of=(identity_correction, cases))
    ).one_or_none()
    return None if row is None else Question(row.id, row.case_id, row.site_id, row.state, row.proposed)


def decide(connection: Connection, asked: Question, decision: IdentityDecision, who: Account, now: datetime) -> None:
    """Write down the decision and, when confirmed, show the images and the case under the new demographics."""
    state = "confirmed" if decision is IdentityDecision.CONFIRM else "rejected"
    connection.execute(
        update(identity_correction)
        .where(identity_correction.c.id == asked.id)
        .values(state=state, decided_by=who.id, decided_at=now)
    )
    if decision is IdentityDecision.CONFIRM:
        _show_corrected(connection, asked)
    _clear_warning(connection, asked.case_id)
    record_event(connection, asked.case_id, f"identity_{state}", {"account": who.name})


def _show_corrected(connection: Connection, asked: Question) -> None:
    """Let the corrected images stand in for those with the same pixels, and rename case and studies."""
    corrected = connection.execute(
        select(instance.c.id, instance.c.series_id, instance.c.sop_instance_uid, series.c.study_id)
        .join(series, series.c.id == instance.c.series_id)
        .join(study, study.c.id == series.c.study_id)
        .where(
            study.c.case_id == asked.case_id,
            instance.c.standing == "correction",
            instance.c.identity == asked.proposed,
        )
    ).all()
    for one in corrected:
        _exchange(connection, one)
    for study_id in {one.study_id for one in corrected}:
        _rename_study(connection, study_id, asked.proposed)
    connection.execute(
        update(cases)
        .where(cases.c.id == asked.case_id)
        .values(
            issuer_of_patient_id=asked.proposed["IssuerOfPatientID"],
            patient_id=asked.proposed["PatientID"],
            patient_name=asked.proposed["PatientName"],
            patient_birth_date=asked.proposed["PatientBirthDate"],
            patient_sex=asked.proposed["PatientSex"],
        )
    )


def _exchange(connection: Connection, corrected: Row[*tuple[Any, ...]]) -> None:
    shown = (
        (instance.c.series_id == corrected.series_id)
        & (instance.c.sop_instance_uid == corrected.sop_instance_uid)
        & (instance.c.standing == "current")
    )
    connection.execute(update(instance).where(shown).values(standing="correction"))
    connection.execute(update(instance).where(instance.c.id == corrected.id).values(standing="current"))


def _rename_study(connection: Connection, study_id: UUID, proposed: dict[str, Any]) -> None:
    """Let later images of the study find it under its new patient, unless that patient has one of that UID."""
    other = study.alias()
    mine = connection.execute(select(study).where(study.c.id == study_id)).one()
    taken = exists().where(
        other.c.site_id == mine.site_id,
        other.c.study_instance_uid == mine.study_instance_uid,
        other.c.issuer_of_patient_id == proposed["IssuerOfPatientID"],
        other.c.patient_id == proposed["PatientID"],
    )
    connection.execute(
        update(study)
        .where(study.c.id == study_id, ~taken)
        .values(issuer_of_patient_id=proposed["IssuerOfPatientID"], patient_id=proposed["PatientID"])
    )


def _clear_warning(connection: Connection, case_id: UUID) -> None:
    """Take the warning off the case once nothing is left to confirm, and raise its version."""
    still_open = connection.execute(
        select(func.count())
        .select_from(identity_correction)
        .where(identity_correction.c.case_id == case_id, identity_correction.c.state == "to_confirm")
    ).scalar_one()
    warnings = connection.execute(select(cases.c.warnings).where(cases.c.id == case_id)).scalar_one()
    kept = [one for one in warnings if still_open or one["code"] != _WARNING]
    connection.execute(update(cases).where(cases.c.id == case_id).values(warnings=kept, version=cases.c.version + 1))
