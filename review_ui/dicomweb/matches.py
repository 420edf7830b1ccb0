"""The matches of a search as DICOM JSON (PS3.18 10.6.3 and annex F)."""

from __future__ import annotations

from typing import Any

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword

from dicom_node.query.request import Level
from dicom_node.query.search import Row

OF_IMAGES = ("00280008", "00280010", "00280011", "00280100")
"""NumberOfFrames, Rows, Columns, BitsAllocated: of an image's header (PS3.18 table 10.6.3-5)."""


def match_json(row: Row, level: Level, service: str) -> dict[str, Any]:
    """All we know of one match, where it is fetched, and that it is there."""
    dataset = Dataset()
    for keyword, value in row.items():
        _put(dataset, keyword, value)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.InstanceAvailability = "ONLINE"
    dataset.RetrieveURL = _address(row, level, service)
    found: dict[str, Any] = dataset.to_json_dict()
    return found


def with_header(found: dict[str, Any], header: dict[str, Any], included: frozenset[str]) -> dict[str, Any]:
    """The match of an image with what else its header says: the usual, and what was asked for by keyword."""
    if "all" in included:
        return header | found
    tags = {tag for tag in OF_IMAGES if tag in header} | {_tag(one) for one in included}
    return {tag: header[tag] for tag in tags if tag in header} | found


def _address(row: Row, level: Level, service: str) -> str:
    address = f"{service}/studies/{row['StudyInstanceUID']}"
    if level in {Level.SERIES, Level.IMAGE}:
        address += f"/series/{row['SeriesInstanceUID']}"
    return address + (f"/instances/{row['SOPInstanceUID']}" if level is Level.IMAGE else "")


def _put(dataset: Dataset, keyword: str, value: Any) -> None:
    """Set a value; one that a sender gave and DICOM does not allow is left empty."""
    if isinstance(value, list):
        value = [one for one in value if one]
    try:
        setattr(dataset, keyword, value if value not in (None, "") else None)
    except (ValueError, TypeError):
        setattr(dataset, keyword, None)


def _tag(keyword: str) -> str:
    tag = tag_for_keyword(keyword)
    return keyword if tag is None else f"{tag:08X}"
