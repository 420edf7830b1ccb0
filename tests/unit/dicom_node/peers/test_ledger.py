"""What the node sees of its callers is counted, bounded and written down; and a rate is kept."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_node.peers.ledger import MOST, Ledger
from dicom_node.peers.pace import BURST_S, FRESH, paced
from pipeline.database.peers import Activity
from pipeline.domain.errors import DatabaseUnavailable
from pipeline.domain.refusal import Refusal

CT1 = ("CT1", "10.0.0.1")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_a_day_begins_with_nothing_sent() -> None:
    clock = Clock()
    ledger = Ledger(clock)
    for _ in range(3):
        ledger.received(CT1, 100)
    assert ledger.bytes_today(CT1) == 300
    clock.now += timedelta(minutes=2)
    assert ledger.bytes_today(CT1) == 0
    ledger.received(CT1, 7)
    assert ledger.bytes_today(CT1) == 7


def test_what_was_seen_is_written_once_and_again_only_when_it_changed() -> None:
    clock, written = Clock(), list[Activity]()
    ledger = Ledger(clock)
    ledger.accepted(CT1)
    ledger.refused(CT1, Refusal.QUOTA, "used up")
    ledger.write(written.extend)
    ledger.write(written.extend)
    (one,) = written
    assert (one.ae_title, one.seen_at, one.refused_at, one.refusal) == ("CT1", clock.now, clock.now, "quota")


def test_what_could_not_be_written_is_written_next_time() -> None:
    def fails(_: object) -> None:
        raise DatabaseUnavailable

    ledger, written = Ledger(Clock()), list[Activity]()
    ledger.accepted(CT1)
    with pytest.raises(DatabaseUnavailable):
        ledger.write(fails)
    ledger.write(written.extend)
    assert len(written) == 1


def test_a_quota_goes_on_over_a_restart_and_what_was_seen_since_is_newer() -> None:
    clock = Clock()
    before = [Activity(ae_title=name, host="10.0.0.1", day=clock.now.date(), bytes=500) for name in ("CT1", "CT2")]
    ledger, stopped = Ledger(clock), threading.Event()
    ledger.received(("CT2", "10.0.0.1"), 1)
    stopped.set()
    ledger.keep(lambda: before, lambda _: None, 1.0, stopped)
    assert (ledger.bytes_today(CT1), ledger.bytes_today(("CT2", "10.0.0.1"))) == (500, 1)


def test_who_invents_names_fills_no_memory() -> None:
    ledger, written = Ledger(Clock()), list[Activity]()
    for number in range(3 * MOST):
        ledger.refused((f"X{number}", "10.0.0.9"), Refusal.UNKNOWN, "unknown")
    ledger.write(written.extend)
    assert len(written) == MOST


@given(
    a_second=st.floats(0.1, 500),
    gaps=st.lists(st.floats(0, 3), min_size=1, max_size=60),
)
def test_no_more_is_let_through_than_the_rate_allows(a_second: float, gaps: list[float]) -> None:
    at, pace, done = 100.0, FRESH, []
    for gap in gaps:
        at = max([at + gap, *done[-1:]])
        pace, wait_s = paced(pace, at, a_second)
        assert wait_s >= 0
        done.append(at + wait_s)
    for first in range(len(done)):
        for last in range(first, len(done)):
            assert last - first <= a_second * (done[last] - done[first] + BURST_S) + 1 + 1e-6


def test_who_keeps_to_his_rate_never_waits() -> None:
    pace, waits = FRESH, []
    for number in range(50):
        pace, wait_s = paced(pace, number * 0.1, 10.0)
        waits.append(wait_s)
    assert waits == [0.0] * 50
    assert Ledger(Clock()).wait_s(CT1, 0.0, 1.0) == 0.0


def test_invented_names_do_not_make_a_peers_count_forgotten() -> None:
    ledger = Ledger(Clock())
    ledger.received(CT1, 100)
    for number in range(MOST + 10):
        ledger.refused((f"X{number}", "10.9.9.9"), Refusal.UNKNOWN, "no such peer is known")
    assert ledger.bytes_today(CT1) == 100
