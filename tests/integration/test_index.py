"""Receipts become cases on a real PostgreSQL, once, whatever is repeated, cut short or contradicted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import OperationalError

from dicom_node.vault.simple import SimpleVault
from pipeline.clerk.quiet import complete_quiet_series
from pipeline.database.arrival import complete_if_arrived, receiving_series
from pipeline.database.closing import close_case, reopen
from pipeline.database.engine import connect
from pipeline.database.index import PostgresIndex
from pipeline.database.priors import expect
from pipeline.database.sites import ensure_site
from pipeline.database.tables import analysis, case, event, identity_correction, instance, series, study
from pipeline.domain.errors import DatabaseUnavailable
from pipeline.domain.receipt import Arrival, Receipt
from pipeline.testing.instances import TRANSFER_SYNTAX, TinySlice

START = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


class Clock:
    """A clock the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


class Bench:
    """A vault, an index on a real database and a clock."""

    def __init__(self, engine: Engine, root: Path) -> None:
        self.engine = engine
        self.clock = Clock()
        self.vault = SimpleVault(root, watermark=1.0)
        self.index = PostgresIndex(engine, root, 5.0, now=self.clock)

    def append(self, one: TinySlice, *, site: str = "carhaix", association: str = "a1") -> Receipt:
        arrival = Arrival(
            site_id=site,
            peer_ae_title="CT1",
            association_id=association,
            received_at=self.clock.now,
            SOPClassUID=str(one.dataset().SOPClassUID),
            SOPInstanceUID=one.SOPInstanceUID,
            TransferSyntaxUID=TRANSFER_SYNTAX,
        )
        return self.vault.append(one.encoded(), arrival)

    def receive(self, *slices: TinySlice, site: str = "carhaix", association: str = "a1") -> None:
        self.index.record([self.append(one, site=site, association=association) for one in slices])

    def sweep(self) -> bool:
        """What the clerk does at each tick: judge everything that still arrives; says whether any is complete."""
        with self.engine.begin() as connection:
            judged = [complete_if_arrived(connection, one, self.clock.now, 5.0) for one in receiving_series(connection)]
        return any(judged)

    def rows(self, query: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(query).all())

    def count(self, table: Any) -> int:
        return int(self.rows(select(func.count()).select_from(table))[0][0])

    def jobs(self, task: str) -> int:
        query = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :task").bindparams(task=task)
        return int(self.rows(query)[0][0])


@pytest.fixture
def bench(database_url: str, tmp_path: Path) -> Iterator[Bench]:
    engine = connect(database_url)
    yield Bench(engine, tmp_path / "vault")
    engine.dispose()


def head(images: int, **fields: Any) -> list[TinySlice]:
    """A head CT of so many slices, 5 mm apart."""
    return [TinySlice(number=number, **fields) for number in range(1, images + 1)]


def test_a_case_is_on_the_worklist_from_its_first_image(bench: Bench) -> None:
    bench.receive(TinySlice())
    (row,) = bench.rows(select(case))
    assert (row.state, row.tier, row.site_id) == ("receiving", "yellow", "carhaix")
    assert row.reasons[0]["code"] == "no_request"
    assert row.first_image_at == START


def test_recording_a_receipt_twice_changes_nothing(bench: Bench) -> None:
    receipt = bench.append(TinySlice())
    bench.index.record([receipt])
    before = [bench.rows(select(table)) for table in (case, study, series, instance, event)]
    bench.index.record([receipt, receipt])
    assert [bench.rows(select(table)) for table in (case, study, series, instance, event)] == before


def test_a_header_count_completes_a_series_with_its_last_image_and_enqueues_one_job(bench: Bench) -> None:
    slices = head(4, extra={"ImagesInAcquisition": 4})
    bench.receive(*slices[:3])
    assert bench.jobs("analyse") == 0
    bench.receive(slices[3])
    (row,) = bench.rows(select(series))
    assert (row.arrival, row.signal, row.images) == ("complete", "header_count", 4)
    assert bench.jobs("analyse") == 1


