"""Deleting goes on after a kill at any step, on a real PostgreSQL, and never takes what was just acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from pipeline.database.retention_tables import deletion, deletion_order
from pipeline.database.tables import case, instance, study
from pipeline.testing.instances import TinySlice
from pipeline.testing.keeping import KeepingHouse


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[KeepingHouse]:
    made = KeepingHouse(database_url, tmp_path)
    yield made
    made.vault.release()
    made.engine.dispose()


def test_a_study_that_is_sent_again_while_its_bytes_are_removed_is_new(
    house: KeepingHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = house.settled_study()
    house.order(case_id)
    with monkeypatch.context() as patch:
        patch.setattr(house.removals, "_carry_on", lambda _: None)
        house.removals.look()  # the rows are gone, and no byte
    again = house.receive(TinySlice(study="study", patient_id="study", number=1))
    house.removals.look()
    assert (house.home.vault / again[0].path).exists()
    assert house.count(instance) == 1
    with house.engine.connect() as connection:
        assert connection.execute(select(study.c.case_id)).scalar_one() != case_id
    assert house.deletions()[0].left["files"] == [again[0].path]


def test_an_order_waits_for_what_is_news_to_the_index_and_is_refused_when_the_case_is_open_again(
    house: KeepingHouse,
) -> None:
    case_id = house.settled_study()
    house.order(case_id)
    (again,) = house.append(TinySlice(study="study", patient_id="study", number=1))
    house.removals.look()
    assert (house.count(instance), house.count(deletion_order)) == (3, 1)
    house.vault.indexed([again])
    with house.engine.begin() as connection:
        connection.execute(update(case).values(closed_at=None))
    house.removals.look()
    assert (house.count(instance), house.count(deletion_order), house.deletions()) == (3, 0, [])


def test_a_crash_after_the_rows_are_gone_does_not_bring_the_study_back(house: KeepingHouse) -> None:
    house.order(house.settled_study())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.removals, "_carry_on", lambda _: None)
        house.removals.look()
    house.restart()
    assert list(house.vault.pending()) == []  # a replay would have told the index of them again
    house.removals.look()
    assert house.files() == []


def test_a_file_that_the_disk_does_not_give_up_holds_no_other_deletion_up(
    house: KeepingHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, other = house.settled_study(), house.settled_study("other")
    house.order(stuck)
    house.order(other)
    first = house.files()[0].parent
    real = house.vault.remove

    def remove(path: str, needed: Callable[[], bool]) -> bool:
        if path.split("/")[1] == first.name:
            raise OSError("the disk does not give it up")
        return real(path, needed)

    with monkeypatch.context() as patch:
        patch.setattr(house.vault, "remove", remove)
        house.removals.look()
        house.removals.look()
    assert {file.parent for file in house.home.vault.glob("studies/*/*")} == {first}
    house.removals.look()
    assert house.files() == []


class Killed(BaseException):
    """As kill -9: nothing of ours catches it."""


def _dies_before(number: int) -> Callable[[], None]:
    left = [number]

    def step() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    return step


def _let_die(house: KeepingHouse, patch: pytest.MonkeyPatch, dies: Callable[[], None]) -> None:
    """Die before a step of the removal; the last one, noting that it is done, is never reached."""
    steps = [
        (house.vault._journal, "erase"),
        *((house.vault._plain, name) for name in ("put_aside", "take_away", "sweep")),
    ]
    for owner, name in steps:
        real = getattr(owner, name)
        patch.setattr(owner, name, lambda *of, real=real: (dies(), real(*of))[1])
    patch.setattr("dicom_node.server.removals.remove_tree", lambda _: dies())
    patch.setattr("dicom_node.server.removals.finish_deletion", lambda *_: dies())


def test_killed_at_any_step_it_is_carried_on_to_the_same_end(
    house: KeepingHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.order(house.settled_study())
    kept = house.receive(TinySlice(study="other", patient_id="other"))
    survived = 0
    while survived < 100:
        with monkeypatch.context() as patch:
            _let_die(house, patch, _dies_before(survived))
            try:
                house.removals.look()
                break
            except Killed:
                survived += 1
    assert survived > 8
    assert house.count(deletion) == 1
    house.removals.look()
    assert [one.relative_to(house.home.vault).as_posix() for one in house.files()] == [kept[0].path]
    assert house.deletions()[0].done_at is not None
