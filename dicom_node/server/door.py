"""Between pynetdicom's events and the reception: translate, ask, answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

from pydicom import Dataset
from pynetdicom import evt
from pynetdicom.pdu_primitives import UserIdentityNegotiation

from dicom_node import admission
from dicom_node.admission import NotAdmitted, StoreStatus
from dicom_node.caller import Caller, UserIdentity, ae_title
from dicom_node.peers.address import plain_address
from dicom_node.scu.commitment import answer_report
from dicom_node.server.asked import service_of
from dicom_node.server.commitments import Commitments
from dicom_node.server.limits import bound
from dicom_node.server.reception import Offered, Reception, Session
from dicom_node.server.services import Services
from dicom_node.server.syntaxes import prefer_known
from dicom_node.tls import certificate_of
from dicom_node.upper.incoming import Memory
from dicom_node.vault.held import examine
from dicom_node.worklist.provider import ModalityWorklistInformationFind
from pipeline import logs

_USER_REJECTION = 1


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
            handlers.append((evt.EVT_C_MOVE, partial(self._for_site, retrieval.move)))
            handlers.append((evt.EVT_C_GET, partial(self._for_site, retrieval.get)))
        handlers.append((evt.EVT_C_FIND, self._on_find))
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
        session = self.reception.admit(_caller(event.assoc, request, host))
        if isinstance(session, NotAdmitted):
            event.assoc.acse.send_reject(*session.rejection.value)
            event.assoc.kill()
            return
        prefer_known(request.presentation_context_definition_list)
        self._allow(event.assoc, session)
        with self._lock:
            self._sessions[event.assoc] = session

    def _allow(self, association: Any, session: Session) -> None:
        """Have the contexts rejected that ask for what the caller may not have, and its user identity answered.

        pynetdicom knows no permission by service, and answers no user name: both are put right as it accepts.
        """
        contexts = association.requestor.primitive.presentation_context_definition_list
        asked = {str(context.abstract_syntax): service_of(str(context.abstract_syntax)) for context in contexts}
        refused = {service for service in asked.values() if service and not session.admitted.allows(service)}
        if refused:
            self.reception.services_refused(session, refused)
        uids = {uid for uid, service in asked.items() if service in refused}
        if session.admitted.user_accepted and association.requestor.user_identity.positive_response_requested:
            answer = UserIdentityNegotiation()
            answer.server_response = b""
            association.acceptor.add_negotiation_item(answer)
        association.acse.send_accept = partial(_accept_without, association, association.acse.send_accept, uids)

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

    def _on_echo(self, event: Any) -> int:
        self.reception.echoed(self._session(event))
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

    def _on_find(self, event: Any) -> Iterator[Any]:
        """A scanner asks for its worklist, or anybody for what is stored."""
        admitted = self._session(event).admitted
        if str(event.request.AffectedSOPClassUID) == ModalityWorklistInformationFind:
            if self._services.worklist is not None:
                yield from self._services.worklist.find(event, admitted)
        elif self._services.retrieval is not None:
            yield from self._services.retrieval.find(event, admitted.site_id)

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


def _caller(association: Any, request: Any, host: str) -> Caller:
    said = association.requestor.user_identity
    user = None
    if said is not None:
        wants = bool(said.positive_response_requested)
        user = UserIdentity(said.user_identity_type, said.primary_field or b"", said.secondary_field or b"", wants)
    certificate = certificate_of(association.dul.socket.socket)
    return Caller(ae_title(request.calling_ae_title), request.called_ae_title.strip(), host, certificate, user)


def _accept_without(association: Any, send_accept: Callable[[], None], uids: Collection[str]) -> None:
    """Accept an association, rejecting contexts of these abstract syntaxes in the user's name (PS3.8 table 9-18)."""
    accepted = association._accepted_cx  # noqa: SLF001 -- what pynetdicom's negotiation has decided
    for number, context in list(accepted.items()):
        if str(context.abstract_syntax) in uids:
            context.result = _USER_REJECTION
            association._rejected_cx.append(accepted.pop(number))  # noqa: SLF001
    send_accept()


def _answer(status: StoreStatus) -> Dataset:
    answer = Dataset()
    answer.Status = status.code
    answer.ErrorComment = status.comment
    return answer
