"""A match as the identifier of a C-FIND response (PS3.4 C.4.1.1.3.2), in UTF-8."""

from __future__ import annotations

from typing import Any

from pydicom import Dataset

from dicom_node.query.request import UNIQUE_KEY, Level, Query
from dicom_node.query.search import Row


def response(row: Row, query: Query, ae_title: str) -> Dataset:
    """What was asked for, empty where it is unknown; the unique keys always."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.QueryRetrieveLevel = query.level.value
    dataset.RetrieveAETitle = ae_title
    levels = list(Level)
    unique = [UNIQUE_KEY[level] for level in levels[: levels.index(query.level) + 1]]
    for keyword in dict.fromkeys((*unique, *query.returned)):
        if keyword in row:
            _put(dataset, keyword, row[keyword])
    return dataset


def _put(dataset: Dataset, keyword: str, value: Any) -> None:
    """Set a value; one that a sender gave and DICOM does not allow is left empty."""
    try:
        setattr(dataset, keyword, "" if value is None else value)
    except (ValueError, TypeError):
        setattr(dataset, keyword, "")
