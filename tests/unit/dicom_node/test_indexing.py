"""The index hears of everything, in order, whatever fails meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_node import indexing
from dicom_node.indexing import LOOK_AGAIN_S, TOGETHER_S, Indexer, outage_delay_s, refusal_delay_s
from pipeline.domain.errors import VaultError
from pipeline.domain.receipt import Receipt
from pipeline.testing.data_sets import arrival, data_set
from pipeline.testing.memory_index import MemoryIndex
from pipeline.testing.memory_vault import MemoryVault


class Setting:
    """An indexer between a vault and an index in memory, with a clock of its own."""

    def __init__(self) -> None:
        self.vault = MemoryVault()
        self.index = MemoryIndex()
        self.indexer = Indexer(self.vault, self.index)
        self.now = 100.0

    def append(self, number: int) -> Receipt:
        uid = f"1.2.{number}"
        return self.vault.append(data_set(sop_instance=uid), arrival(sop_instance=uid))

    def receive(self, count: int, first: int = 0) -> list[Receipt]:
        receipts = [self.append(number) for number in range(first, first + count)]
        for receipt in receipts:
            self.indexer.received(receipt)
        return receipts

    def settle(self) -> None:
        """Step until there is nothing to do now."""
        while not (rest_s := self.indexer.step(self.now)):
            pass
        assert rest_s > 0

    def later(self, seconds: float) -> None:
        self.now += seconds
        self.settle()


@pytest.fixture
def setting() -> Setting:
    return Setting()


def test_receipts_are_recorded_in_order_and_no_longer_pending(setting: Setting) -> None:
    receipts = setting.receive(5)
    setting.settle()
    assert setting.index.happened == [receipt.path for receipt in receipts]
    assert setting.index.batches == [5]
    assert list(setting.vault.pending()) == []


def test_an_association_is_closed_after_its_receipts_and_before_later_ones(setting: Setting) -> None:
    before = setting.receive(2)
    setting.indexer.association_closed("one", released=True)
    after = setting.receive(1, first=2)
    setting.settle()
    expected = [*(receipt.path for receipt in before), "closed one", after[0].path]
    assert setting.index.happened == expected


def test_a_batch_has_a_limit(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "BATCH", 2)
    setting.receive(5)
    setting.settle()
    assert setting.index.batches == [2, 2, 1]


def test_during_an_outage_everything_waits_in_order_and_is_tried_again(setting: Setting) -> None:
    setting.index.available = False
    receipts = setting.receive(3)
    setting.indexer.association_closed("one", released=True)
    setting.settle()
    assert len(list(setting.vault.pending())) == 3
    setting.index.available = True
    setting.later(outage_delay_s(0))
    assert setting.index.happened == [*(receipt.path for receipt in receipts), "closed one"]


def test_a_receipt_the_index_refuses_does_not_block_the_others(setting: Setting) -> None:
    bad = setting.append(1)
    setting.index.refused = {bad.path}
    good = setting.receive(1)
    setting.indexer.received(bad)
    good += setting.receive(1, first=2)
    setting.settle()
    assert setting.index.happened == [receipt.path for receipt in good]
    assert list(setting.vault.pending()) == [bad]


def test_a_refused_receipt_is_tried_again_later_with_a_growing_delay(setting: Setting) -> None:
    bad = setting.append(1)
    setting.index.refused = {bad.path}
    setting.indexer.received(bad)
    setting.settle()
    setting.later(refusal_delay_s(0) + LOOK_AGAIN_S)
    assert list(setting.vault.pending()) == [bad]
    setting.index.refused = set()
    setting.later(LOOK_AGAIN_S)
    assert bad.path not in setting.index.receipts
    setting.later(refusal_delay_s(1))
    assert bad.path in setting.index.receipts


def test_an_association_that_was_cut_is_no_evidence_that_its_series_is_complete(setting: Setting) -> None:
    setting.indexer.association_opened("association-1")
    (receipt,) = setting.receive(1)
    setting.indexer.association_closed("association-1", released=False)
    setting.settle()
    assert setting.index.happened == [receipt.path]


def test_a_release_whose_images_the_index_has_not_all_heard_of_is_no_evidence(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "MOST_WAITING", 2)
    setting.indexer.association_opened("association-1")
    receipts = setting.receive(3)
    setting.indexer.association_closed("association-1", released=True)
    setting.settle()
    setting.later(LOOK_AGAIN_S)
    assert setting.index.happened == [receipt.path for receipt in receipts]


def test_a_release_behind_a_receipt_that_the_index_refuses_is_no_evidence(setting: Setting) -> None:
    setting.indexer.association_opened("association-1")
    bad, good = setting.receive(2)
    setting.index.refused = {bad.path}
    setting.indexer.association_closed("association-1", released=True)
    setting.settle()
    assert setting.index.happened == [good.path]


def test_a_file_that_the_vault_cannot_make_does_not_block_the_others(setting: Setting) -> None:
    bad, *good = setting.receive(3)
    setting.vault.settle = partial(_unsettled, bad.path)  # type: ignore[method-assign]
    setting.settle()
    assert setting.index.happened == [receipt.path for receipt in good]
    del setting.vault.settle
    setting.later(indexing.UNSETTLED_S)
    assert setting.index.happened[-1] == bad.path


def _unsettled(path: str, receipts: Iterable[Receipt]) -> None:
    if any(receipt.path == path for receipt in receipts):
        raise VaultError("The images are not plain files yet.")


def test_after_an_unexpected_error_the_loop_rests_and_still_ends_when_told_to(setting: Setting) -> None:
    tried = threading.Event()
    steps = []

    def fail(_: object) -> None:
        steps.append(1)
        tried.set()
        raise RuntimeError

    setting.vault.settle = fail  # type: ignore[method-assign]
    setting.receive(1)
    thread = threading.Thread(target=setting.indexer.run, args=(lambda: setting.now,), daemon=True)
    thread.start()
    assert tried.wait(10)
    for number in range(20):
        setting.receive(1, first=number + 1)
    setting.indexer.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert len(steps) == 1
    assert len(list(setting.vault.pending())) == 21


def test_what_was_pending_at_the_start_is_recorded_and_its_series_left_to_the_quiet_time(setting: Setting) -> None:
    receipt = setting.append(1)
    setting.settle()
    assert setting.index.happened == [receipt.path]


def test_more_than_fits_in_memory_is_found_in_the_vault(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "MOST_WAITING", 2)
    setting.indexer.association_opened("association-1")
    receipts = setting.receive(7)
    setting.settle()
    setting.later(LOOK_AGAIN_S)
    setting.later(LOOK_AGAIN_S)
    setting.later(LOOK_AGAIN_S)
    assert set(setting.index.receipts) == {receipt.path for receipt in receipts}


@given(steps=st.lists(st.sampled_from(["receive", "close", "outage", "back", "bad", "good", "step"]), max_size=40))
def test_whatever_happens_everything_is_indexed_in_the_end(steps: list[str]) -> None:
    setting = Setting()
    for number, step in enumerate(steps):
        if step == "receive":
            setting.receive(1, first=number)
        elif step == "close":
            setting.indexer.association_closed(str(number), released=bool(number % 2))
        elif step in {"outage", "back"}:
            setting.index.available = step == "back"
        elif step == "bad":
            setting.index.refused = {receipt.path for receipt in setting.vault.pending()}
        elif step == "good":
            setting.index.refused = set()
        else:
            setting.later(1.0)
    setting.index.available, setting.index.refused = True, set()
    for _ in range(4):
        setting.later(4000.0)
    assert list(setting.vault.pending()) == []
    assert len(setting.index.receipts) == steps.count("receive")


def test_a_loop_that_is_told_to_stop_first_finishes_what_it_has(setting: Setting) -> None:
    receipts = setting.receive(3)
    setting.indexer.stop()
    setting.indexer.run(lambda: setting.now)
    assert list(setting.index.receipts) == [receipt.path for receipt in receipts]


def test_a_loop_that_is_told_to_stop_during_an_outage_leaves_the_rest_pending(setting: Setting) -> None:
    setting.index.available = False
    receipts = setting.receive(3)
    setting.indexer.stop()
    setting.indexer.run(lambda: setting.now)
    assert list(setting.vault.pending()) == receipts


def test_delays_grow_to_a_limit() -> None:
    assert [outage_delay_s(n) for n in (0, 1, 100)] == [0.25, 0.5, 5.0]
    assert [refusal_delay_s(n) for n in (0, 1, 100)] == [10.0, 20.0, 3600.0]


class Flood(threading.Event):
    """Whoever waits finds that another receipt has come, and 50 ms have passed."""

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self.setting = setting

    def wait(self, timeout: float | None = None) -> bool:
        if not self.is_set():
            self.setting.receive(1, first=len(self.setting.indexer._waiting))
            self.setting.now += 0.05
        return self.is_set()


def test_images_that_keep_coming_are_indexed_all_the_same(setting: Setting) -> None:
    setting.indexer._hurry = Flood(setting)
    setting.receive(1)
    setting.indexer._gather(lambda: setting.now)
    assert setting.now == pytest.approx(100.0 + TOGETHER_S, abs=0.051)


def test_the_end_of_an_association_waits_for_no_other_image(setting: Setting) -> None:
    setting.indexer._hurry = Flood(setting)
    setting.receive(1)
    setting.indexer.association_closed("one", released=True)
    setting.indexer._gather(lambda: setting.now)
    assert setting.now == 100.0


def test_what_another_process_stored_is_indexed_though_images_keep_coming(setting: Setting) -> None:
    setting.settle()
    theirs = setting.append(1000)
    for number in range(12):
        setting.receive(2, first=2 * number)
        setting.indexer.step(setting.now)
        setting.receive(1, first=100 + number)
        setting.now += LOOK_AGAIN_S
    assert theirs.path in setting.index.happened
    assert len(setting.index.happened) == len(set(setting.index.happened))
