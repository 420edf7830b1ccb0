"""The place where an association's thread stands still while an answer is awaited."""

from __future__ import annotations

import threading

from dicom_node.scu.checkpoint import Checkpoint

WITHIN_S = 30.0


class Reactor:
    """A thread that passes the checkpoint and takes from the queue, as pynetdicom's does; it can be held in between."""

    def __init__(self) -> None:
        self.took = threading.Event()
        self.held, self.go_on = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.checkpoint = Checkpoint(self.thread.is_alive)

    def _run(self) -> None:
        self.checkpoint.wait()
        self.held.set()
        self.go_on.wait(WITHIN_S)
        self.took.set()
        self.checkpoint.wait()


def test_whoever_asks_goes_on_only_when_the_thread_that_had_passed_stands_still_again() -> None:
    reactor = Reactor()
    reactor.thread.start()
    assert reactor.held.wait(WITHIN_S)
    asked = threading.Thread(target=reactor.checkpoint.clear, daemon=True)
    asked.start()
    asked.join(0.05)
    assert asked.is_alive()
    assert not reactor.took.is_set()
    reactor.go_on.set()
    asked.join(WITHIN_S)
    assert not asked.is_alive()
    assert reactor.took.is_set()
    assert reactor.thread.is_alive()
    reactor.checkpoint.set()
    reactor.thread.join(WITHIN_S)
    assert not reactor.thread.is_alive()


def test_a_dead_thread_holds_nobody_up() -> None:
    checkpoint = Checkpoint(lambda: False)
    checkpoint.clear()
    assert not checkpoint.is_set()
    checkpoint.set()
    assert checkpoint.wait(0)
