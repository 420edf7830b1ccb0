"""A query as the standard has it: level, keys to match, keys to return (PS3.4 C.2.2 and C.4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pydicom import Dataset
from pydicom.multival import MultiValue

from pipeline.domain.errors import BadInput

MOST_KEYS = 200


class Level(StrEnum):
    """Query/Retrieve Level (0008,0052)."""

    PATIENT = "PATIENT"
    STUDY = "STUDY"
    SERIES = "SERIES"
    IMAGE = "IMAGE"


UNIQUE_KEY = {
    Level.PATIENT: "PatientID",
    Level.STUDY: "StudyInstanceUID",
    Level.SERIES: "SeriesInstanceUID",
    Level.IMAGE: "SOPInstanceUID",
}
"""PS3.4 C.6.1.1 and C.6.2.1."""


@dataclass(frozen=True, slots=True)
class Query:
    """``matching`` gives the text of each key that has a value, several joined by a backslash; ``returned``: all."""

    level: Level
    matching: dict[str, str]
    returned: tuple[str, ...]


def read_query(identifier: Dataset, *, patient_root: bool) -> Query:
    """Read the identifier of a C-FIND. Raises `BadInput` for a level this information model does not have."""
    level = _level(identifier, patient_root=patient_root)
    matching: dict[str, str] = {}
    returned: list[str] = []
    for element in identifier:
        if len(returned) >= MOST_KEYS:
            raise BadInput("The query has too many keys.")
        if element.keyword and element.VR != "SQ" and element.tag.group >= 0x0008:
            returned.append(element.keyword)
            text = _text(element.value)
            if text:
                matching[element.keyword] = text
    for keyword in ("QueryRetrieveLevel", "SpecificCharacterSet", "RetrieveAETitle"):
        matching.pop(keyword, None)
    return Query(level, matching, tuple(returned))


def read_retrieval(identifier: Dataset, *, patient_root: bool) -> Query:
    """Read the identifier of a C-MOVE or C-GET: only unique keys select. Raises `BadInput` when the level has none."""
    query = read_query(identifier, patient_root=patient_root)
    unique = {keyword: query.matching[keyword] for keyword in UNIQUE_KEY.values() if keyword in query.matching}
    if UNIQUE_KEY[query.level] not in unique:
        raise BadInput(f"The request names no {UNIQUE_KEY[query.level]}.")
    if any(character in value for value in unique.values() for character in "*?"):
        raise BadInput("A retrieval takes no wildcards.")
    return Query(query.level, unique, query.returned)


def _level(identifier: Dataset, *, patient_root: bool) -> Level:
    named = str(identifier.get("QueryRetrieveLevel", ""))
    if named not in set(Level) or (named == Level.PATIENT and not patient_root):
        raise BadInput("The query has no level of this information model.")
    return Level(named)


def _text(value: object) -> str:
    if isinstance(value, MultiValue | list | tuple):
        return "\\".join(str(one).strip() for one in value)
    return "" if value is None else str(value).strip()