def test_a_released_association_with_a_whole_head_completes_the_series(bench: Bench) -> None:
    bench.receive(*head(30))
    bench.index.association_closed("a1")
    (row,) = bench.rows(select(series))
    assert (row.arrival, row.signal) == ("complete", "association_released")
    assert bench.jobs("analyse") == 1


def test_half_a_head_is_not_complete_when_the_association_is_released(bench: Bench) -> None:
    bench.receive(*head(10))
    bench.index.association_closed("a1")
    (row,) = bench.rows(select(series))
    assert row.arrival == "receiving"


def test_a_series_sent_over_two_associations_waits_for_both(bench: Bench) -> None:
    slices = head(40)
    bench.receive(*slices[:30], association="a1")
    bench.receive(*slices[30:], association="a2")
    bench.index.association_closed("a1")
    assert bench.jobs("analyse") == 0
    bench.index.association_closed("a2")
    assert bench.jobs("analyse") == 1


def test_what_no_model_reads_is_queued_where_it_waits_for_no_model(bench: Bench) -> None:
    bench.receive(TinySlice(series="ct", extra={"ImagesInAcquisition": 1}))
    bench.receive(TinySlice(series="other", extra={"ImagesInAcquisition": 1, "Modality": "OT", "BodyPartExamined": ""}))
    query = text("SELECT queue_name FROM procrastinate_jobs WHERE task_name = 'analyse' ORDER BY id")
    assert bench.rows(query) == [("inference",), ("quick",)]


def test_a_late_image_reruns_the_series_as_a_second_version(bench: Bench) -> None:
    slices = head(31)
    bench.receive(*slices[:30])
    bench.index.association_closed("a1")
    bench.clock.now += timedelta(minutes=1)
    bench.receive(slices[30], association="a2")
    (row,) = bench.rows(select(series))
    assert row.arrival == "receiving"
    bench.index.association_closed("a2")
    versions = bench.rows(select(analysis.c.version, analysis.c.coverage).order_by(analysis.c.version))
    assert [(version, coverage["images"]) for version, coverage in versions] == [(1, 30), (2, 31)]


def test_a_series_whose_images_may_be_waiting_for_the_index_is_not_silent(bench: Bench) -> None:
    half = head(10)
    bench.receive(*half)
    behind = bench.append(TinySlice(study="another", patient_id="P2"))
    bench.clock.now += timedelta(seconds=10)
    bench.index.record([behind])
    assert not bench.sweep()
    bench.clock.now += timedelta(seconds=5)
    assert bench.sweep()
    assert {row.signal for row in bench.rows(select(series))} == {"quiet_time"}


def test_an_index_that_is_behind_for_ever_keeps_no_series_waiting_for_ever(bench: Bench) -> None:
    bench.receive(*head(10))
    behind = bench.append(TinySlice(study="another", patient_id="P2"))
    bench.clock.now += timedelta(seconds=36)
    bench.index.record([behind])
    assert bench.sweep()


def test_a_batch_is_filed_as_its_images_are_one_by_one(bench: Bench) -> None:
    bench.index.record([bench.append(one, site="carhaix") for one in _a_mixture()])
    for one in _a_mixture():
        bench.receive(one, site="quimper")
    together, one_by_one = (bench.rows(FILED.where(study.c.site_id == site)) for site in ("carhaix", "quimper"))
    assert together == one_by_one
    warned = bench.rows(select(case.c.site_id, case.c.patient_id, case.c.warnings))
    codes = {
        site: {(row.patient_id, w["code"]) for row in warned for w in row.warnings if row.site_id == site}
        for site in ("carhaix", "quimper")
    }
    assert codes["carhaix"] == codes["quimper"] != set()
    assert {row.standing for row in together} == {"current", "conflict", "correction"}


FILED = (
    select(
        instance.c.sop_instance_uid,
        instance.c.sha256,
        instance.c.standing,
        series.c.series_instance_uid,
        series.c.images,
        series.c.extent_from_mm,
        series.c.extent_to_mm,
        series.c.expected,
        study.c.patient_id,
        case.c.patient_name,
    )
    .join_from(instance, series)
    .join(study)
    .join(case, case.c.id == study.c.case_id)
    .order_by(instance.c.sop_instance_uid, instance.c.sha256)
)


