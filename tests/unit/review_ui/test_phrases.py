"""What models and errors say to a reader is in every language of the desk: a new sentence without one fails here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import review_ui
from models.inference.familiarity import SENTENCES
from pipeline.domain.errors import BundleError, InferenceFailed, NotAnalysable

TABLES = Path(review_ui.__file__).parent / "web" / "src" / "i18n"
OF_ERRORS = (NotAnalysable, InferenceFailed, BundleError)


def known() -> list[re.Pattern[str]]:
    """The patterns of the desk's tables; they are simple enough to mean the same here as in a browser."""
    text = "".join((TABLES / name).read_text() for name in ("phrase-table.ts", "phrases-of-images.ts"))
    return [re.compile(found) for found in re.findall(r"says: /(\^.*?\$)/,", text)]


def every_error(kinds: tuple[type[Exception], ...]) -> Iterator[type[Exception]]:
    for kind in kinds:
        yield kind
        yield from every_error(tuple(kind.__subclasses__()))


def test_there_are_tables() -> None:
    assert len(known()) > 80


@pytest.mark.parametrize("sentence", sorted(SENTENCES.values()))
def test_what_a_model_says_of_a_scan_is_translated(sentence: str) -> None:
    assert [one for one in known() if one.search(sentence)]


@pytest.mark.parametrize(
    "kind", sorted(every_error(OF_ERRORS), key=lambda kind: kind.__name__), ids=lambda k: k.__name__
)
def test_why_a_series_has_no_answer_is_translated(kind: type[Exception]) -> None:
    assert [one for one in known() if one.search((kind.__doc__ or "").strip())]
