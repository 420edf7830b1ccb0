"""Between our own upper layer and the reception: which associations it takes, and what it does with them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import partial

from dicom_node import admission
from dicom_node.admission import NotAdmitted, StoreStatus
from dicom_node.caller import Caller, ae_title
from dicom_node.server.asked import service_of
from dicom_node.server.reception import Offered, Reception, Session
from dicom_node.server.syntaxes import preferred
from dicom_node.tls import certificate_of
from dicom_node.upper.association import AcceptedAssociation, Timers
from dicom_node.upper.commands import Command
from dicom_node.upper.incoming import Incoming, Memory
from dicom_node.upper.line import Line
from dicom_node.upper.pdus import AssociationRequest
from dicom_node.vault.held import HeldDataSet, ids_of
from pipeline.domain.peer import Service

_REFUSE_AFTER_S = 0.05
"""pynetdicom, as caller, takes a refusal that comes at once for a broken connection, and loses its reason."""


def is_ours(request: AssociationRequest) -> bool:
    """Whether an association only stores and echoes; a class nobody knows is taken as storage."""
    return all(service_of(context.abstract_syntax) in {Service.STORE, None} for context in request.contexts)


@dataclass(frozen=True, slots=True)
class _Store:
    """Stores what one session brings."""

    reception: Reception
    session: Session

    def store(self, command: Command, transfer_syntax: str, incoming: Incoming) -> StoreStatus:
        """See `dicom_node.upper.association.Handler`."""
        if incoming.too_large or incoming.no_memory:
            limit = self.reception.largest_data_set
            status = admission.too_large(limit) if incoming.too_large else admission.no_memory()
            self.reception.refused(self.session, status)
            return status
        look = partial(_held, incoming, transfer_syntax)
        return self.reception.store(self.session, Offered(command.sop_class, transfer_syntax, look))

    def echo(self) -> None:
        """See `dicom_node.upper.association.Handler`."""
        self.reception.echoed(self.session)

    def answered(self) -> None:
        """See `dicom_node.upper.association.Handler`."""
        self.reception.answered(self.session)


class FastDoor:
    """Serves associations that only store and echo, each in the thread that calls `serve`."""

    def __init__(self, reception: Reception, timers: Timers, memory: Memory) -> None:
        self._reception = reception
        self._timers = timers
        self._memory = memory
        self._lock = threading.Lock()
        self._open: set[AcceptedAssociation] = set()

    def serve(self, line: Line, request: AssociationRequest, host: str) -> None:
        """Answer a request, and serve the association to its end."""
        association = AcceptedAssociation(line, request, self._timers)
        session = self._reception.admit(_caller(line, request, host))
        if isinstance(session, NotAdmitted):
            time.sleep(_REFUSE_AFTER_S)
            association.reject(session.rejection)
            return
        accepted = self._allowed(session, request)
        incoming = Incoming(self._memory, self._reception.largest_data_set)
        released = False
        with self._lock:
            self._open.add(association)
        try:
            handler, user = _Store(self._reception, session), session.admitted.user_accepted
            released = association.serve(accepted, handler, incoming, user=user)
        finally:
            incoming.forget()
            with self._lock:
                self._open.discard(association)
            self._reception.ended(session, released=released, why=association.why)

    def _allowed(self, session: Session, request: AssociationRequest) -> dict[int, str]:
        """The presentation contexts that a caller may have, each with its transfer syntax."""
        asked = {context: service_of(context.abstract_syntax) for context in request.contexts}
        refused = {service for service in asked.values() if service and not session.admitted.allows(service)}
        if refused:
            self._reception.services_refused(session, refused)
        return {one.id: preferred(one.transfer_syntaxes) for one in request.contexts if asked[one] not in refused}

    def stop(self) -> int:
        """Have every association aborted that waits for its peer; how many are open."""
        with self._lock:
            associations = list(self._open)
        for association in associations:
            association.stop()
        return len(associations)


def _caller(line: Line, request: AssociationRequest, host: str) -> Caller:
    certificate = certificate_of(line.connection)
    return Caller(ae_title(request.calling_ae_title), request.called_ae_title, host, certificate, request.user)


def _held(incoming: Incoming, transfer_syntax: str) -> HeldDataSet:
    return HeldDataSet(incoming.body, incoming.sha256, ids_of(incoming.body, transfer_syntax))
