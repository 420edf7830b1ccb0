"""What happens to callers and their images, whichever upper layer brings them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from dicom_node import admission
from dicom_node.admission import Admitted, DoorPolicy, NotAdmitted, Open, StoreStatus
from dicom_node.caller import Caller
from dicom_node.indexing import Indexer
from dicom_node.peers.book import PeerBook
from dicom_node.peers.ledger import Key, Ledger
from dicom_node.peers.pace import Paces
from dicom_node.server.turns import Turns
from dicom_node.vault.held import HeldDataSet, HoldingVault
from pipeline import logs
from pipeline.domain.errors import NeuroVigieError
from pipeline.domain.peer import Service
from pipeline.domain.receipt import Arrival
from pipeline.domain.refusal import Refusal

ECHOES_A_SECOND = 20.0
"""C-ECHOs of one caller that are answered at once: a monitor asks every few seconds."""


@dataclass(slots=True, eq=False)
class Session:
    """One accepted association."""

    admitted: Admitted
    host: str
    id: str = field(default_factory=lambda: uuid4().hex)
    images: int = 0
    refused: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def key(self) -> Key:
        """Whose account it goes on: the peer's, or the address of a caller that is none."""
        peer = self.admitted.peer
        return (self.admitted.peer_ae_title, peer.host if peer else self.host)


@dataclass(frozen=True, slots=True)
class Offered:
    """A data set that a C-STORE brings; ``examine`` may raise `UnreadableInstance`."""

    sop_class: str
    transfer_syntax: str
    examine: Callable[[], HeldDataSet]


