"""Deleting on a real PostgreSQL: bytes, rows and results go, whatever interrupts it, and are recorded."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import func, insert, select, update

from dicom_node.server.removals import Removals
from dicom_node.vault.fast import FastVault
from dicom_node.vault.naming import study_folder
from pipeline.clerk.retention.__main__ import main as retention
from pipeline.clerk.retention.keep import keep_to_rules
from pipeline.database.closing import close_case
from pipeline.database.columns import metadata
from pipeline.database.deleting import Order, Reason, Refusal, order_deletion, rows_of
from pipeline.database.delivery_tables import delivery, destination
from pipeline.database.engine import connect
from pipeline.database.index import PostgresIndex
from pipeline.database.retention import name_rule, read_deletions
from pipeline.database.retention_tables import deletion, deletion_order
from pipeline.database.tables import analysis, case, event, finding, instance, result_object, series, study
from pipeline.domain.receipt import Arrival, Receipt
from pipeline.domain.retention import Hold, Rule, RuleKind, Scope
from pipeline.domain.steadiness import Reading
from pipeline.home import Home
from pipeline.testing.instances import TRANSFER_SYNTAX, TinySlice, uid

START = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


class House:
    """A vault, an index, the clerk's look and the door's removals, with clocks the test moves."""

    def __init__(self, database_url: str, root: Path) -> None:
        self.home = Home(root)
        self.now = datetime.now(UTC)
        self.counted = timedelta(hours=1)
        self.engine = connect(database_url)
        self.vault = FastVault(self.home.vault, watermark=1.0, segment_bytes=1 << 20)
        self.vault.recover()
        self.index = PostgresIndex(self.engine, self.home.vault, 5.0, now=lambda: self.now)
        self.removals = Removals(self.engine, self.home, self.vault, lambda: self.now)

    def restart(self) -> None:
        """A new node on what a killed one left."""
        os.close(self.vault._journal._lock)
        self.vault = FastVault(self.home.vault, watermark=1.0, segment_bytes=1 << 20)
        self.vault.recover()
        self.removals = Removals(self.engine, self.home, self.vault, lambda: self.now)

    def append(self, *slices: TinySlice, site: str = "carhaix") -> list[Receipt]:
        receipts = []
        for one in slices:
            sop_class = str(one.dataset().SOPClassUID)
            arrival = Arrival(site, "CT1", "a1", self.now, sop_class, one.SOPInstanceUID, TRANSFER_SYNTAX)
            receipts.append(self.vault.append(one.encoded(), arrival))
        while self.vault._queue:
            self.vault.step()
        return receipts

    def receive(self, *slices: TinySlice, site: str = "carhaix") -> list[Receipt]:
        receipts = self.append(*slices, site=site)
        self.index.record(receipts)
        self.vault.indexed(receipts)
        return receipts

    def settled_study(self, name: str = "study", site: str = "carhaix") -> Any:
        """A study with an analysed series, its mask, frames and a result; its case is closed. The case's id."""
        receipts = self.receive(*(TinySlice(study=name, patient_id=name, number=n) for n in (1, 2, 3)), site=site)
        with self.engine.begin() as connection:
            series_id, case_id = connection.execute(
                select(series.c.id, study.c.case_id)
                .join(study, study.c.id == series.c.study_id)
                .where(series.c.series_instance_uid == uid(name, "series"), study.c.site_id == site)
            ).one()
            connection.execute(update(series).where(series.c.id == series_id).values(arrival="complete"))
            values = {"series_id": series_id, "version": 1, "state": "analysed", "finished_at": self.now}
            analysis_id = connection.execute(insert(analysis).values(values).returning(analysis.c.id)).scalar_one()
            found = {"kind": "haemorrhage", "volume_ml": 3, "side": "left", "confidence": 0.9, "label": 1}
            connection.execute(insert(finding).values(analysis_id=analysis_id, **found))
            connection.execute(
                insert(result_object).values(
                    analysis_id=analysis_id,
                    sop_instance_uid=uid(name, "ours"),
                    series_instance_uid=uid(name, "ours-series"),
                    kind="seg",
                    path="studies/x",
                    sha256="",
                )
            )
            close_case(connection, case_id, "ann", self.now)
        for folder in (f"masks/{analysis_id}-1", *(f"frames/{one.sha256}" for one in receipts)):
            (self.home.derived / folder).mkdir(parents=True)
            (self.home.derived / folder / "1").write_bytes(b"x")
        return case_id

    def look(self, **later: float) -> int:
        """Let time pass on both clocks, and the clerk look."""
        self.now += timedelta(**later)
        self.counted += timedelta(**later)
        return keep_to_rules(self.engine, self.home.vault, Reading("boot", self.counted, self.now))

    def name(self, **rule: Any) -> None:
        with self.engine.begin() as connection:
            name_rule(connection, Rule(uuid4(), **rule), "root", self.now)

    def order(self, case_id: Any, scope: Scope = Scope.IMAGES) -> Any:
        with self.engine.begin() as connection:
            return order_deletion(connection, Order(case_id, Reason("a test", "ann", scope)), self.now)

    def count(self, table: Any) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

    def files(self) -> list[Path]:
        return [*self.home.vault.glob("studies/*/*"), *(one for one in self.home.derived.rglob("*") if one.is_file())]

    def deletions(self) -> list[Any]:
        with self.engine.connect() as connection:
            return list(read_deletions(connection, 10))


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    made = House(database_url, tmp_path)
    yield made
    made.vault.release()
    made.engine.dispose()


