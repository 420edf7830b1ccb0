"""Answers a query from the database: what one site has sent, and nothing of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, func, select
from sqlalchemy.exc import SQLAlchemyError

from dicom_node.query.matching import Kind, matches
from dicom_node.query.request import Level, Query
from pipeline.database.tables import case, instance, series, study
from pipeline.domain.errors import BadInput, DatabaseUnavailable

MOST_ANSWERS = 10_000

_PATIENT: dict[str, tuple[Any, Kind]] = {
    "PatientName": (case.c.patient_name, Kind.NAME),
    "PatientID": (study.c.patient_id, Kind.TEXT),
    "IssuerOfPatientID": (study.c.issuer_of_patient_id, Kind.TEXT),
    "PatientBirthDate": (case.c.patient_birth_date, Kind.RANGE),
    "PatientSex": (case.c.patient_sex, Kind.TEXT),
}
_STUDY: dict[str, tuple[Any, Kind]] = {
    "StudyInstanceUID": (study.c.study_instance_uid, Kind.UID),
    "StudyDate": (study.c.study_date, Kind.RANGE),
    "StudyTime": (study.c.study_time, Kind.RANGE),
    "StudyDescription": (study.c.study_description, Kind.TEXT),
    "AccessionNumber": (study.c.accession_number, Kind.TEXT),
}
_SERIES: dict[str, tuple[Any, Kind]] = {
    "SeriesInstanceUID": (series.c.series_instance_uid, Kind.UID),
    "Modality": (series.c.modality, Kind.TEXT),
    "SeriesDescription": (series.c.series_description, Kind.TEXT),
    "SeriesNumber": (series.c.series_number, Kind.NUMBER),
}
_IMAGE: dict[str, tuple[Any, Kind]] = {
    "SOPInstanceUID": (instance.c.sop_instance_uid, Kind.UID),
    "SOPClassUID": (instance.c.sop_class_uid, Kind.UID),
    "InstanceNumber": (instance.c.instance_number, Kind.NUMBER),
    "AvailableTransferSyntaxUID": (instance.c.transfer_syntax_uid, Kind.UID),
}
_OF_LEVEL = {Level.PATIENT: _PATIENT, Level.STUDY: _STUDY, Level.SERIES: _SERIES, Level.IMAGE: _IMAGE}

_series_count = func.count(series.c.id.distinct())
_image_count = func.count(instance.c.id.distinct())
_COUNTED: dict[Level, dict[str, Any]] = {
    Level.PATIENT: {
        "NumberOfPatientRelatedStudies": func.count(study.c.id.distinct()),
        "NumberOfPatientRelatedSeries": _series_count,
        "NumberOfPatientRelatedInstances": _image_count,
    },
    Level.STUDY: {
        "ModalitiesInStudy": func.array_agg(series.c.modality.distinct()),
        "NumberOfStudyRelatedSeries": _series_count,
        "NumberOfStudyRelatedInstances": _image_count,
    },
    Level.SERIES: {"NumberOfSeriesRelatedInstances": _image_count},
    Level.IMAGE: {},
}

_ORDER: dict[Level, tuple[Any, ...]] = {
    Level.PATIENT: (study.c.patient_id,),
    Level.STUDY: (study.c.study_date.desc(), study.c.study_time.desc(), study.c.study_instance_uid, study.c.patient_id),
    Level.SERIES: (study.c.study_instance_uid, series.c.series_number, series.c.series_instance_uid),
    Level.IMAGE: (
        study.c.study_instance_uid, series.c.series_number, series.c.series_instance_uid, instance.c.instance_number,
        instance.c.sop_instance_uid,
    ),
}  # fmt: skip
"""So that pages of one search neither repeat nor miss a match."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredInstance:
    """An instance that matched: what it is, and its file, relative to the vault."""

    SOPClassUID: str
    SOPInstanceUID: str
    TransferSyntaxUID: str
    path: str


def find(engine: Engine, site_id: str, query: Query) -> list[Row]:
    """One row a match, by keyword. Raises `DatabaseUnavailable`, and `BadInput` when there are too many."""
    statement = _rows(query, study.c.site_id == site_id).limit(MOST_ANSWERS + 1)
    rows = [dict(row._mapping) for row in _execute(engine, statement)]  # noqa: SLF001 -- SQLAlchemy's public name
    if len(rows) > MOST_ANSWERS:
        raise BadInput(f"More than {MOST_ANSWERS} match; ask for less.")
    return rows


def page(connection: Connection, allowed: ColumnElement[bool], query: Query, limit: int, offset: int) -> list[Row]:
    """Some of the matches, in an order that stays; ``allowed`` is a condition on the study and its case."""
    statement = _rows(query, allowed).order_by(*_ORDER[query.level]).limit(limit).offset(offset)
    return [dict(row._mapping) for row in connection.execute(statement)]  # noqa: SLF001 -- as above


def _rows(query: Query, allowed: ColumnElement[bool]) -> Select[Any]:
    columns = _columns(query.level)
    shown = [column.label(keyword) for keyword, (column, _) in columns.items()]
    shown += [column.label(keyword) for keyword, column in _COUNTED[query.level].items()]
    statement = _matching(select(*shown), allowed, query, columns)
    return statement.group_by(*(column for column, _ in columns.values()))


def stored(engine: Engine, site_id: str, query: Query) -> list[StoredInstance]:
    """The instances that a retrieval names. Raises `DatabaseUnavailable`."""
    shown = (
        instance.c.sop_class_uid, instance.c.sop_instance_uid, instance.c.transfer_syntax_uid, instance.c.path,
        series.c.series_number, instance.c.instance_number,
    )  # fmt: skip
    statement = _matching(select(*shown).distinct(), study.c.site_id == site_id, query, _columns(Level.IMAGE))
    statement = statement.order_by(series.c.series_number, instance.c.instance_number)
    return [StoredInstance(*row[:4]) for row in _execute(engine, statement)]


def matched_keys(level: Level) -> frozenset[str]:
    """The keywords that a search at a level matches."""
    return frozenset({*_columns(level), "ModalitiesInStudy"})


def _columns(level: Level) -> dict[str, tuple[Any, Kind]]:
    """The keys of a level and of those above it."""
    levels = list(Level)
    return {keyword: column for one in levels[: levels.index(level) + 1] for keyword, column in _OF_LEVEL[one].items()}


def _matching(
    statement: Select[Any], allowed: ColumnElement[bool], query: Query, columns: dict[str, tuple[Any, Kind]]
) -> Select[Any]:
    joined = (
        study.join(case, case.c.id == study.c.case_id)
        .join(series, series.c.study_id == study.c.id)
        .join(instance, instance.c.series_id == series.c.id)
    )
    statement = statement.select_from(joined).where(allowed, instance.c.standing == "current")
    for keyword, value in query.matching.items():
        if keyword in columns:
            statement = statement.where(matches(columns[keyword][0], value, columns[keyword][1]))
        elif keyword == "ModalitiesInStudy":
            statement = statement.where(_has_modality(value))
    return statement


def _has_modality(value: str) -> Any:
    other = series.alias()
    wanted = matches(other.c.modality, value, Kind.TEXT)
    return select(other.c.id).where(other.c.study_id == study.c.id, wanted).exists()


def _execute(engine: Engine, statement: Select[Any]) -> Sequence[Any]:
    try:
        with engine.connect() as connection:
            return connection.execute(statement).all()
    except SQLAlchemyError as exc:
        raise DatabaseUnavailable from exc