class Reception:
    """Admits callers, stores what they bring, and keeps count; safe for many threads."""

    def __init__(
        self,
        *,
        policy: DoorPolicy,
        book: PeerBook,
        vault: HoldingVault,
        indexer: Indexer,
        now: Callable[[], datetime],
        largest_data_set: int,
        ledger: Ledger | None = None,
    ) -> None:
        self.ledger = ledger or Ledger(now)
        self._policy = policy
        self._book = book
        self._vault = vault
        self._indexer = indexer
        self._now = now
        self.largest_data_set = largest_data_set
        self._lock = threading.Lock()
        self._sessions: set[Session] = set()
        self._answering: set[Session] = set()
        self._closing = threading.Event()
        self._echoes = Paces()
        self._turns = Turns(self._closing.wait)

    def close(self) -> None:
        """From now on refuse new images; those in hand are answered."""
        self._closing.set()

    def is_answering(self) -> bool:
        """Whether an image is being stored, or its answer is not sent yet."""
        with self._lock:
            return bool(self._answering)

    def admit(self, caller: Caller) -> Session | NotAdmitted:
        """Decide about a caller, and say so in the log."""
        if not self._knows(caller):
            self._book.ask_again()
        session = self._admit(caller)
        if isinstance(session, NotAdmitted):
            self._say_refused(caller, session)
            return session
        self.ledger.accepted(session.key)
        self._turns.opened(session.key)
        self._indexer.association_opened(session.id)
        logs.get().info(
            "association_accepted",
            association=session.id,
            ae_title=caller.calling_ae_title,
            address=caller.host,
            site=session.admitted.site_id,
        )
        return session

    def store(self, session: Session, offered: Offered) -> StoreStatus:
        """Store one image: `admission.SUCCESS` only after the vault has it. Then call `answered`."""
        with self._lock:
            self._answering.add(session)
        with self._turns.turn(session.key):
            status = self._store(session, offered)
        if status == admission.SUCCESS:
            session.images += 1
            self._pace(session)
        else:
            self.refused(session, status)
        return status

    def refused(self, session: Session, status: StoreStatus) -> None:
        """Count an image that was not taken, and say why in the log."""
        session.refused += 1
        if status == admission.quota_used_up():
            self.ledger.refused(session.key, Refusal.QUOTA, status.comment)
        logs.get().warning(
            "image_refused", association=session.id, status=f"{status.code:04X}", error=status.comment
        )  # fmt: skip

    def answered(self, session: Session) -> None:
        """The answer to what was stored last has been sent."""
        with self._lock:
            self._answering.discard(session)

    def ended(self, session: Session, *, released: bool, why: str = "") -> None:
        """The association is over, and all it stored is with the indexer."""
        with self._lock:
            self._sessions.discard(session)
            self._answering.discard(session)
        self._turns.closed(session.key)
        self._indexer.association_closed(session.id, released=released)
        logs.get().info(
            "association_ended",
            association=session.id,
            status="released" if released else "aborted",
            images=session.images,
            count=session.refused,
            seconds=round(time.monotonic() - session.began, 3),
            **({"error": why} if why else {}),
        )

    def connection_refused(self, host: str, refusal: Refusal, why: str) -> None:
        """Say that a connection ended before anybody asked for an association."""
        named = next((one for one in self._book.peers() if host in one.addresses), None)
        self.ledger.refused((named.peer.ae_title, named.peer.host) if named else ("", host), refusal, why)
        logs.get().warning("connection_refused", address=host, reason_code=refusal.value, error=why)

    def services_refused(self, session: Session, services: Collection[Service]) -> None:
        """Say that a peer asked for services it is not allowed."""
        why = f"it may not ask for: {', '.join(sorted(services))}"
        self.ledger.refused(session.key, Refusal.SERVICE, why)
        logs.get().warning("services_refused", association=session.id, ae_title=session.key[0], error=why)

    def _say_refused(self, caller: Caller, refused: NotAdmitted) -> None:
        self.ledger.refused(self._key_of(caller), refused.refusal, refused.why)
        logs.get().warning(
            "association_refused",
            ae_title=caller.calling_ae_title,
            called_ae=caller.called_ae_title,
            address=caller.host,
            reason_code=refused.refusal.value,
            error=refused.why,
        )

    def _key_of(self, caller: Caller) -> Key:
        """The peer whose address a refused caller has, if it is one's, else the caller itself."""
        named = [one for one in self._book.peers() if one.peer.ae_title == caller.calling_ae_title]
        here = (one.peer.host for one in named if caller.host in one.addresses)
        return (caller.calling_ae_title, next(here, caller.host))

    def echoed(self, session: Session) -> None:
        """Let the answer to a C-ECHO wait where somebody asks for more than anybody needs."""
        wait_s = self._echoes.wait_s(session.key, ECHOES_A_SECOND, time.monotonic())
        if wait_s > 0:
            self._closing.wait(wait_s)

    def _is_used_up(self, session: Session) -> bool:
        most = session.admitted.rules.bytes_a_day
        return bool(most) and self.ledger.bytes_today(session.key) >= most

    def _pace(self, session: Session) -> None:
        """Let the answer wait where a peer is to send no faster; the image is durable meanwhile."""
        wait_s = self.ledger.wait_s(session.key, session.admitted.rules.images_per_second, time.monotonic())
        if wait_s > 0:
            self._closing.wait(wait_s)

    def _knows(self, caller: Caller) -> bool:
        """Whether the caller is in the book; one that is not may have been made known a second ago."""
        return any(peer.peer.ae_title == caller.calling_ae_title for peer in self._book.peers())

    def _admit(self, caller: Caller) -> Session | NotAdmitted:
        """Decide and count at once, so that callers who come together do not all get the last place."""
        who = admission.identify(caller, self._policy, self._book.peers())
        if isinstance(who, NotAdmitted):
            return who
        with self._lock:
            refused = admission.crowded(who, self._policy, self._open(caller))
            if refused is not None:
                return refused
            session = Session(who, caller.host)
            self._sessions.add(session)
            return session

    def _open(self, caller: Caller) -> Open:
        names = [one.admitted.peer_ae_title for one in self._sessions if one.host == caller.host]
        return Open(names.count(caller.calling_ae_title), len(names), len(self._sessions))

    def _store(self, session: Session, offered: Offered) -> StoreStatus:
        if self._closing.is_set():
            return admission.closing()
        if self._is_used_up(session):
            return admission.quota_used_up()
        try:
            return self._keep(session, offered)
        except NeuroVigieError as exc:
            return admission.status_of(exc)
        except Exception as exc:  # noqa: BLE001 -- the outermost call of ours in an association's thread
            logs.get().error("store_failed", association=session.id, error=type(exc).__name__)
            return admission.PROCESSING_FAILURE

    def _keep(self, session: Session, offered: Offered) -> StoreStatus:
        held = offered.examine()
        agreed = admission.agree(held.ids, offered.sop_class)
        if agreed == admission.SUCCESS:
            arrival = self._arrival(session, offered, held.ids.SOPInstanceUID)
            receipt = self._vault.keep(held, arrival)
            self._indexer.received(receipt)
            self.ledger.received(session.key, receipt.size)
        return agreed

    def _arrival(self, session: Session, offered: Offered, sop_instance: str) -> Arrival:
        return Arrival(
            site_id=session.admitted.site_id,
            peer_ae_title=session.admitted.peer_ae_title,
            association_id=session.id,
            received_at=self._now(),
            SOPClassUID=offered.sop_class,
            SOPInstanceUID=sop_instance,
            TransferSyntaxUID=offered.transfer_syntax,
        )
