"""A silent association is looked at less often, and one that is busy is not."""

from __future__ import annotations

from types import SimpleNamespace

from dicom_node.server.dozing import DOZE_AFTER_S, Doze, DozingCheckpoint


def test_it_dozes_after_a_silence_and_wakes_with_the_next_byte() -> None:
    clock = SimpleNamespace(s=0.0)
    doze = Doze(lambda: clock.s)
    assert not doze.is_on()
    clock.s = DOZE_AFTER_S + 0.1
    assert doze.is_on()
    doze.busy()
    assert not doze.is_on()


def test_the_checkpoint_is_open_from_the_beginning_and_holds_when_it_is_shut() -> None:
    checkpoint = DozingCheckpoint(Doze())
    assert checkpoint.wait(1.0)
    checkpoint.clear()
    assert not checkpoint.wait(0.0)
