"""C-FIND, C-MOVE and C-GET: between pynetdicom's events and our search."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom import Dataset, dcmread
from pynetdicom import evt
from pynetdicom.presentation import build_context
from sqlalchemy import Engine

from dicom_node.peers.book import PeerBook
from dicom_node.query.answer import response
from dicom_node.query.request import Query, read_query, read_retrieval
from dicom_node.query.search import StoredInstance, find, stored
from dicom_node.scu.checkpoint import keep_answers
from pipeline import logs
from pipeline.domain.errors import BadInput, DatabaseUnavailable, NeuroVigieError

PATIENT_ROOT = ("1.2.840.10008.5.1.4.1.2.1.1", "1.2.840.10008.5.1.4.1.2.1.2", "1.2.840.10008.5.1.4.1.2.1.3")
STUDY_ROOT = ("1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.2", "1.2.840.10008.5.1.4.1.2.2.3")
"""FIND, MOVE and GET of the two information models (PS3.4 C.6)."""

_PENDING, _CANCELLED = 0xFF00, 0xFE00
_OUT_OF_RESOURCES, _BAD_IDENTIFIER, _UNABLE = 0xA701, 0xA900, 0xC001
_MOST_CONTEXTS = 128

Answer = tuple[int | Dataset, Dataset | None]


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Answers queries and sends what is asked for; a peer sees what its own site has sent.

    ``tls`` is for the peers that are called over TLS; without it nothing is sent to them.
    """

    engine: Engine
    vault: Path
    book: PeerBook
    ae_title: str
    tls: ssl.SSLContext | None = None

    def find(self, event: Any, site_id: str) -> Iterator[Answer]:
        """The answers to a C-FIND."""
        try:
            query = read_query(event.identifier, patient_root=_is_patient_root(event))
            rows = find(self.engine, site_id, query)
        except NeuroVigieError as exc:
            yield _refusal(exc), None
            return
        logs.get().info("queried", site=site_id, count=len(rows))
        for row in rows:
            if event.is_cancelled:
                yield _CANCELLED, None
                return
            yield _PENDING, response(row, query, self.ae_title)

    def move(self, event: Any, site_id: str) -> Iterator[Any]:
        """What pynetdicom wants of a C-MOVE: the destination, the number of images, each image."""
        peer = self.book.peer(site_id, event.move_destination)
        if peer is None or (peer.rules.tls and self.tls is None):
            yield None, None
            return
        try:
            found = self._stored(event, site_id)
        except NeuroVigieError as exc:
            yield peer.host, peer.port
            yield 1
            yield _refusal(exc), None
            return
        handlers = [(evt.EVT_ESTABLISHED, lambda established: keep_answers(established.assoc))]
        over = {"tls_args": (self.tls, peer.host)} if peer.rules.tls else {}
        yield peer.host, peer.port, {"contexts": _contexts(found), "evt_handlers": handlers, **over}
        yield from self._each(event, found)

    def get(self, event: Any, site_id: str) -> Iterator[Any]:
        """What pynetdicom wants of a C-GET: the number of images, each image."""
        try:
            found = self._stored(event, site_id)
        except NeuroVigieError as exc:
            yield 1
            yield _refusal(exc), None
            return
        yield from self._each(event, found)

    def _stored(self, event: Any, site_id: str) -> list[StoredInstance]:
        query: Query = read_retrieval(event.identifier, patient_root=_is_patient_root(event))
        return stored(self.engine, site_id, query)

    def _each(self, event: Any, found: list[StoredInstance]) -> Iterator[Any]:
        yield len(found)
        for one in found:
            if event.is_cancelled:
                yield _CANCELLED, None
                return
            yield _PENDING, dcmread(self.vault / one.path)


def _is_patient_root(event: Any) -> bool:
    return str(event.request.AffectedSOPClassUID) in PATIENT_ROOT


def _contexts(found: list[StoredInstance]) -> list[Any]:
    """What the images are, as they came; images beyond the 128 kinds of one association fail by themselves."""
    pairs = dict.fromkeys((one.SOPClassUID, one.TransferSyntaxUID) for one in found)
    return [build_context(*pair) for pair in list(pairs)[:_MOST_CONTEXTS]]


def _refusal(error: NeuroVigieError) -> Dataset:
    answer = Dataset()
    answer.Status = {BadInput: _BAD_IDENTIFIER, DatabaseUnavailable: _OUT_OF_RESOURCES}.get(type(error), _UNABLE)
    answer.ErrorComment = str(error)[:64]
    return answer