def test_what_is_old_and_closed_goes_with_bytes_rows_and_results_and_is_recorded(house: House) -> None:
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


def test_the_whole_case_goes_where_the_rule_says_so(house: House) -> None:
    house.settled_study()
    house.name(kind=RuleKind.AGE, days=1, scope=Scope.RECORD)
    house.look()
    house.look(days=2)
    house.removals.look()
    assert [house.count(table) for table in (case, study, event)] == [0, 0, 0]
    assert house.files() == []
    assert len(house.deletions()) == 1


def test_a_clock_that_is_set_deletes_nothing_early(house: House) -> None:
    house.settled_study()
    house.name(kind=RuleKind.AGE, days=30)
    house.look()
    house.now += timedelta(days=3650)
    assert house.look() == 0
    house.now -= timedelta(days=7300)
    assert house.look() == 0
    assert house.look(days=31) == 0  # by the wall it is years before it came
    assert house.count(instance) == 3


def test_what_is_not_delivered_stays_however_full_the_disk_is(house: House) -> None:
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


def test_an_open_case_is_closed_by_its_rule_and_opened_by_a_new_image(house: House) -> None:
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


def test_a_study_that_is_sent_again_while_its_bytes_are_removed_is_new(
    house: House, monkeypatch: pytest.MonkeyPatch
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


def test_an_order_waits_for_what_is_news_to_the_index_and_is_refused_when_the_case_is_open_again(house: House) -> None:
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


def test_a_crash_after_the_rows_are_gone_does_not_bring_the_study_back(house: House) -> None:
    house.order(house.settled_study())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.removals, "_carry_on", lambda _: None)
        house.removals.look()
    house.restart()
    assert list(house.vault.pending()) == []  # a replay would have told the index of them again
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


def _let_die(house: House, patch: pytest.MonkeyPatch, dies: Callable[[], None]) -> None:
    """Die before a step of the removal; the last one, noting that it is done, is never reached."""
    for owner, name in ((house.vault._journal, "erase"), (house.vault._plain, "remove"), (house.vault._plain, "sweep")):
        real = getattr(owner, name)
        patch.setattr(owner, name, lambda *of, real=real: (dies(), real(*of)))
    patch.setattr("dicom_node.server.removals.remove_tree", lambda _: dies())
    patch.setattr("dicom_node.server.removals.finish_deletion", lambda *_: dies())


def test_killed_at_any_step_it_is_carried_on_to_the_same_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_everything_that_refers_to_a_case_goes_with_it() -> None:
    names = {table.name for table in rows_of(case, case.c.closed_at.is_not(None))}
    refers = {table.name for table in metadata.sorted_tables for key in table.foreign_keys if key.column.table is case}
    assert refers < names
    assert {"opinion_version", "request_version", "finding", "result_object", "instance"} < names
    assert names.isdisjoint({"account", "site", "peer", "duty", "channel", "destination", "deletion"})


def test_the_commands_name_plan_delete_and_show(
    house: House, database_url: str, monkeypatch: pytest.MonkeyPatch
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
