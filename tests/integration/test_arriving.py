"""Series are decoded while they arrive, and nothing depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dicom_node.vault.simple import SimpleVault
from pipeline.database.engine import connect
from pipeline.database.index import PostgresIndex
from pipeline.domain.errors import InferenceCrashed
from pipeline.domain.ports import Step
from pipeline.domain.receipt import Arrival
from pipeline.domain.role import SeriesRole
from pipeline.home import Home
from pipeline.inference.requests import TakeIn
from pipeline.testing.instances import TRANSFER_SYNTAX, TinySlice
from pipeline.worker.arriving import Arrivals
from pipeline.worker.bench import Bench

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


class Child:
    """Remembers what it was given to take in, as one process id after another."""

    def __init__(self) -> None:
        self.pid = 1
        self.dies = False
        self.taken: list[Path] = []

    def run(self, request: TakeIn, *, urgency: int = 0) -> Iterator[Any]:
        if self.dies:
            raise InferenceCrashed
        for file in request.files:
            self.taken.append(file)
            yield Step("taken in", 1.0)


@pytest.fixture
def work(database_url: str, tmp_path: Path) -> Iterator[Bench]:
    engine, home = connect(database_url), Home(tmp_path)
    index = PostgresIndex(engine, home.vault, 5.0, now=lambda: NOW)
    vault = SimpleVault(home.vault, watermark=1.0)
    yield Bench(engine, home, vault, index, Child(), lambda: NOW)  # type: ignore[arg-type]
    engine.dispose()


def receive(work: Bench, *numbers: int, **extra: Any) -> None:
    receipts = []
    for number in numbers:
        one = TinySlice(number=number, extra={"ImagesInAcquisition": 5, **extra})
        uids = (str(one.dataset().SOPClassUID), one.SOPInstanceUID, TRANSFER_SYNTAX)
        receipts.append(work.vault.append(one.encoded(), Arrival("carhaix", "CT1", "a1", NOW, *uids)))
    work.index.record(receipts)


def test_images_are_taken_in_as_they_come_until_the_series_is_complete(work: Bench) -> None:
    arrivals = Arrivals({SeriesRole.NCCT})
    child: Any = work.child
    assert arrivals.look(work) == 0
    receive(work, 1, 2, 3)
    assert [arrivals.look(work), arrivals.look(work)] == [3, 0]
    receive(work, 4)
    assert arrivals.look(work) == 1
    assert all(file.is_file() for file in child.taken)
    receive(work, 5)
    assert arrivals.look(work) == 0  # complete: its analysis reads what is left


def test_what_a_dead_child_had_taken_in_is_given_to_the_next_one(work: Bench) -> None:
    arrivals = Arrivals({SeriesRole.NCCT})
    receive(work, 1, 2)
    arrivals.look(work)
    work.child.pid = 2  # type: ignore[misc]
    assert arrivals.look(work) == 2


def test_a_series_at_which_the_child_dies_is_left_to_its_analysis(work: Bench) -> None:
    arrivals = Arrivals({SeriesRole.NCCT})
    child: Any = work.child
    receive(work, 1, 2)
    child.dies = True
    assert arrivals.look(work) == 0
    child.dies = False
    receive(work, 3)
    assert arrivals.look(work) == 0


def test_what_no_model_reads_is_not_decoded(work: Bench) -> None:
    receive(work, 1, ContrastBolusAgent="IOMERON", SliceThickness=1)
    assert Arrivals({SeriesRole.NCCT}).look(work) == 0
