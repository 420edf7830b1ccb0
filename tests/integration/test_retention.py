"""Deleting on a real PostgreSQL: bytes, rows and results go, whatever interrupts it, and are recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, select, update

from dicom_node.vault.naming import study_folder
from pipeline.clerk.retention.__main__ import main as retention
from pipeline.database.closing import close_case, reopen
from pipeline.database.columns import metadata
from pipeline.database.deleting import Refusal, rows_of
from pipeline.database.delivery_tables import delivery, destination
from pipeline.database.tables import analysis, case, event, finding, instance, result_object, series, study
from pipeline.domain.retention import Hold, RuleKind, Scope
from pipeline.testing.instances import TinySlice, uid
from pipeline.testing.keeping import KeepingHouse

START = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[KeepingHouse]:
    made = KeepingHouse(database_url, tmp_path)
    yield made
    made.vault.release()
    made.engine.dispose()


def test_what_is_old_and_closed_goes_with_bytes_rows_and_results_and_is_recorded(house: KeepingHouse) -> None:
    case_id = house.settled_study()
    house.receive(TinySlice(study="other", patient_id="other"))
    house.name(kind=RuleKind.AGE, days=30)
    assert house.look() == 0
    assert house.look(days=29) == 0
    assert house.look(days=2) == 1
    assert house.look() == 0  # ordered already
    house.removals.look()
    assert [house.count(table) for table in (study, series, instance)] == [1, 1, 1]
    assert [house.count(table) for table in (analysis, finding, result_object)] == [0, 0, 0]
    assert house.count(case) == 2  # what was written of it stays
    assert len(house.files()) == 1
    (gone,) = house.deletions()
    assert (gone.case_id, gone.images, gone.by, gone.done_at) == (case_id, 3, "retention", house.now)
    assert gone.study_digest == study_folder("carhaix", uid("study"))
    assert "30 days" in gone.why
    assert uid("study") not in repr(gone)


def test_the_whole_case_goes_where_the_rule_says_so(house: KeepingHouse) -> None:
    house.settled_study()
    house.name(kind=RuleKind.AGE, days=1, scope=Scope.RECORD)
    house.look()
    house.look(days=2)
    house.removals.look()
    assert [house.count(table) for table in (case, study, event)] == [0, 0, 0]
    assert house.files() == []
    assert len(house.deletions()) == 1


def test_a_clock_that_is_set_deletes_nothing_early(house: KeepingHouse) -> None:
    house.settled_study()
    house.name(kind=RuleKind.AGE, days=30)
    house.look()
    house.now += timedelta(days=3650)
    assert house.look() == 0
    house.now -= timedelta(days=7300)
    assert house.look() == 0
    assert house.look(days=31) == 0  # by the wall it is years before it came
    assert house.count(instance) == 3


def test_what_is_not_delivered_stays_however_full_the_disk_is(house: KeepingHouse) -> None:
    case_id = house.settled_study()
    with house.engine.begin() as connection:
        to = insert(destination).values(site_id="carhaix", name="PACS", kind="stow").returning(destination.c.id)
        owed = {"destination_id": connection.execute(to).scalar_one(), "case_id": case_id, "event": "opinion_signed"}
        made = connection.execute(select(result_object.c.id)).scalar_one()
        connection.execute(insert(delivery).values(result_object_id=made, state="given_up", **owed))
    house.name(kind=RuleKind.DISK, days=1, most=0.0)
    house.look()
    assert house.look(days=2) == 0
    assert house.order(case_id) == Refusal(frozenset({Hold.UNDELIVERED}))
    with house.engine.begin() as connection:
        connection.execute(update(delivery).values(state="sent"))
    assert house.look(days=2) == 1
    house.removals.look()
    assert house.count(delivery) == 0


def test_an_open_case_is_closed_by_its_rule_and_opened_by_a_new_image(house: KeepingHouse) -> None:
    case_id = house.settled_study()
    with house.engine.begin() as connection:
        connection.execute(update(case).values(closed_at=None, version=case.c.version + 1))
    assert house.order(case_id) == Refusal(frozenset({Hold.OPEN}))
    house.name(kind=RuleKind.CLOSE, days=3, unasked=True)
    house.look()
    assert house.look(days=4) == 1
    house.receive(TinySlice(study="study", patient_id="study", number=9))
    with house.engine.connect() as connection:
        assert connection.execute(select(case.c.closed_at)).scalar_one() is None


def test_an_order_to_delete_is_void_once_the_case_was_open_again(house: KeepingHouse) -> None:
    case_id = house.settled_study()
    house.name(kind=RuleKind.AGE, days=30)
    house.look()
    assert house.look(days=31) == 1  # ordered, and the door is away
    with house.engine.begin() as connection:
        reopen(connection, [case_id], house.now, by_person=True)
        close_case(connection, case_id, "expert", house.now)
    house.removals.look()
    assert house.count(instance) == 3


def test_everything_that_refers_to_a_case_goes_with_it() -> None:
    names = {table.name for table in rows_of(case, case.c.closed_at.is_not(None))}
    refers = {table.name for table in metadata.sorted_tables for key in table.foreign_keys if key.column.table is case}
    assert refers < names
    assert {"opinion_version", "request_version", "finding", "result_object", "instance"} < names
    assert names.isdisjoint({"account", "site", "peer", "duty", "channel", "destination", "deletion"})


def test_the_commands_name_plan_delete_and_show(
    house: KeepingHouse, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("NEUROVIGIE_HOME", str(house.home.root))
    house.settled_study()

    def said(*words: str, fails: bool = False) -> str:
        result = CliRunner().invoke(retention, list(words))
        assert (result.exit_code != 0) is fails, result.output
        return result.output or str(result.exception)

    assert "no rule" in said("list")
    said("age", "--days", "30", "--site", "nowhere", fails=True)
    said("age", "--days", "30")
    ((rule_id, *_),) = [line.split() for line in said("list").splitlines()]
    assert json.loads(said("plan", "--json"))["delete"] == []
    said("remove", rule_id)
    asked = ("request", "--site", "carhaix", "--study", uid("study"), "--why", "sent by mistake")
    assert "within seconds" in said(*asked)
    assert "already" in said(*asked, fails=True)
    house.removals.look()
    assert "no such study" in said(*asked, fails=True)
    (gone,) = json.loads(said("log", "--json", "--site", "carhaix", "--study", uid("study")))
    assert gone["why"] == "requested by carhaix: sent by mistake"
