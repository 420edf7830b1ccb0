"""A search of QIDO-RS as PS3.18 8.3.4 and 10.6 have it: keys, page, and what is not done, which is said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.datadict import keyword_for_tag, tag_for_keyword

from dicom_node.query.request import Level, Query
from dicom_node.query.search import matched_keys
from review_ui.http.problems import Problem

MOST_MATCHES = 1000
"""In one answer; the rest is asked for by ``offset``."""
MOST_KEYS = 100
_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_LISTS = frozenset({"StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID", "ModalitiesInStudy"})


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for; ``remarks`` say what of it is not done. ``included`` are further keywords, or "all"."""

    query: Query
    limit: int
    offset: int
    included: frozenset[str]
    remarks: tuple[str, ...]


def read_search(level: Level, asked: Iterable[tuple[str, str]], within: dict[str, str]) -> Search:
    """Read the parameters of a search; ``within`` are the UIDs of its address. Raises `Problem` 400."""
    parameters = list(asked)
    if len(parameters) > MOST_KEYS:
        raise Problem(400, "bad_request", "That is more keys than a search has.")
    keys = [(name, value) for name, value in parameters if name.lower() not in _RESERVED]
    options = {name.lower(): value for name, value in parameters if name.lower() in _RESERVED}
    matching = dict(within)
    remarks = []
    for name, value in keys:
        keyword = keyword_of(name.rpartition(".")[0] or name)
        if "." in name or keyword not in matched_keys(level):
            remarks.append(f"{keyword} is not matched")
        elif value:
            matching[keyword] = _values(keyword, value, matching.get(keyword))
    if options.get("fuzzymatching", "false").lower() == "true":
        remarks.append("the fuzzymatching parameter is not supported; only literal matching has been performed")
    included = frozenset(_included(parameters))
    limit = min(_number(options, "limit", MOST_MATCHES), MOST_MATCHES)
    return Search(
        Query(level, matching, ()), limit, _number(options, "offset", 0), included, tuple(dict.fromkeys(remarks))
    )


_RESERVED = frozenset({"limit", "offset", "fuzzymatching", "includefield"})


def keyword_of(name: str) -> str:
    """The keyword of an attribute named by keyword or tag. Raises `Problem` 400 when DICOM has none such."""
    first = name.split(".", maxsplit=1)[0]
    if _TAG.fullmatch(first):
        return keyword_for_tag(int(first, 16)) or first.upper()
    if tag_for_keyword(first) is None:
        raise Problem(400, "bad_request", "A key of the search is no attribute of DICOM.")
    return first


def _values(keyword: str, value: str, within: str | None) -> str:
    """Several UIDs may be joined by commas (PS3.18 8.3.4.1); those of the address cannot be widened."""
    if keyword not in _LISTS:
        return value
    values = [one for one in value.replace("\\", ",").split(",") if one]
    if within is not None:
        values = [one for one in values if one == within] or ["none of these"]
    return "\\".join(values)


def _included(parameters: list[tuple[str, str]]) -> Iterable[str]:
    for name, value in parameters:
        if name.lower() == "includefield":
            for one in value.split(","):
                yield "all" if one.strip().lower() == "all" else keyword_of(one.strip())


def _number(options: dict[str, str], name: str, otherwise: int) -> int:
    text = options.get(name, "")
    if not text:
        return otherwise
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise Problem(400, "bad_request", f"{name} is a number.")
    return int(text)
