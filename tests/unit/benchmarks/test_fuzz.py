"""The corpus of the fuzzer runs in every build."""

from __future__ import annotations

from random import Random

import pytest

from benchmarks.fuzz.__main__ import fuzz
from benchmarks.fuzz.mutation import mutated
from benchmarks.fuzz.targets import TARGETS, Target, complaint, most_memory_kb


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_made_from_the_corpus_breaks_a_reader(name: str) -> None:
    target = TARGETS[name]
    chance, before_kb = Random(7), most_memory_kb()
    inputs = [*target.corpus, *(mutated(chance, target.corpus) for _ in range(300))]
    wrong = [(found, body.hex()) for body in inputs if (found := complaint(target, body, before_kb))]
    assert wrong == []


def test_a_reader_that_breaks_is_complained_of() -> None:
    assert "ZeroDivisionError" in complaint(Target(lambda _: 1 // 0, (ValueError,), (b"",)), b"x", most_memory_kb())


def test_an_input_that_goes_a_new_way_is_kept() -> None:
    _, found, wrong, _ = fuzz(TARGETS["command"], [b""], Random(1), seconds=0.3)
    assert (bool(found), wrong) == (True, "")
