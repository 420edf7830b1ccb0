"""A minute of fuzzing in every build: what is found in longer runs is added to the corpus by hand."""

from __future__ import annotations

from random import Random

import pytest

from benchmarks.fuzz.__main__ import fuzz
from benchmarks.fuzz.targets import TARGETS

SECONDS = 60 / len(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_breaks_a_reader_in_its_share_of_a_minute(name: str) -> None:
    tried, _, wrong, body = fuzz(TARGETS[name], TARGETS[name].corpus, Random(), SECONDS)
    assert (wrong if " MB" not in wrong else "", body.hex() if wrong else "") == ("", "")
    assert tried > 50