def _a_mixture() -> list[TinySlice]:
    """Two series in turns, the same bytes again, other pixels, another patient and another spelling."""
    ct, other = head(5, extra={"ImagesInAcquisition": 9}), head(5, series="other")
    turns = [one for pair in zip(ct, other, strict=True) for one in pair]
    again = [ct[0], ct[1].but(value=41), ct[2].but(patient_name="Doe^Janet"), other[0].but(patient_id="P2", value=7)]
    return [*turns, *again, TinySlice(number=20, patient_id="P2"), ct[1].but(value=41)]


def test_the_same_bytes_again_rerun_nothing(bench: Bench) -> None:
    bench.receive(*head(30))
    bench.index.association_closed("a1")
    bench.receive(*head(30), association="a2")
    bench.index.association_closed("a2")
    assert (bench.count(case), bench.count(instance), bench.jobs("analyse")) == (1, 30, 1)


def test_other_bytes_under_one_uid_are_both_kept_and_flagged(bench: Bench) -> None:
    bench.receive(TinySlice(value=40))
    bench.receive(TinySlice(value=41))
    assert sorted(row.standing for row in bench.rows(select(instance))) == ["conflict", "current"]
    (row,) = bench.rows(select(case))
    assert [warning["code"] for warning in row.warnings] == ["conflicting_duplicate"]


def test_the_same_pixels_with_another_name_ask_a_person_and_open_no_second_case(bench: Bench) -> None:
    bench.receive(*head(2))
    bench.receive(*head(2, patient_name="Doe^Janet", patient_id="P2"))
    (asked,) = bench.rows(select(identity_correction))
    assert (asked.known["PatientID"], asked.proposed["PatientID"], asked.state) == ("P1", "P2", "to_confirm")
    (row,) = bench.rows(select(case))
    assert (row.patient_id, [w["code"] for w in row.warnings]) == ("P1", ["identity_correction"])


def test_two_patients_under_one_study_uid_stay_two_cases_and_both_say_so(bench: Bench) -> None:
    bench.receive(TinySlice(number=1), TinySlice(number=2, patient_id="P2", patient_name="Roe^Richard"))
    rows = bench.rows(select(case))
    assert sorted(row.patient_id for row in rows) == ["P1", "P2"]
    assert all(row.warnings[0]["code"] == "two_patients_one_study" for row in rows)


def test_a_second_study_of_the_same_episode_joins_the_case(bench: Bench) -> None:
    bench.receive(TinySlice(study="ct"), TinySlice(study="mr"))
    assert (bench.count(case), bench.count(study)) == (1, 2)


def test_the_same_patient_id_at_two_sites_is_two_patients(bench: Bench) -> None:
    bench.receive(TinySlice(study="one"), site="carhaix")
    bench.receive(TinySlice(study="two"), site="quimper")
    assert bench.count(case) == 2


def test_patients_without_an_id_are_never_merged(bench: Bench) -> None:
    bench.receive(TinySlice(study="one", patient_id=""), TinySlice(study="two", patient_id=""))
    assert bench.count(case) == 2


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "Zoë^Éric", "=cmd|' /C calc'!A0"])
def test_a_hostile_name_is_only_text(bench: Bench, name: str) -> None:
    bench.receive(TinySlice(patient_name=name, extra={"SpecificCharacterSet": "ISO_IR 192"}))
    assert bench.rows(select(case.c.patient_name)) == [(name,)]


def test_a_database_that_does_not_answer_is_said_so_and_the_receipt_stays_pending(bench: Bench) -> None:
    receipt = bench.append(TinySlice())
    nowhere = PostgresIndex(connect("postgresql://nobody@127.0.0.1:9/none"), Path("unused"), 5.0)
    with pytest.raises(DatabaseUnavailable):
        nowhere.record([receipt])
    with pytest.raises(DatabaseUnavailable):
        nowhere.association_closed("a1")
    assert [pending.path for pending in bench.vault.pending()] == [receipt.path]


