"""``python -m dicom_node``: the DICOM node as a process."""

from __future__ import annotations

import gc
import signal
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Engine

from dicom_node.admission import DoorPolicy
from dicom_node.index_process import IndexProcess
from dicom_node.indexing import Indexer
from dicom_node.peers.book import PeerBook
from dicom_node.peers.ledger import Ledger
from dicom_node.peers.table import read_activity, read_peers, write_activity
from dicom_node.server.commitments import Commitments
from dicom_node.server.node import DicomNode, NodeAddress, NodeLimits
from dicom_node.server.performed import Performed
from dicom_node.server.reception import Reception
from dicom_node.server.removals import Removals
from dicom_node.server.retrieval import Retrieval
from dicom_node.server.services import Services
from dicom_node.settings import NodeSettings
from dicom_node.stack import set_up_pynetdicom
from dicom_node.tls import TlsFiles, client_context, server_context
from dicom_node.vault.fast import FastVault, fast_vault
from dicom_node.worklist.provider import Worklist
from pipeline import logs
from pipeline.database.deliveries import write_down_commitment
from pipeline.database.engine import connect
from pipeline.domain.errors import ConfigurationError, NeuroVigieError
from pipeline.settings import Settings

_FAREWELL_S = 5.0
"""How long the index may take, when the node stops, to hear what it has not heard yet."""


def main() -> int:
    """Run until SIGTERM or SIGINT; 0 after a clean stop, 2 with one sentence when it cannot start."""
    logs.configure("node")
    set_up_pynetdicom()
    try:
        serve(Settings(), NodeSettings(), _stop_signal())
    except NeuroVigieError as exc:
        logs.get().error("cannot_start", error=str(exc))
        print(str(exc), file=sys.stderr)  # noqa: T201 -- the sentence for a person
        return 2
    return 0


def serve(settings: Settings, node_settings: NodeSettings, stopped: threading.Event) -> None:
    """Put the node together, listen, and go on until ``stopped``. Raises `NeuroVigieError`."""
    if not settings.database_url:
        raise ConfigurationError("DATABASE_URL is not set; `neurovigie up` sets it for its embedded PostgreSQL.")
    home = settings.folders
    engine = connect(settings.database_url)
    vault = FastVault(home.vault, watermark=settings.disk_watermark, segment_bytes=node_settings.journal_mib << 20)
    index = IndexProcess()
    indexer = Indexer(vault, index)
    book = PeerBook(home.root / "peers.json", partial(read_peers, engine))
    ledger = Ledger(partial(datetime.now, UTC))
    reception = Reception(
        policy=_policy(settings, node_settings),
        book=book,
        vault=vault,
        indexer=indexer,
        now=partial(datetime.now, UTC),
        largest_data_set=node_settings.max_instance_mib << 20,
        ledger=ledger,
    )
    services = _services(engine, settings, book, vault, _calling(settings, node_settings))
    node = DicomNode(_address(settings, node_settings), reception, _limits(node_settings), services)
    index.start()
    with fast_vault(vault), _indexing(indexer):
        threading.Thread(target=book.keep_fresh, args=(node_settings.peers_s, stopped), daemon=True).start()
        keep = (partial(read_activity, engine), partial(write_activity, engine), node_settings.peers_s, stopped)
        threading.Thread(target=ledger.keep, args=keep, daemon=True).start()
        for run in services.loops():
            threading.Thread(target=run, args=(stopped,), daemon=True).start()
        gc.freeze()  # what is there now stays: no later collection need look at it
        node.start()
        logs.get().info("ready", address=settings.dicom_host, port=node.port, ae_title=settings.ae_title)
        stopped.wait()
        logs.get().info("stopping")
        node.stop(node_settings.stop_s)
    index.close()
    engine.dispose()


def _calling(settings: Settings, node_settings: NodeSettings) -> ssl.SSLContext:
    """TLS for the peers that are called over it."""
    files = TlsFiles(settings.tls_cert, settings.tls_key, peer_ca=node_settings.tls_peer_ca)
    return client_context(files, node_settings.tls_profile)


def _services(engine: Engine, settings: Settings, book: PeerBook, vault: FastVault, tls: ssl.SSLContext) -> Services:
    now, home = partial(datetime.now, UTC), settings.folders
    return Services(
        committed=partial(write_down_commitment, engine, now),
        retrieval=Retrieval(engine, home.vault, book, settings.ae_title, tls),
        commitments=Commitments(engine, home, book, settings.ae_title, now, tls=tls),
        performed=Performed(engine, home.root / "counts", settings.quiet_time_s, now),
        removals=Removals(engine, home, vault, now),
        worklist=Worklist(engine, lambda: now().astimezone()),
    )


def _policy(settings: Settings, node_settings: NodeSettings) -> DoorPolicy:
    return DoorPolicy(
        ae_title=settings.ae_title,
        site_of_unknown=node_settings.unknown_peers_site,
        check_called_ae=node_settings.check_called_ae,
        most_associations_of_peer=node_settings.max_associations_per_peer,
        most_associations=node_settings.max_associations,
        host=settings.dicom_host,
    )


def _limits(node_settings: NodeSettings) -> NodeLimits:
    return NodeLimits(
        most_associations=node_settings.max_associations,
        memory=node_settings.memory_mib << 20,
        idle_s=node_settings.idle_s,
        pdu_s=node_settings.pdu_s,
        connections_a_second=node_settings.connections_a_second,
    )


def _address(settings: Settings, node_settings: NodeSettings) -> NodeAddress:
    files = TlsFiles(settings.tls_cert, settings.tls_key, node_settings.tls_client_ca)
    tls = server_context(files, node_settings.tls_profile, node_settings.tls_clients)
    return NodeAddress(settings.ae_title, settings.dicom_host, settings.dicom_port, tls)


@contextmanager
def _indexing(indexer: Indexer) -> Iterator[None]:
    thread = threading.Thread(target=indexer.run, args=(time.monotonic,), name="indexer", daemon=True)
    thread.start()
    try:
        yield
    finally:
        indexer.stop()
        thread.join(_FAREWELL_S)


def _stop_signal() -> threading.Event:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


if __name__ == "__main__":
    sys.exit(main())
