"""Opening an association to another system, or saying why it cannot be opened."""

from __future__ import annotations

import errno
import socket
import ssl
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pynetdicom import AE, evt
from pynetdicom.presentation import PresentationContext, build_context

from dicom_node.scu.checkpoint import keep_answers
from dicom_node.vault.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from pipeline.domain.errors import PeerUnreachable

Verification = "1.2.840.10008.1.1"
CONNECT_S = 5.0

_REJECTED_BY_USER = {
    2: "it does not support DICOM's application context",
    3: "it does not know the calling AE title {calling}; ask its administrator to add it",
    7: "it does not answer to the called AE title {called}; check its name",
}
_REJECTED_BY_PRESENTATION = {1: "it is congested; try again later", 2: "it has too many associations open"}
"""Source 1 and 3 of PS3.8 table 9-21; a source 2 rejection gives no reason."""


@dataclass(frozen=True, slots=True)
class Target:
    """Another DICOM system and the name we call ourselves; ``tls`` when it wants TLS.

    ``answer_s`` is how long one answer may take.
    """

    host: str
    port: int
    called: str
    calling: str
    tls: ssl.SSLContext | None = None
    answer_s: float = 60.0

    def __str__(self) -> str:
        return f"{self.called} at {self.host}:{self.port}"


def reach(target: Target) -> None:
    """Open and close a TCP connection. Raises `PeerUnreachable`."""
    try:
        socket.create_connection((target.host, target.port), timeout=CONNECT_S).close()
    except (OSError, UnicodeError) as exc:
        raise PeerUnreachable(f"{_why_unreachable(exc, target)}.") from exc


Handlers = Sequence[tuple[Any, Callable[[Any], Any]]]


def associate(
    target: Target, contexts: Sequence[tuple[str, str]], handlers: Handlers = (), roles: Sequence[Any] = ()
) -> Any:
    """An established `pynetdicom` association for pairs of SOP class and transfer syntax, at most 128.

    ``handlers`` are pynetdicom's events and what hears them, ``roles`` its role selections. Raises
    `PeerUnreachable` with the reason in a sentence.
    """
    reach(target)
    association = negotiate(target, contexts, handlers, roles)
    if not association.is_established:
        raise PeerUnreachable(f"{target}: {_why_not_established(association, target)}.")
    keep_answers(association)
    return association


def negotiate(
    target: Target, contexts: Sequence[tuple[str, str]], handlers: Handlers = (), roles: Sequence[Any] = ()
) -> Any:
    """As `associate`, but also an association that was not established."""
    entity = AE(ae_title=target.calling)
    entity.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    entity.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    entity.connection_timeout = CONNECT_S
    entity.dimse_timeout = entity.acse_timeout = target.answer_s
    return entity.associate(
        target.host,
        target.port,
        contexts=[_context(*pair) for pair in contexts],
        ae_title=target.called,
        ext_neg=list(roles),
        tls_args=(target.tls, target.host) if target.tls else None,
        evt_handlers=[(evt.EVT_CONN_OPEN, _send_at_once), *handlers],
    )


def echo(target: Target) -> None:
    """C-ECHO. Raises `PeerUnreachable` with the reason in a sentence."""
    association = associate(target, [(Verification, "1.2.840.10008.1.2")])
    try:
        if not association.accepted_contexts:
            raise PeerUnreachable(f"{target}: it does not offer the verification service (C-ECHO).")
        answer = association.send_c_echo()
        if "Status" not in answer or answer.Status != 0:
            raise PeerUnreachable(f"{target}: it accepted the association but did not answer C-ECHO with success.")
    finally:
        association.release()


def _context(sop_class: str, transfer_syntax: str) -> PresentationContext:
    return build_context(sop_class, transfer_syntax)


def _send_at_once(event: Any) -> None:
    """Switch Nagle's algorithm off: it waits for acknowledgements that slow receivers delay by 40 ms."""
    connection = event.assoc.dul.socket.socket
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # pynetdicom leaves the socket of a peer that vanished open.
    weakref.finalize(event.assoc, connection.close)


def _why_unreachable(error: Exception, target: Target) -> str:
    where = f"{target.host}:{target.port}"
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return f"The name {target.host} is unknown to this machine's name service"
    if isinstance(error, ConnectionRefusedError):
        return f"{where}: the machine answers, but nothing listens on this port"
    if isinstance(error, TimeoutError):
        return f"{where}: no answer within {CONNECT_S:.0f} s; a firewall, or the machine is off"
    if isinstance(error, OSError) and error.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH}:
        return f"{where}: there is no route to this machine"
    return f"{where}: the connection failed"


def _why_not_established(association: Any, target: Target) -> str:
    if not association.is_rejected:
        tls = "" if target.tls else "; it may require TLS"
        return f"it hung up while the association was negotiated{tls}"
    answer = association.acceptor.primitive
    reasons = {1: _REJECTED_BY_USER, 3: _REJECTED_BY_PRESENTATION}.get(answer.result_source, {})
    reason = reasons.get(answer.diagnostic, "it rejected the association without giving a reason")
    return reason.format(calling=target.calling, called=target.called)
