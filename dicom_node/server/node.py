"""The DICOM node: starts listening, and stops without leaving an image unanswered."""

from __future__ import annotations

import errno
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from pynetdicom import AE

from dicom_node.scu.commitment import StorageCommitmentPushModel
from dicom_node.server.door import Door
from dicom_node.server.fast import FastDoor
from dicom_node.server.limits import LARGEST_PDU
from dicom_node.server.listener import ARTIM_S, Bounds, DoorRequestHandler, DoorServer
from dicom_node.server.performed import InstanceAvailabilityNotification, ModalityPerformedProcedureStep
from dicom_node.server.reception import Reception
from dicom_node.server.retrieval import PATIENT_ROOT, STUDY_ROOT
from dicom_node.server.services import Services
from dicom_node.server.syntaxes import KNOWN_SYNTAXES
from dicom_node.upper.association import Timers
from dicom_node.upper.incoming import Memory
from dicom_node.vault.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicom_node.worklist.provider import ModalityWorklistInformationFind
from pipeline.domain.errors import ConfigurationError, PortTaken

_POLL_S = 0.1
_VERIFICATION = "1.2.840.10008.1.1"


@dataclass(frozen=True, slots=True)
class NodeAddress:
    """Where and under which name the node listens; ``tls`` is required beyond loopback."""

    ae_title: str
    host: str
    port: int
    tls: ssl.SSLContext | None = None


NOTHING_MORE = Services()


@dataclass(frozen=True, slots=True)
class NodeLimits:
    """How many associations at once, the memory in bytes for their data sets, and time limits in seconds.

    ``connections_a_second`` is of one address; 0 sets no limit.
    """

    most_associations: int = 64
    memory: int = 4 << 30
    idle_s: float = 300.0
    pdu_s: float = 60.0
    artim_s: float = ARTIM_S
    connections_a_second: float = 0.0


class DicomNode:
    """An SCP on one address; `start` it, and `stop` it."""

    def __init__(
        self, address: NodeAddress, reception: Reception, limits: NodeLimits, services: Services = NOTHING_MORE
    ) -> None:
        refuse_unprotected(address)
        self._reception = reception
        memory = Memory(limits.memory)
        door = Door(reception, memory, services)
        timers = Timers(artim_s=limits.artim_s, idle_s=limits.idle_s, pdu_s=limits.pdu_s)
        self._fast = FastDoor(reception, timers, memory)
        self._server = _listen(_entity(address, limits), address, door)
        self._server.bounds = Bounds(
            limits.pdu_s,
            2 * limits.most_associations,
            artim_s=limits.artim_s,
            tls=address.tls,
            connections_a_second=limits.connections_a_second,
        )
        self._server.refused = reception.connection_refused
        self._server.fast = self._fast
        self._server.ended = door.ended
        self._stopped = threading.Event()
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_S,), name="listener", daemon=True
        )

    @property
    def port(self) -> int:
        """The port in use, also when any port was asked for."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to accept connections."""
        self._thread.start()

    def stop(self, grace_s: float) -> None:
        """Accept no more, answer the images in hand for up to ``grace_s`` seconds, and hang up; once."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self._server.shutdown()
        self._reception.close()
        deadline = time.monotonic() + grace_s
        while self._reception.is_answering() and time.monotonic() < deadline:
            time.sleep(0.01)
        established = [one for one in self._server.active_associations if one.is_established]
        for association in established:
            association.abort()
        while self._fast.stop() and time.monotonic() < deadline:
            time.sleep(0.01)
        for association in established:
            association.join(max(deadline - time.monotonic(), 0.1))


def refuse_unprotected(address: NodeAddress) -> None:
    """Nothing listens beyond loopback without TLS. Raises `ConfigurationError`."""
    if address.tls is None and not _is_loopback(address.host):
        raise ConfigurationError(
            f"The DICOM node does not listen on {address.host} without TLS; set NEUROVIGIE_TLS_CERT and "
            "NEUROVIGIE_TLS_KEY, or listen on 127.0.0.1."
        )


def _entity(address: NodeAddress, limits: NodeLimits) -> Any:
    entity = AE(ae_title=address.ae_title)
    entity.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    entity.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    entity.maximum_pdu_size = LARGEST_PDU
    entity.maximum_associations = limits.most_associations
    entity.acse_timeout = limits.artim_s
    entity.network_timeout = limits.idle_s
    # Storage needs no context here: the unrestricted service takes every storage class (see `stack`).
    entity.add_supported_context(_VERIFICATION, sorted(KNOWN_SYNTAXES))
    # Whoever calls to report a storage commitment is its provider (PS3.4 J.3.3), who asks for one its user.
    entity.add_supported_context(StorageCommitmentPushModel, sorted(KNOWN_SYNTAXES), scu_role=True, scp_role=True)
    counts = (ModalityPerformedProcedureStep, InstanceAvailabilityNotification)
    for uid in (*PATIENT_ROOT, *STUDY_ROOT, *counts, ModalityWorklistInformationFind):
        entity.add_supported_context(uid, sorted(KNOWN_SYNTAXES))
    return entity


def _listen(entity: Any, address: NodeAddress, door: Door) -> Any:
    try:
        server = entity.make_server(
            (address.host, address.port),
            evt_handlers=door.handlers(),
            server_class=DoorServer,
            request_handler=DoorRequestHandler,
        )
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"Port {address.port} is already in use; set NEUROVIGIE_DICOM_PORT to another one."
            ) from exc
        raise ConfigurationError(f"Cannot listen on {address.host}, port {address.port}: {exc.strerror}.") from exc
    entity._servers.append(server)  # noqa: SLF001 -- pynetdicom forgets to, and its shutdown expects it
    return server


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return False
    return bool(found) and all(ip_address(str(entry[4][0]).partition("%")[0]).is_loopback for entry in found)
