"""Between pynetdicom's events and our decisions: translate, ask, answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from pydicom import Dataset
from pynetdicom import evt

from dicom_node import admission
from dicom_node.admission import Admitted, Caller, DoorPolicy, NotAdmitted, StoreStatus
from dicom_node.indexing import Indexer
from dicom_node.peers.address import plain_address
from dicom_node.peers.book import PeerBook
from dicom_node.scu.commitment import Told, answer_report
from dicom_node.server.limits import Oversized, bound
from dicom_node.server.syntaxes import prefer_known
from dicom_node.vault.header import instance_ids
from pipeline import logs
from pipeline.domain.errors import NeuroVigieError
from pipeline.domain.ports import Vault
from pipeline.domain.receipt import Arrival


@dataclass(slots=True)
class Session:
    """One accepted association."""

    admitted: Admitted
    host: str
    id: str = field(default_factory=lambda: uuid4().hex)
    images: int = 0
    refused: int = 0
    began: float = field(default_factory=time.monotonic)


class Door:
    """Handles the events of all associations, each in its own thread."""

    def __init__(
        self,
        *,
        policy: DoorPolicy,
        book: PeerBook,
        vault: Vault,
        indexer: Indexer,
        now: Callable[[], datetime],
        largest_data_set: int,
        committed: Told | None = None,
    ) -> None:
        """``committed`` hears which of our objects another system keeps; without it nobody here asks for that."""
        self._committed = committed
        self._policy = policy
        self._book = book
        self._vault = vault
        self._indexer = indexer
        self._now = now
        self._largest = largest_data_set
        self._lock = threading.Lock()
        self._sessions: dict[Any, Session] = {}
        self._answering: set[Any] = set()
        self._closing = False

    def handlers(self) -> list[tuple[Any, Callable[[Any], Any]]]:
        """What pynetdicom calls on which event."""
        return [
            (evt.EVT_REQUESTED, self._on_requested),
            (evt.EVT_REJECTED, self._on_rejected),
            (evt.EVT_PDU_RECV, self._on_pdu),
            (evt.EVT_PDU_SENT, self._on_sent),
            (evt.EVT_C_ECHO, self._on_echo),
            (evt.EVT_C_STORE, self._on_store),
            (evt.EVT_N_EVENT_REPORT, self._on_report),
        ]

    def close(self) -> None:
        """From now on refuse new images; those in hand are answered."""
        self._closing = True

    def is_answering(self) -> bool:
        """Whether an image is being stored, or its answer is not sent yet."""
        with self._lock:
            return bool(self._answering)

    def ended(self, association: Any) -> None:
        """The association is over, however that came about, and all it stored is with the indexer."""
        with self._lock:
            session = self._sessions.pop(association, None)
            self._answering.discard(association)
        if session is None:
            return
        self._indexer.association_closed(session.id)
        logs.get().info(
            "association_ended",
            association=session.id,
            status="released" if association.is_released else "aborted",
            images=session.images,
            count=session.refused,
            seconds=round(time.monotonic() - session.began, 3),
        )

    def _on_requested(self, event: Any) -> None:
        request = event.assoc.requestor.primitive
        host = plain_address(event.assoc.requestor.address)
        caller = Caller(request.calling_ae_title.strip(), request.called_ae_title.strip(), host)
        decision = self._decide(caller)
        if isinstance(decision, NotAdmitted):
            self._refuse(event.assoc, caller, decision)
            return
        prefer_known(request.presentation_context_definition_list)
        session = Session(decision, host)
        with self._lock:
            self._sessions[event.assoc] = session
        self._indexer.association_opened(session.id)
        logs.get().info(
            "association_accepted",
            association=session.id,
            ae_title=caller.calling_ae_title,
            address=host,
            site=decision.site_id,
        )

    def _decide(self, caller: Caller) -> Admitted | NotAdmitted:
        """A caller nobody knows may have been made known a second ago: ask the database before refusing it."""
        known = any(peer.peer.ae_title == caller.calling_ae_title for peer in self._book.peers())
        if not known:
            self._book.refresh()
        with self._lock:
            mine = (caller.calling_ae_title, caller.host)
            sessions = [(one.admitted.peer_ae_title, one.host) for one in self._sessions.values()]
        return admission.admit(caller, self._policy, self._book.peers(), open_already=sessions.count(mine))

    def _refuse(self, association: Any, caller: Caller, decision: NotAdmitted) -> None:
        logs.get().warning(
            "association_refused",
            ae_title=caller.calling_ae_title,
            called_ae=caller.called_ae_title,
            address=caller.host,
            error=decision.why,
        )
        association.acse.send_reject(*decision.rejection.value)
        association.kill()

    def _on_rejected(self, event: Any) -> None:
        """Pynetdicom itself refused an association we admitted: there are too many in all."""
        logs.get().warning("association_refused", association=self._id_of(event.assoc), error="too many are open")

    def _on_pdu(self, event: Any) -> None:
        why = bound(event.assoc, self._largest)
        if why:
            logs.get().warning("association_aborted", association=self._id_of(event.assoc), error=why)
            event.assoc.abort()

    def _on_sent(self, event: Any) -> None:
        with self._lock:
            self._answering.discard(event.assoc)

    def _on_echo(self, event: Any) -> int:  # noqa: ARG002 -- pynetdicom's signature
        return admission.SUCCESS.code

    def _on_report(self, event: Any) -> tuple[int, None]:
        """A system we delivered to says what it keeps; it is told "success" once that is in the database."""
        status = admission.PROCESSING_FAILURE.code
        if self._committed is not None:
            status = answer_report(event, self._committed)
        logs.get().info("commitment_reported", association=self._id_of(event.assoc), status=f"{status:04X}")
        return status, None

    def _on_store(self, event: Any) -> Dataset | int:
        with self._lock:
            session = self._sessions[event.assoc]
            self._answering.add(event.assoc)
        status = self._store(event, session)
        if status == admission.SUCCESS:
            session.images += 1
            return status.code
        session.refused += 1
        logs.get().warning(
            "image_refused", association=session.id, status=f"{status.code:04X}", error=status.comment
        )  # fmt: skip
        return _answer(status)

    def _store(self, event: Any, session: Session) -> StoreStatus:
        """Store one image: `admission.SUCCESS` only after the vault has it."""
        if self._closing:
            return admission.closing()
        if isinstance(event.request.DataSet, Oversized):
            return admission.too_large(self._largest)
        try:
            return self._append(event, session)
        except NeuroVigieError as exc:
            return admission.status_of(exc)
        except Exception as exc:  # noqa: BLE001 -- the outermost call of ours in pynetdicom's thread
            logs.get().error("store_failed", association=session.id, error=type(exc).__name__)
            return admission.PROCESSING_FAILURE

    def _append(self, event: Any, session: Session) -> StoreStatus:
        data_set: bytes = event.request.DataSet.getvalue()
        syntax = str(event.context.transfer_syntax)
        ids = instance_ids(data_set, syntax)
        sop_class = str(event.request.AffectedSOPClassUID)
        agreed = admission.agree(ids, sop_class)
        if agreed == admission.SUCCESS:
            arrival = self._arrival(session, sop_class, ids.SOPInstanceUID, syntax)
            self._indexer.received(self._vault.append(data_set, arrival))
        return agreed

    def _arrival(self, session: Session, sop_class: str, sop_instance: str, syntax: str) -> Arrival:
        return Arrival(
            site_id=session.admitted.site_id,
            peer_ae_title=session.admitted.peer_ae_title,
            association_id=session.id,
            received_at=self._now(),
            SOPClassUID=sop_class,
            SOPInstanceUID=sop_instance,
            TransferSyntaxUID=syntax,
        )

    def _id_of(self, association: Any) -> str:
        with self._lock:
            session = self._sessions.get(association)
        return session.id if session else ""


def _answer(status: StoreStatus) -> Dataset:
    answer = Dataset()
    answer.Status = status.code
    answer.ErrorComment = status.comment
    return answer
