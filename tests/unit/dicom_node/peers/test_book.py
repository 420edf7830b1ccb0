"""The node knows its peers whether or not the database answers."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from dicom_node.peers import book as book_module
from dicom_node.peers.address import resolve
from dicom_node.peers.book import AGAIN_AFTER_S, PeerBook
from dicom_node.peers.memory import recall, remember
from dicom_node.peers.peer import KnownPeer, Peer
from pipeline.domain.errors import DatabaseUnavailable

CT1 = Peer("carhaix", "CT1", "ct1", 104)
NAMES = {"ct1": frozenset({"10.0.0.1"})}


def _unavailable() -> tuple[Peer, ...]:
    raise DatabaseUnavailable


def _resolve(host: str) -> frozenset[str]:
    return NAMES.get(host, frozenset())


def test_peers_come_from_the_database_and_are_remembered_for_us_alone(tmp_path: Path) -> None:
    file = tmp_path / "peers.json"
    book = PeerBook(file, lambda: (CT1,), _resolve)
    assert book.peers() == ()
    assert book.refresh()
    assert book.peers() == (KnownPeer(CT1, frozenset({"10.0.0.1"})),)
    assert recall(file) == (CT1,)
    assert file.stat().st_mode & 0o777 == 0o600


def test_without_a_database_the_remembered_peers_stand(tmp_path: Path) -> None:
    remember(tmp_path / "peers.json", (CT1,))
    book = PeerBook(tmp_path / "peers.json", _unavailable, _resolve)
    assert not book.refresh()
    assert [known.peer for known in book.peers()] == [CT1]


def test_a_removed_peer_is_forgotten_in_the_file_too(tmp_path: Path) -> None:
    remember(tmp_path / "peers.json", (CT1,))
    book = PeerBook(tmp_path / "peers.json", lambda: (), _resolve)
    book.refresh()
    assert book.peers() == ()
    assert recall(tmp_path / "peers.json") == ()


def test_a_name_server_that_fails_does_not_make_a_peer_a_stranger(tmp_path: Path) -> None:
    answers = iter([frozenset({"10.0.0.1"}), frozenset[str]()])
    book = PeerBook(tmp_path / "peers.json", lambda: (CT1,), lambda _: next(answers))
    book.refresh()
    book.refresh()
    assert book.peers()[0].addresses == {"10.0.0.1"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"peers": [{"host": 1}]}', '{"peers": [{"site_id": "a"}]}'])
def test_a_damaged_file_is_no_peer_and_no_crash(tmp_path: Path, text: str) -> None:
    (tmp_path / "peers.json").write_text(text)
    assert recall(tmp_path / "peers.json") == ()


def test_an_address_stands_for_itself() -> None:
    assert resolve("127.0.0.1") == {"127.0.0.1"}
    assert resolve("::1") == {"::1"}
    assert resolve("a" * 300) == frozenset()


def test_callers_do_not_queue_before_a_database_that_gives_no_answer(tmp_path: Path) -> None:
    now = [100.0]
    asked = []

    def read() -> tuple[Peer, ...]:
        asked.append(now[0])
        raise DatabaseUnavailable

    book = PeerBook(tmp_path / "peers.json", read, _resolve, lambda: now[0])
    for _ in range(5):
        book.ask_again()
    assert asked == [100.0]
    now[0] += AGAIN_AFTER_S
    book.ask_again()
    assert asked == [100.0, 101.0]


def test_nobody_waits_while_another_asks_a_database_that_gave_no_answer(tmp_path: Path) -> None:
    now = [100.0]
    asking, may_end = threading.Event(), threading.Event()

    def read() -> tuple[Peer, ...]:
        asking.set()
        assert may_end.wait(10)
        raise DatabaseUnavailable

    book = PeerBook(tmp_path / "peers.json", read, _resolve, lambda: now[0])
    may_end.set()
    book.refresh()
    may_end.clear()
    asking.clear()
    now[0] += 2 * AGAIN_AFTER_S
    hanging = threading.Thread(target=book.refresh)
    hanging.start()
    assert asking.wait(10)
    book.ask_again()
    may_end.set()
    hanging.join(10)


def test_a_database_that_answers_is_asked_for_every_caller_it_does_not_know(tmp_path: Path) -> None:
    known: list[Peer] = []
    book = PeerBook(tmp_path / "peers.json", lambda: tuple(known), _resolve, lambda: 100.0)
    book.ask_again()
    known.append(CT1)
    book.ask_again()
    assert [one.peer for one in book.peers()] == [CT1]


def test_a_database_that_hangs_holds_a_caller_up_for_a_moment_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book_module, "ASK_WITHIN_S", 0.05)
    may_end = threading.Event()
    asked = []

    def read() -> tuple[Peer, ...]:
        asked.append(1)
        assert may_end.wait(10)
        return (CT1,)

    book = PeerBook(tmp_path / "peers.json", read, _resolve, lambda: 100.0)
    for _ in range(3):
        book.ask_again()
    assert len(asked) == 1
    may_end.set()
    book.refresh()
    assert [one.peer for one in book.peers()] == [CT1]
