"""Between pynetdicom's events and the reception: translate, ask, answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from pydicom import Dataset
from pynetdicom import evt

from dicom_node import admission
from dicom_node.admission import Caller, NotAdmitted, StoreStatus
from dicom_node.peers.address import plain_address
from dicom_node.scu.commitment import answer_report
from dicom_node.server.commitments import Commitments
from dicom_node.server.limits import bound
from dicom_node.server.reception import Offered, Reception, Session
from dicom_node.server.services import Services
from dicom_node.server.syntaxes import prefer_known
from dicom_node.upper.incoming import Memory
from dicom_node.vault.held import examine
from pipeline import logs


class Door:
    """Handles the events of all of pynetdicom's associations, each in its own thread."""

    def __init__(self, reception: Reception, memory: Memory, services: Services) -> None:
        self.reception = reception
        self._memory = memory
        self._services = services
        self._lock = threading.Lock()
        self._sessions: dict[Any, Session] = {}

    def handlers(self) -> list[tuple[Any, Callable[[Any], Any]]]:
        """What pynetdicom calls on which event."""
        handlers: list[tuple[Any, Callable[[Any], Any]]] = [
            (evt.EVT_REQUESTED, self._on_requested),
            (evt.EVT_REJECTED, self._on_rejected),
            (evt.EVT_PDU_RECV, self._on_pdu),
            (evt.EVT_PDU_SENT, self._on_sent),
            (evt.EVT_C_ECHO, self._on_echo),
            (evt.EVT_C_STORE, self._on_store),
            (evt.EVT_N_EVENT_REPORT, self._on_report),
        ]
        if (commitments := self._services.commitments) is not None:
            handlers.append((evt.EVT_N_ACTION, partial(self._on_action, commitments)))
        if (performed := self._services.performed) is not None:
            handlers.append((evt.EVT_N_CREATE, partial(self._for_site, performed.create)))
            handlers.append((evt.EVT_N_SET, partial(self._for_site, performed.set)))
        if (retrieval := self._services.retrieval) is not None:
            handlers.append((evt.EVT_C_FIND, partial(self._for_site, retrieval.find)))
            handlers.append((evt.EVT_C_MOVE, partial(self._for_site, retrieval.move)))
            handlers.append((evt.EVT_C_GET, partial(self._for_site, retrieval.get)))
        return handlers

    def ended(self, association: Any) -> None:
        """The association is over, however that came about."""
        with self._lock:
            session = self._sessions.pop(association, None)
        if session is not None:
            self.reception.ended(session, released=association.is_released)

    def _on_requested(self, event: Any) -> None:
        request = event.assoc.requestor.primitive
        host = plain_address(event.assoc.requestor.address)
        caller = Caller(request.calling_ae_title.strip(), request.called_ae_title.strip(), host)
        session = self.reception.admit(caller)
        if isinstance(session, NotAdmitted):
            event.assoc.acse.send_reject(*session.rejection.value)
            event.assoc.kill()
            return
        prefer_known(request.presentation_context_definition_list)
        with self._lock:
            self._sessions[event.assoc] = session

    def _on_rejected(self, event: Any) -> None:
        """Pynetdicom itself refused an association we admitted: there are too many in all."""
        logs.get().warning("association_refused", association=self._id_of(event.assoc), error="too many are open")

    def _on_pdu(self, event: Any) -> None:
        why = bound(event.assoc, self._memory, self.reception.largest_data_set)
        if why:
            logs.get().warning("association_aborted", association=self._id_of(event.assoc), error=why)
            event.assoc.abort()

    def _on_sent(self, event: Any) -> None:
        with self._lock:
            session = self._sessions.get(event.assoc)
        if session is not None:
            self.reception.answered(session)

    def _on_echo(self, event: Any) -> int:  # noqa: ARG002 -- pynetdicom's signature
        return admission.SUCCESS.code

    def _on_report(self, event: Any) -> tuple[int, None]:
        """A system we delivered to says what it keeps; it is told "success" once that is in the database."""
        status = admission.PROCESSING_FAILURE.code
        if self._services.committed is not None:
            status = answer_report(event, self._services.committed)
        logs.get().info("commitment_reported", association=self._id_of(event.assoc), status=f"{status:04X}")
        return status, None

    def _on_action(self, commitments: Commitments, event: Any) -> tuple[int, None]:
        """Somebody asks whether we keep what they sent; the answer comes later, as an association of ours."""
        session = self._session(event)
        status = commitments.ask(event, session.admitted)
        logs.get().info("commitment_asked", association=session.id, status=f"{status:04X}")
        return status, None

    def _for_site(self, answer: Callable[[Any, str], Any], event: Any) -> Any:
        return answer(event, self._session(event).admitted.site_id)

    def _session(self, event: Any) -> Session:
        with self._lock:
            return self._sessions[event.assoc]

    def _on_store(self, event: Any) -> Dataset | int:
        with self._lock:
            session = self._sessions[event.assoc]
        status = self._store(event, session)
        return status.code if status == admission.SUCCESS else _answer(status)

    def _store(self, event: Any, session: Session) -> StoreStatus:
        refusal = getattr(event.request.DataSet, "refusal", None)
        if isinstance(refusal, StoreStatus):
            self.reception.refused(session, refusal)
            return refusal
        syntax = str(event.context.transfer_syntax)
        look = partial(examine, event.request.DataSet.getvalue(), syntax)
        return self.reception.store(session, Offered(str(event.request.AffectedSOPClassUID), syntax, look))

    def _id_of(self, association: Any) -> str:
        with self._lock:
            session = self._sessions.get(association)
        return session.id if session else ""


def _answer(status: StoreStatus) -> Dataset:
    answer = Dataset()
    answer.Status = status.code
    answer.ErrorComment = status.comment
    return answer
