"""When an image says it was made, by the clock of the machine that made it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pydicom

from pipeline.assembly.headers import BROKEN

_DATES_AND_TIMES = (
    ("InstanceCreationDate", "InstanceCreationTime"),
    ("ContentDate", "ContentTime"),
    ("AcquisitionDate", "AcquisitionTime"),
    ("SeriesDate", "SeriesTime"),
)
LOCAL = ZoneInfo("Europe/Paris")
"""The zone of a header that names none (Timezone Offset From UTC, PS3.3 C.12.1.1.8)."""

_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:\.\d{1,6})?([+-]\d{4})?")
"""DA and TM written together, or DT (PS3.5 6.2), to the minute at least; fractions of a second are left out."""

_ZONE = re.compile(r"([+-])(\d\d)(\d\d)")


def made_at(header: pydicom.Dataset, local: tzinfo = LOCAL) -> datetime | None:
    """The latest of an image's own times, in UTC; none where it has no date and time together."""
    zone = _zone(_text(header, "TimezoneOffsetFromUTC")) or local
    texts = [_text(header, date) + _text(header, time) for date, time in _DATES_AND_TIMES]
    found = [_moment(text, zone) for text in (*texts, _text(header, "AcquisitionDateTime"))]
    return max((one for one in found if one is not None), default=None)


def _text(header: pydicom.Dataset, keyword: str) -> str:
    try:
        return str(header.get(keyword) or "").strip()
    except BROKEN:
        return ""


def _moment(text: str, zone: tzinfo) -> datetime | None:
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    *numbers, offset = match.groups(default="0")
    try:
        return datetime(*map(int, numbers), tzinfo=_zone(offset) or zone).astimezone(UTC)  # type: ignore[misc,arg-type]
    except (ValueError, OverflowError):
        return None


def _zone(text: str) -> tzinfo | None:
    """A zone as DICOM writes it, &ZZXX."""
    match = _ZONE.fullmatch(text)
    if match is None:
        return None
    sign, hours, minutes = match.groups()
    try:
        return timezone((1 if sign == "+" else -1) * timedelta(hours=int(hours), minutes=int(minutes)))
    except ValueError:
        return None
