"""What stands in a printed opinion, line by line, before anybody thinks of a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.database.opinions import StoredOpinion
from pipeline.domain.opinion import Content, Haemorrhage, Ischaemia, Suggestion, Version, said
from review_ui.views import PatientView

PARIS = ZoneInfo("Europe/Paris")

_WORDS_OF = {
    "sites": "site",
    "side": "side",
    "territories": "territory",
    "occlusion": "occlusion",
}
"""Whose values have words of their own, by the first part of their key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One signed version with everything that is printed beside it; ``pictures`` are PNG files."""

    opinion: StoredOpinion
    version: Version
    patient: PatientView
    site_name: str
    first_image_at: datetime
    requester: str
    question: str
    pictures: tuple[bytes, ...]
    printed_at: datetime


Lines = Iterator[tuple[str, str]]
"""A name and what is said under it, both in the reader's words."""


def whose(one: Printed, word: Mapping[str, str]) -> Lines:
    """Patient, hospital, who asked and who answers."""
    yield word["patient"], person(one.patient.name)
    yield word["birth_date"], _date(one.patient.birth_date) or word["not_said"]
    yield word["patient_id"], one.patient.id or word["not_said"]
    yield word["sex"], one.patient.sex or word["not_said"]
    yield word["site"], one.site_name
    yield word["images_of"], moment(one.first_image_at)
    if one.requester:
        yield word["requester"], one.requester
    if one.question:
        yield word["question"], one.question
    yield word["expert"], one.opinion.author
    yield word["signed_at"], moment(one.version.signed_at)
    yield word["version"], f"{one.version.number} / {len(one.opinion.versions)}"


def on_blood(content: Content, word: Mapping[str, str]) -> Lines:
    """What is said of haemorrhage."""
    yield word["present"], _value("present", content.haemorrhage.present, word)
    if content.haemorrhage.present:
        yield from _rest(content.haemorrhage, word)


def on_ischaemia(content: Content, word: Mapping[str, str]) -> Lines:
    """What is said of ischaemia, with what follows from it."""
    found = content.ischaemia
    yield word["present"], _value("present", found.present, word)
    yield from _rest(found, word)
    if found.mismatch_ratio is not None:
        yield word["mismatch_ratio"], f"{found.mismatch_ratio:.1f}".replace(".", word["decimal"])


def advised(content: Content, word: Mapping[str, str]) -> Lines:
    """What is advised, concluded and told."""
    yield word["recommendations"], ", ".join(word[f"recommendation.{one}"] for one in sorted(content.recommendations))
    yield word["conclusion"], content.conclusion or word["not_said"]
    if content.quality is not None:
        yield word["quality"], word[f"quality.{content.quality}"]
    call = content.critical_call
    if call is not None:
        heard = word["read_back"] if call.read_back else word["not_read_back"]
        yield word["critical_call"], f"{word['told']} {call.told}, {moment(call.at)}, {heard}"


def suggested(one: Suggestion, signed: Content, word: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """What models had suggested, name by name, beside what was signed."""
    for name in said(one.content):
        part, _, field_name = name.partition(".")
        values = (getattr(getattr(content, part), field_name) for content in (one.content, signed))
        before, after = (_value(field_name, value, word) for value in values)
        yield f"{word[part]} – {word[field_name]}", before, after


def versions(one: StoredOpinion) -> Iterator[tuple[str, str, str]]:
    """Every signed version: number, when, why."""
    for version in one.versions:
        yield str(version.number), moment(version.signed_at), version.why


def person(PersonName: str) -> str:
    """A name as people write it: its groups beside one another (PS3.5 6.2.1)."""
    groups = (" ".join(part for part in group.split("^") if part) for group in PersonName.split("="))
    return " / ".join(group for group in groups if group)


def moment(at: datetime) -> str:
    """A time in Paris, with the name of its zone."""
    local = at.astimezone(PARIS)
    return f"{local:%d/%m/%Y %H:%M} ({local:%Z})"


def _rest(part: Haemorrhage | Ischaemia, word: Mapping[str, str]) -> Lines:
    for one in fields(part):
        value = getattr(part, one.name)
        scored = one.name == "aspects" and value is not None  # no affected region at all is a score of ten
        if one.name != "present" and (scored or value not in (None, frozenset())):
            yield word[one.name], _value(one.name, value, word)


def _value(name: str, value: Any, word: Mapping[str, str]) -> str:
    if value is None:
        return word["not_said"]
    if name == "aspects":
        regions = f" ({', '.join(sorted(value))})" if value else ""
        return f"{10 - len(value)}{regions}"
    if isinstance(value, bool):
        return word["yes" if value else "no"]
    if isinstance(value, frozenset):
        return ", ".join(word[f"{_WORDS_OF[name]}.{one}"] for one in sorted(value)) or word["not_said"]
    if isinstance(value, float | int):
        return f"{value:g}".replace(".", word["decimal"])
    return word[f"{_WORDS_OF[name]}.{value}"]


def _date(birth_date: str) -> str:
    return f"{birth_date[6:]}/{birth_date[4:6]}/{birth_date[:4]}" if len(birth_date) == 8 else ""  # YYYYMMDD
