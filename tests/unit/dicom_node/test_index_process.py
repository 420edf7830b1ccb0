"""The index in a process of its own: what it says comes back, and a dead one is replaced."""

from __future__ import annotations

import pickle
import sys
from io import BytesIO
from pathlib import Path

import pytest

from dicom_node.index_process import IndexProcess, IndexRefused, answer_all
from pipeline.domain.errors import DatabaseUnavailable
from pipeline.domain.receipt import Receipt
from pipeline.testing.data_sets import arrival
from pipeline.testing.memory_index import MemoryIndex

RECEIPT = Receipt(arrival(), "studies/a/b.dcm", "0" * 64, 10)

CHILD = """
import pickle, sys
while True:
    try:
        name, argument = pickle.load(sys.stdin.buffer)
    except EOFError:
        break
    if argument == "die":
        sys.exit(1)
    answer = {"away": "unavailable", "bad": "refused"}.get(str(argument), "done")
    pickle.dump((answer, "ValueError"), sys.stdout.buffer)
    sys.stdout.buffer.flush()
"""


def test_questions_are_answered_until_there_are_no_more() -> None:
    index = MemoryIndex()
    asked = [("record", [RECEIPT]), ("association_closed", "a1")]
    answers = BytesIO()
    answer_all(index, BytesIO(b"".join(map(pickle.dumps, asked))), answers)
    assert index.happened == [RECEIPT.path, "closed a1"]
    answers.seek(0)
    assert [pickle.load(answers)[0] for _ in asked] == ["done", "done"]


@pytest.mark.parametrize(
    ("available", "refused", "answer"), [(False, set(), "unavailable"), (True, {RECEIPT.path}, "refused")]
)
def test_an_objection_is_an_answer_too(available: bool, refused: set[str], answer: str) -> None:
    index = MemoryIndex()
    index.available, index.refused = available, refused
    answers = BytesIO()
    answer_all(index, BytesIO(pickle.dumps(("record", [RECEIPT]))), answers)
    answers.seek(0)
    assert pickle.load(answers)[0] == answer


def test_what_the_child_says_is_raised_and_a_dead_one_is_replaced(tmp_path: Path) -> None:
    script = tmp_path / "child.py"
    script.write_text(CHILD)
    index = IndexProcess((sys.executable, str(script)))
    index.record([RECEIPT])
    with pytest.raises(DatabaseUnavailable):
        index.association_closed("away")
    with pytest.raises(IndexRefused, match="ValueError"):
        index.association_closed("bad")
    with pytest.raises(DatabaseUnavailable):
        index.association_closed("die")
    index.association_closed("fine")
    index.close()
