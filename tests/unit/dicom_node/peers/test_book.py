"""The node knows its peers whether or not the database answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicom_node.peers.address import resolve
from dicom_node.peers.book import PeerBook
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
