"""Who sends over many associations leaves time to who sends over few."""

from __future__ import annotations

import threading
from types import SimpleNamespace

from dicom_node.server.turns import ACTIVE_S, LONGEST_REST_S, REST, Turns

FEW, MANY = ("CT1", "192.0.2.1"), ("PACS", "192.0.2.2")


def _turns(clock: SimpleNamespace, rests: list[float]) -> Turns:
    turns = Turns(rests.append, lambda: clock.s)
    turns.opened(FEW)
    for _ in range(8):
        turns.opened(MANY)
    return turns


def _work(turns: Turns, key: tuple[str, str], clock: SimpleNamespace, seconds: float = 0.01) -> None:
    with turns.turn(key):
        clock.s += seconds


def test_who_is_alone_never_rests() -> None:
    clock, rests = SimpleNamespace(s=0.0), list[float]()
    turns = _turns(clock, rests)
    for _ in range(5):
        _work(turns, MANY, clock)
    assert rests == []


def test_who_has_more_associations_rests_while_another_sends_and_the_other_does_not() -> None:
    clock, rests = SimpleNamespace(s=0.0), list[float]()
    turns = _turns(clock, rests)
    _work(turns, FEW, clock)
    _work(turns, MANY, clock)
    _work(turns, FEW, clock)
    assert rests == [REST * 0.01]
    clock.s += ACTIVE_S + 0.1
    _work(turns, MANY, clock)
    assert len(rests) == 1
    _work(turns, FEW, clock)
    _work(turns, MANY, clock, 10.0)
    assert rests[1:] == [LONGEST_REST_S]


def test_those_who_have_as_many_do_not_wait_for_one_another() -> None:
    clock, rests = SimpleNamespace(s=0.0), list[float]()
    turns = _turns(clock, rests)
    for _ in range(7):
        turns.closed(MANY)
    for key in (FEW, MANY) * 3:
        _work(turns, key, clock)
    assert rests == []


def test_one_with_many_associations_does_one_thing_at_a_time_while_another_sends() -> None:
    turns, inside, most = Turns(lambda _: None), list[int](), list[int]()
    turns.opened(FEW)
    for _ in range(8):
        turns.opened(MANY)
    begin = threading.Barrier(9)

    def work() -> None:
        begin.wait(10)
        for _ in range(20):
            with turns.turn(MANY):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    def other() -> None:
        with turns.turn(FEW):
            begin.wait(10)

    threads = [threading.Thread(target=other), *(threading.Thread(target=work) for _ in range(8))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert max(most) == 1


def test_a_caller_that_has_gone_is_forgotten() -> None:
    clock, rests = SimpleNamespace(s=0.0), list[float]()
    turns = _turns(clock, rests)
    _work(turns, FEW, clock)
    turns.closed(FEW)
    _work(turns, MANY, clock)
    assert rests == []
