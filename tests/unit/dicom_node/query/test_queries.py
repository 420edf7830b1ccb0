"""Queries are read and matched as PS3.4 annex C says."""

from __future__ import annotations

import pytest
from pydicom import Dataset
from sqlalchemy import column
from sqlalchemy.dialects import postgresql

from dicom_node.query.answer import response
from dicom_node.query.matching import Kind, matches
from dicom_node.query.request import Level, Query, read_query, read_retrieval
from pipeline.domain.errors import BadInput


def _identifier(**keys: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in keys.items():
        setattr(dataset, keyword, value)
    return dataset


def _sql(value: str, kind: Kind) -> str:
    condition = matches(column("x"), value, kind)
    return str(condition.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))


def test_keys_with_a_value_match_and_all_keys_are_returned() -> None:
    asked = _identifier(QueryRetrieveLevel="STUDY", PatientName="DUP*", StudyInstanceUID=["1.2", "1.3"], StudyDate="")
    assert read_query(asked, patient_root=False) == Query(
        Level.STUDY,
        {"PatientName": "DUP*", "StudyInstanceUID": "1.2\\1.3"},
        ("StudyDate", "QueryRetrieveLevel", "PatientName", "StudyInstanceUID"),
    )


@pytest.mark.parametrize("level", ["", "PATIENT", "FRAME", "study"])
def test_a_level_that_the_model_lacks_is_refused(level: str) -> None:
    with pytest.raises(BadInput):
        read_query(_identifier(QueryRetrieveLevel=level), patient_root=False)


def test_a_retrieval_goes_by_unique_keys_alone_and_needs_that_of_its_level() -> None:
    asked = _identifier(QueryRetrieveLevel="SERIES", SeriesInstanceUID="1.2", PatientName="DUPONT")
    assert read_retrieval(asked, patient_root=False).matching == {"SeriesInstanceUID": "1.2"}
    with pytest.raises(BadInput):
        read_retrieval(_identifier(QueryRetrieveLevel="SERIES", StudyInstanceUID="1.2"), patient_root=False)
    with pytest.raises(BadInput):
        read_retrieval(_identifier(QueryRetrieveLevel="STUDY", StudyInstanceUID="*"), patient_root=False)


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("1.2\\1.3", Kind.UID, "x IN ('1.2', '1.3')"),
        ("CT", Kind.TEXT, "x = 'CT'"),
        ("H?AD*", Kind.TEXT, "x LIKE 'H_AD%%'"),
        ("5", Kind.NUMBER, "CAST(x AS TEXT) = '5'"),
        ("20260101-", Kind.RANGE, "x != '' AND x >= '20260101'"),
        ("20260101", Kind.RANGE, "x = '20260101'"),
    ],
)
def test_a_key_becomes_the_condition_of_the_standard(value: str, kind: Kind, expected: str) -> None:
    assert _sql(value, kind) == expected


def test_signs_that_sql_takes_for_wildcards_are_taken_literally() -> None:
    assert r"100\%%\_" in _sql("100%_*", Kind.TEXT).replace("\\\\", "\\")


def test_an_answer_is_in_utf_8_and_a_value_that_dicom_does_not_allow_is_empty() -> None:
    row = {"StudyInstanceUID": "1.2", "PatientName": "王^小东", "StudyDate": "yesterday", "SeriesNumber": None}
    query = Query(Level.STUDY, {}, ("PatientName", "StudyDate", "SeriesNumber", "KVP"))
    answer = response(row, query, "NEUROVIGIE")
    assert (answer.SpecificCharacterSet, str(answer.PatientName), answer.RetrieveAETitle) == (
        "ISO_IR 192", "王^小东", "NEUROVIGIE",
    )  # fmt: skip
    assert not answer.SeriesNumber
    assert "KVP" not in answer
