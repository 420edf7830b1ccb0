"""The matching of PS3.4 C.2.2.2 on data sets in memory, sequences included, and what is returned of a match."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydicom import DataElement, Dataset
from pydicom.multival import MultiValue

from pipeline.domain.errors import BadInput

MOST_KEYS = 200
_RANGES = frozenset({"DA", "TM", "DT"})
_NOT_MATCHED = frozenset({"SpecificCharacterSet", "TimezoneOffsetFromUTC", "ScheduledStationAETitle"})
"""The first two describe the query. Whichever scanner of the hospital asks may do the examination."""


def check(identifier: Dataset) -> None:
    """Raise `BadInput` for a query with more keys than any scanner has."""
    if sum(1 for _ in _walk(identifier)) > MOST_KEYS:
        raise BadInput("The query has too many keys.")


def station_of(identifier: Dataset, calling: str) -> str:
    """How the scanner calls itself: the station it asks for, else its calling AE title."""
    for item in identifier.get("ScheduledProcedureStepSequence") or ():
        asked = str(item.get("ScheduledStationAETitle") or "").strip()
        if asked and not set(asked) & set("*?\\"):
            return asked[:16]
    return calling


def fits(entry: Dataset, identifier: Dataset) -> bool:
    """Whether an entry matches every key that has a value; keys the entry does not know match everything."""
    return all(_fits(entry, key) for key in identifier if key.tag.group >= 0x0008)


def returned(entry: Dataset, identifier: Dataset) -> Dataset:
    """The attributes asked for, empty where there is nothing to say (PS3.4 K.4.1.1.3.2)."""
    answer = Dataset()
    for key in identifier:
        if key.tag.group < 0x0008:
            continue
        known = entry.get(key.tag)
        if key.VR == "SQ":
            answer.add_new(key.tag, "SQ", _returned_items(known, key))
        elif known is not None:
            answer.add_new(key.tag, known.VR, known.value)
        else:
            answer.add_new(key.tag, key.VR, None)
    answer.SpecificCharacterSet = entry.SpecificCharacterSet if "SpecificCharacterSet" in entry else "ISO_IR 192"
    return answer


def _returned_items(known: DataElement | None, key: DataElement) -> list[Dataset]:
    """Of a sequence asked for without saying what of it, everything is returned (PS3.4 C.2.2.2.6)."""
    items = list(known.value) if known is not None else []
    asked = key.value[0] if key.value else None
    if not asked:
        return items
    cut = [returned(item, asked) for item in items]
    for item in cut:
        del item.SpecificCharacterSet
    return cut


def _fits(entry: Dataset, key: DataElement) -> bool:
    if key.keyword in _NOT_MATCHED or key.tag not in entry:
        return True
    known = entry[key.tag]
    if key.VR == "SQ":
        asked = key.value[0] if key.value else Dataset()
        return not any(_text(one.value) for one in asked) or any(fits(item, asked) for item in known.value)
    wanted = _text(key.value)
    return not wanted or _matches(_text(known.value), wanted, key.VR)


def _matches(value: str, wanted: str, vr: str) -> bool:
    if vr in _RANGES:
        return _in_range(value, wanted)
    if vr == "UI":
        return value in wanted.split("\\")
    if vr == "PN":
        groups = (value, *value.split("="))
        return any(_wild(group, wanted.rstrip("^"), whole=False) for group in groups)
    return any(_wild(value, one, whole=True) for one in wanted.split("\\"))


def _wild(value: str, wanted: str, *, whole: bool) -> bool:
    """``*`` and ``?`` as PS3.4 C.2.2.2.4 has them; a name matches whatever its case, and from its first components."""
    pattern = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in wanted)
    if whole:
        return re.fullmatch(pattern, value, re.DOTALL) is not None
    return re.fullmatch(rf"(?:{pattern})(?:\^.*)?", value, re.DOTALL | re.IGNORECASE) is not None


def _in_range(value: str, wanted: str) -> bool:
    first, dash, last = (part.replace(":", "").strip() for part in wanted.partition("-"))
    if not dash:
        return value.startswith(first)
    return bool(value) and (not first or value >= first) and (not last or value[: len(last)] <= last)


def _walk(identifier: Dataset) -> Iterator[DataElement]:
    for element in identifier:
        yield element
        if element.VR == "SQ":
            for item in element.value:
                yield from _walk(item)


def _text(value: object) -> str:
    if isinstance(value, MultiValue | list | tuple):
        return "\\".join(str(one).strip() for one in value)
    return "" if value is None else str(value).strip()