def absurd(length: int, letters: str) -> str:
    """A text that no compression makes short."""
    return "".join(Random(length).choices(letters, k=length))


def test_a_patient_with_an_absurd_id_is_on_the_worklist(bench: Bench) -> None:
    chinese = "".join(map(chr, range(0x4E00, 0x9F00)))
    absurdly_named = {"SpecificCharacterSet": "ISO_IR 192", "IssuerOfPatientID": absurd(999, chinese)}
    bench.receive(TinySlice(patient_id=absurd(1000, chinese), patient_name=absurd(900, chinese), extra=absurdly_named))
    assert bench.count(case) == 1


def test_an_image_that_no_index_takes_is_refused_alone_and_is_no_outage(bench: Bench) -> None:
    hostile = bench.append(TinySlice(extra={"SOPInstanceUID": absurd(9000, "0123456789abcdefghijklmnopqrstuvwxyz")}))
    with pytest.raises(OperationalError):
        bench.index.record([hostile])
    bench.receive(TinySlice())
    assert bench.count(instance) == 1


def test_a_clock_that_is_set_back_does_not_keep_a_series_waiting(bench: Bench) -> None:
    bench.receive(TinySlice())
    bench.clock.now -= timedelta(hours=1)
    assert complete_quiet_series(bench.engine, bench.clock, 5.0) == 0
    bench.clock.now += timedelta(seconds=5)
    assert complete_quiet_series(bench.engine, bench.clock, 5.0) == 1


def test_others_images_that_are_heard_of_late_keep_no_series_waiting(bench: Bench) -> None:
    """Results of the worker, STOW-RS and imports are heard of some seconds late, again and again."""
    bench.receive(TinySlice())
    for number in (1, 2, 3):
        late = bench.append(TinySlice(study="another", series=f"s{number}", patient_id="P2"))
        bench.clock.now += timedelta(seconds=5)
        bench.index.record([late])
    bench.sweep()
    query = select(series.c.arrival).join(study, study.c.id == series.c.study_id).where(study.c.patient_id == "P1")
    assert [row.arrival for row in bench.rows(query)] == ["complete"]


@pytest.mark.parametrize(("study_date", "hidden"), [("20261121", False), ("20261120", False), ("20261001", True)])
def test_an_earlier_study_that_may_be_of_this_episode_is_a_case_like_any(
    bench: Bench, study_date: str, *, hidden: bool
) -> None:
    one = TinySlice(extra={"StudyDate": study_date})
    with bench.engine.begin() as connection:
        ensure_site(connection, "carhaix")
        expect(connection, "carhaix", [str(one.dataset().StudyInstanceUID)])
    bench.receive(one)
    (row,) = bench.rows(select(case))
    assert (row.closed_at is not None) is hidden


def test_a_case_that_was_open_is_opened_by_new_images_although_its_study_was_asked_for(bench: Bench) -> None:
    one = TinySlice()
    with bench.engine.begin() as connection:
        ensure_site(connection, "carhaix")
        expect(connection, "carhaix", [str(one.dataset().StudyInstanceUID)])
    bench.receive(one)
    (row,) = bench.rows(select(case))
    with bench.engine.begin() as connection:
        close_case(connection, row.id, "expert", bench.clock.now)
    bench.receive(one.but(number=2))
    assert bench.rows(select(case))[0].closed_at is None


def test_a_person_can_open_an_earlier_studys_case(bench: Bench) -> None:
    one = TinySlice(extra={"StudyDate": "20261001"})
    with bench.engine.begin() as connection:
        ensure_site(connection, "carhaix")
        expect(connection, "carhaix", [str(one.dataset().StudyInstanceUID)])
    bench.receive(one)
    (row,) = bench.rows(select(case))
    with bench.engine.begin() as connection:
        reopen(connection, [row.id], bench.clock.now)
        assert connection.execute(select(case.c.closed_at)).scalar_one() is not None
        reopen(connection, [row.id], bench.clock.now, by_person=True)
        assert connection.execute(select(case.c.closed_at)).scalar_one() is None
