"""The peers as the node sees them now: from the database when it answers, else as last remembered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from dicom_node.peers.address import resolve
from dicom_node.peers.memory import recall, remember
from dicom_node.peers.peer import KnownPeer, Peer
from pipeline import logs
from pipeline.domain.errors import DatabaseUnavailable

AGAIN_AFTER_S = 1.0
"""How long a database that gave no answer is not asked for the sake of a caller."""

ASK_WITHIN_S = 1.0
"""How long a caller waits for a database that does not answer at all."""

Read = Callable[[], tuple[Peer, ...]]
Resolve = Callable[[str], frozenset[str]]


class PeerBook:
    """Known peers; `refresh` may be called from any thread.

    ``read`` asks the database and may raise `DatabaseUnavailable`.
    """

    def __init__(
        self, file: Path, read: Read, resolve: Resolve = resolve, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._file = file
        self._read = read
        self._resolve = resolve
        self._clock = clock
        self._no_answer_at: float | None = None
        self._refreshing = threading.Lock()
        self._remembered = recall(file)
        self._addresses: dict[str, frozenset[str]] = {}
        self._known = self._look_up(self._remembered)

    def peers(self) -> tuple[KnownPeer, ...]:
        """The peers known now."""
        return self._known

    def peer(self, site_id: str, ae_title: str) -> Peer | None:
        """The peer of a site that has an AE title, if an administrator lets us call it."""
        named = (one.peer for one in self._known if (one.peer.site_id, one.peer.ae_title) == (site_id, ae_title))
        return next((one for one in named if one.rules.enabled), None)

    def refresh(self) -> bool:
        """Ask the database again; whether it answered."""
        with self._refreshing:
            return self._refresh()

    def ask_again(self) -> None:
        """Ask the database again, unless it gave no answer just now: callers do not queue before one that hangs."""
        if self._gave_none_just_now():
            return
        asking = threading.Thread(target=self._ask, daemon=True)
        asking.start()
        asking.join(ASK_WITHIN_S)
        if asking.is_alive():
            self._no_answer_at = self._clock()

    def _ask(self) -> None:
        if not self._refreshing.acquire(blocking=self._no_answer_at is None):
            return
        try:
            if not self._gave_none_just_now():
                self._refresh()
        finally:
            self._refreshing.release()

    def _gave_none_just_now(self) -> bool:
        at = self._no_answer_at
        return at is not None and self._clock() - at < AGAIN_AFTER_S

    def _refresh(self) -> bool:
        try:
            peers = self._read()
        except DatabaseUnavailable:
            self._no_answer_at = self._clock()
            return False
        self._no_answer_at = None
        self._known = self._look_up(peers)
        if peers != self._remembered:
            self._keep(peers)
        return True

    def keep_fresh(self, every_s: float, stopped: threading.Event) -> None:
        """Refresh until ``stopped``; the loop of a thread."""
        answered = True
        while not stopped.is_set():
            answers = self.refresh()
            if answers != answered:
                logs.get().warning("peers_from_database" if answers else "peers_from_memory", count=len(self._known))
            answered = answers
            stopped.wait(every_s)

    def _look_up(self, peers: tuple[Peer, ...]) -> tuple[KnownPeer, ...]:
        for host in {peer.host for peer in peers}:
            # A name server that is down for a moment must not make a peer a stranger.
            self._addresses[host] = self._resolve(host) or self._addresses.get(host, frozenset())
        return tuple(KnownPeer(peer, self._addresses[peer.host]) for peer in peers)

    def _keep(self, peers: tuple[Peer, ...]) -> None:
        try:
            remember(self._file, peers)
            self._remembered = peers
        except OSError as exc:
            logs.get().warning("peers_not_remembered", error=type(exc).__name__)
