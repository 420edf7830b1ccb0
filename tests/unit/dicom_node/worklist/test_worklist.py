"""A hospital's open request, as its scanners find it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.uid import UID

from dicom_node.worklist.entries import OpenRequest, entries
from dicom_node.worklist.matching import MOST_KEYS, check, fits, returned, station_of
from pipeline.domain.errors import BadInput
from pipeline.domain.opinion_request import OpinionRequest, PatientTold
from pipeline.domain.request import Urgency
from pipeline.domain.scheduled import number_of, study_uid_of

PATIENT = PatientTold(FamilyName="Le Gall", GivenName="Hélène", PatientID="123", PatientBirthDate="19480229")
ASKED = OpinionRequest(patient=PATIENT, urgency=Urgency.URGENT, requester="Dr Site", call_back="0298000000")
PARIS = timezone(timedelta(hours=1))
REQUEST = OpenRequest(UUID(int=7), ASKED, datetime(2026, 11, 22, 3, 4, 5, tzinfo=PARIS))
CT, MR = entries(REQUEST, "CT1")


def query(step: dict[str, Any] | None = None, **keys: Any) -> Dataset:
    asked = Dataset()
    for keyword, value in keys.items():
        setattr(asked, keyword, value)
    if step is not None:
        item = Dataset()
        for keyword, value in step.items():
            setattr(item, keyword, value)
        asked.ScheduledProcedureStepSequence = [item]
    return asked


def test_an_entry_says_who_what_where_and_when() -> None:
    (step,) = CT.ScheduledProcedureStepSequence
    assert (str(CT.PatientName), CT.PatientID, CT.PatientBirthDate) == ("Le Gall^Hélène", "123", "19480229")
    assert (step.ScheduledProcedureStepStartDate, step.ScheduledProcedureStepStartTime) == ("20261122", "030405")
    assert (step.Modality, step.ScheduledStationAETitle, CT.TimezoneOffsetFromUTC) == ("CT", "CT1", "+0100")
    assert (CT.RequestedProcedurePriority, CT.RequestingPhysician) == ("STAT", "Dr Site")
    assert CT.StudyInstanceUID == MR.StudyInstanceUID == "2.25.7"
    assert CT.AccessionNumber == CT.RequestedProcedureID == number_of(REQUEST.id)
    assert step.ScheduledProcedureStepID != MR.ScheduledProcedureStepSequence[0].ScheduledProcedureStepID


@given(st.uuids())
def test_the_numbers_of_every_request_are_valid_in_dicom(request_id: UUID) -> None:
    assert UID(study_uid_of(request_id)).is_valid
    assert len(number_of(request_id) + "CT") == 16


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (query(), True),
        (query(PatientName="le gall*"), True),
        (query(PatientName="LE GALL"), True),
        (query(PatientName="gall"), False),
        (query(PatientID="12?"), True),
        (query(PatientID="124"), False),
        (query(AccessionNumber=number_of(REQUEST.id)), True),
        (query(AccessionNumber="NV"), False),
        (query(StudyInstanceUID=["1.2.3", "2.25.7"]), True),
        (query(StudyInstanceUID="1.2.3"), False),
        (query(RequestedProcedureID="x"), False),
        (query({"Modality": "CT"}), True),
        (query({"Modality": "MR"}), False),
        (query({"Modality": ""}), True),
        (query({"ScheduledStationAETitle": "ANOTHER"}), True),
        (query({"ScheduledProcedureStepStartDate": "20261122"}), True),
        (query({"ScheduledProcedureStepStartDate": "20261121-20261122"}), True),
        (query({"ScheduledProcedureStepStartDate": "-20261121"}), False),
        (query({"ScheduledProcedureStepStartDate": "20261123-"}), False),
        (query({"ScheduledProcedureStepStartTime": "03-04"}), True),
        (query({"ScheduledProcedureStepStartTime": "0305-"}), False),
        (query({"Modality": "CT", "ScheduledProcedureStepStartDate": "20261123"}), False),
        (query(InstitutionName="unknown here"), True),
    ],
)
def test_a_scanner_finds_what_its_keys_say(asked: Dataset, *, found: bool) -> None:
    assert fits(CT, asked) is found


def test_what_was_asked_for_comes_back_and_nothing_else() -> None:
    asked = query({"Modality": "CT", "ScheduledStationName": ""}, PatientName="", Allergies="", InstitutionName="")
    answer = returned(CT, asked)
    assert str(answer.PatientName) == "Le Gall^Hélène"
    assert answer.SpecificCharacterSet == "ISO_IR 192"
    assert not answer.InstitutionName
    assert "PatientID" not in answer
    (step,) = answer.ScheduledProcedureStepSequence
    assert [one.keyword for one in step] == ["Modality", "ScheduledStationName"]


def test_a_sequence_asked_for_without_keys_comes_back_whole() -> None:
    asked = Dataset()
    asked.ScheduledProcedureStepSequence = []
    assert returned(CT, asked).ScheduledProcedureStepSequence[0] == CT.ScheduledProcedureStepSequence[0]


def test_the_step_is_for_the_station_that_asks() -> None:
    assert station_of(query({"ScheduledStationAETitle": "SCAN2"}), "CT1") == "SCAN2"
    assert station_of(query({"ScheduledStationAETitle": "SC*"}), "CT1") == "CT1"
    assert station_of(query(), "CT1") == "CT1"


def test_a_query_with_absurdly_many_keys_is_refused() -> None:
    asked = Dataset()
    for number in range(MOST_KEYS + 1):
        asked.add_new(0x0011_1000 + number, "LO", "x")
    with pytest.raises(BadInput):
        check(asked)
