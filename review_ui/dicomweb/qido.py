"""Answers of a search (PS3.18 section 10.6) from what the database knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from review_ui.dicomweb.find import StudyAddress

_KEYS = {
    "SeriesInstanceUID": "series_instance_uid",
    "0020000E": "series_instance_uid",
    "Modality": "modality",
    "00080060": "modality",
}


def matches(row: Row[Any], query: Mapping[str, str]) -> bool:
    """Whether a series fits the keys of a search; keys we do not know are ignored, as the standard allows."""
    asked = [(getattr(row, _KEYS[key]), value) for key, value in query.items() if key in _KEYS and value]
    return all(known in value.replace("\\", ",").split(",") for known, value in asked)


def series_json(row: Row[Any], study_at: StudyAddress) -> dict[str, Any]:
    """One series of a search's answer."""
    return {
        "00080060": _value("CS", row.modality),
        "0008103E": _value("LO", row.series_description),
        "00081190": _value("UR", f"{study_at.path}/series/{row.series_instance_uid}"),
        "0020000D": _value("UI", study_at.StudyInstanceUID),
        "0020000E": _value("UI", row.series_instance_uid),
        "00200011": _value("IS", row.series_number),
        "00201209": _value("IS", row.images),
    }


def _value(vr: str, value: str | int | None) -> dict[str, Any]:
    return {"vr": vr} if value in (None, "") else {"vr": vr, "Value": [value]}
