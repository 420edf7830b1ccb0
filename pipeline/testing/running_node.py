"""A whole DICOM node on a loopback port, with an index in memory, for tests."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from dicom_node.admission import DoorPolicy
from dicom_node.indexing import Indexer
from dicom_node.peers.book import PeerBook
from dicom_node.peers.ledger import Ledger
from dicom_node.peers.peer import Peer
from dicom_node.scu.association import Target
from dicom_node.scu.commitment import Told
from dicom_node.scu.send import set_up_sender
from dicom_node.server.node import DicomNode, NodeAddress, NodeLimits
from dicom_node.server.reception import Reception
from dicom_node.server.services import Services
from dicom_node.vault.fast import FastVault, fast_vault
from dicom_node.vault.held import HoldingVault
from pipeline.testing.memory_index import MemoryIndex

_WITHIN_S = 20.0
_SEGMENT_BYTES = 16 << 20
LIMITS = NodeLimits(most_associations=16, memory=1 << 30, idle_s=60, pdu_s=20)


@dataclass(frozen=True, slots=True)
class RunningNode:
    """A node that listens on 127.0.0.1, and the parts a test looks into."""

    node: DicomNode
    vault: HoldingVault
    index: MemoryIndex
    ledger: Ledger

    def target(self, calling: str = "SCANNER", called: str = "NEUROVIGIE") -> Target:
        """How to send to it."""
        return Target("127.0.0.1", self.node.port, called, calling)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until something is true of the index. Raises `TimeoutError`."""
        with self.index.changed:
            if not self.index.changed.wait_for(condition, _WITHIN_S):
                raise TimeoutError("it did not become true in time")


@contextmanager
def running_node(  # noqa: PLR0913 -- each test says what it wants otherwise
    root: Path,
    *,
    vault: HoldingVault | None = None,
    policy: DoorPolicy | None = None,
    peers: tuple[Peer, ...] = (),
    largest_data_set: int = 1 << 28,
    tls: ssl.SSLContext | None = None,
    committed: Told | None = None,
    services: Services | None = None,
    limits: NodeLimits = LIMITS,
) -> Iterator[RunningNode]:
    """Start a node below ``root`` and stop it at the end; pynetdicom is set up as in production."""
    set_up_sender()
    with ExitStack() as stack:
        if vault is None:
            made = FastVault(root / "vault", watermark=1.0, segment_bytes=_SEGMENT_BYTES)
            vault = stack.enter_context(fast_vault(made))
        index = MemoryIndex()
        indexer = Indexer(vault, index)
        book = PeerBook(root / "peers.json", lambda: peers)
        book.refresh()
        reception = Reception(
            policy=policy or DoorPolicy("NEUROVIGIE"),
            book=book,
            vault=vault,
            indexer=indexer,
            now=partial(datetime.now, UTC),
            largest_data_set=largest_data_set,
        )
        offered = services or Services(committed=committed)
        node = DicomNode(NodeAddress("NEUROVIGIE", "127.0.0.1", 0, tls), reception, limits, offered)
        thread = threading.Thread(target=indexer.run, args=(time.monotonic,), daemon=True)
        thread.start()
        node.start()
        try:
            yield RunningNode(node, vault, index, reception.ledger)
        finally:
            node.stop(grace_s=5.0)
            indexer.stop()
            thread.join(_WITHIN_S)
