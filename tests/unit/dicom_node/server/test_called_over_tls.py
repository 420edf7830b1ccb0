"""Peers whose rules say TLS are never called in the clear, whoever asks for it."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

from dicom_node.admission import Admitted
from dicom_node.peers.book import PeerBook
from dicom_node.peers.peer import Peer
from dicom_node.server import commitments
from dicom_node.server.commitments import Commitments
from dicom_node.server.retrieval import Retrieval
from pipeline.domain.peer import PeerRules
from pipeline.home import Home

TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
NO_ENGINE: Engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")


class Finding(Retrieval):
    """Finds nothing, and needs no database for it."""

    def _stored(self, event: Any, site_id: str) -> list[Any]:
        return []


class Promising(Commitments):
    """Keeps whatever is asked for."""

    def _kept(self, request: Any) -> set[tuple[str, str]]:
        return set(request.references)


def book(folder: Path, **rules: Any) -> PeerBook:
    known = (Peer("brest", "PACS", "127.0.0.1", 104, PeerRules(**rules)),)
    made = PeerBook(folder / "peers.json", lambda: known)
    made.refresh()
    return made


def moved(folder: Path, own: ssl.SSLContext | None, **rules: Any) -> Any:
    event = SimpleNamespace(move_destination="PACS", is_cancelled=False)
    return next(Finding(NO_ENGINE, folder, book(folder, **rules), "NEUROVIGIE", own).move(event, "brest"))


def test_images_are_moved_over_tls_to_a_peer_that_wants_it(tmp_path: Path) -> None:
    assert moved(tmp_path, TLS, tls=True)[2]["tls_args"] == (TLS, "127.0.0.1")
    assert "tls_args" not in moved(tmp_path, TLS)[2]


def test_nothing_is_moved_to_a_peer_that_is_disabled_or_cannot_be_called_as_it_wants(tmp_path: Path) -> None:
    assert moved(tmp_path, None, tls=True) == (None, None)
    assert moved(tmp_path, TLS, enabled=False) == (None, None)


@pytest.mark.parametrize("over", [True, False], ids=["tls", "plain"])
def test_a_commitment_is_answered_the_way_its_peer_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, over: bool
) -> None:
    called = []
    monkeypatch.setattr(commitments, "report", lambda target, *_: called.append(target))
    home = Home(tmp_path)
    made = Promising(NO_ENGINE, home, book(tmp_path, tls=over), "NEUROVIGIE", lambda: datetime.now(UTC), tls=TLS)
    reference = SimpleNamespace(ReferencedSOPClassUID="1.2", ReferencedSOPInstanceUID="1.2.3")
    asked = SimpleNamespace(action_information=SimpleNamespace(ReferencedSOPSequence=[reference], TransactionUID="1.9"))
    assert made.ask(asked, Admitted("brest", "PACS")) == 0
    for file in (tmp_path / "commitments").glob("*.json"):
        made.answer(file)
    assert [target.tls for target in called] == [TLS if over else None]
