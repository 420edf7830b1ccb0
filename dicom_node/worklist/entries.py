"""What an open request says on a worklist: one step for CT and one for MR, since both begin a stroke pathway."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydicom import Dataset

from pipeline.domain.opinion_request import OpinionRequest
from pipeline.domain.request import Urgency
from pipeline.domain.scheduled import number_of, study_uid_of

MODALITIES = ("CT", "MR")
_EXPECTED = "Acute stroke, expert opinion asked"
_PRIORITY = {Urgency.URGENT: "STAT", Urgency.DIFFERED: "ROUTINE"}
"""Requested Procedure Priority (0040,1003), PS3.3 C.4.11."""
_EMPTY_IN_STEP = (
    "ScheduledPerformingPhysicianName", "ScheduledStationName", "ScheduledProcedureStepLocation", "PreMedication",
    "RequestedContrastAgent",
)  # fmt: skip
_EMPTY = (
    "PatientTransportArrangements", "AdmissionID", "CurrentPatientLocation", "PatientState", "PregnancyStatus",
    "MedicalAlerts", "Allergies", "SpecialNeeds", "ConfidentialityConstraintOnPatientDataDescription",
    "ReferringPhysicianName",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request that nobody has answered or withdrawn, as far as a scanner needs it; ``made_at`` has a zone."""

    id: UUID
    asked: OpinionRequest
    made_at: datetime


def entries(request: OpenRequest, station_ae_title: str) -> Iterator[Dataset]:
    """The steps offered for a request, whichever scanner asks: ``station_ae_title`` is how it calls itself.

    The attributes are those of PS3.4 table K.6-1; dates and times are in the zone that the answer names.
    """
    for modality in MODALITIES:
        entry = _procedure(request)
        entry.ScheduledProcedureStepSequence = [_step(request, modality, station_ae_title)]
        yield entry


def _procedure(request: OpenRequest) -> Dataset:
    entry = Dataset()
    patient, number = request.asked.patient, number_of(request.id)
    entry.SpecificCharacterSet = "ISO_IR 192"
    entry.TimezoneOffsetFromUTC = request.made_at.strftime("%z")
    entry.AccessionNumber = number
    entry.PatientName = patient.PatientName
    entry.PatientID = patient.PatientID
    entry.PatientBirthDate = patient.PatientBirthDate
    entry.PatientSex = patient.PatientSex
    entry.PatientWeight = request.asked.weight_kg
    entry.StudyInstanceUID = study_uid_of(request.id)
    entry.RequestingPhysician = request.asked.requester
    entry.RequestedProcedureDescription = _EXPECTED
    entry.RequestedProcedureID = number
    entry.RequestedProcedurePriority = _PRIORITY[request.asked.urgency]
    for keyword in _EMPTY:
        setattr(entry, keyword, None)
    for keyword in ("ReferencedStudySequence", "ReferencedPatientSequence", "RequestedProcedureCodeSequence"):
        setattr(entry, keyword, [])
    return entry


def _step(request: OpenRequest, modality: str, station_ae_title: str) -> Dataset:
    step = Dataset()
    step.Modality = modality
    step.ScheduledStationAETitle = station_ae_title
    step.ScheduledProcedureStepStartDate = request.made_at.strftime("%Y%m%d")
    step.ScheduledProcedureStepStartTime = request.made_at.strftime("%H%M%S")
    step.ScheduledProcedureStepDescription = _EXPECTED
    step.ScheduledProcedureStepID = number_of(request.id) + modality
    step.ScheduledProcedureStepStatus = "SCHEDULED"
    step.ScheduledProtocolCodeSequence = []
    for keyword in _EMPTY_IN_STEP:
        setattr(step, keyword, None)
    return step
