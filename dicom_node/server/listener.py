"""The listening socket and its connections: who asks is heard out, then served by the upper layer that knows how."""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from pynetdicom.transport import AssociationSocket, RequestHandler, ThreadedAssociationServer

from dicom_node.peers.address import plain_address
from dicom_node.peers.pace import FRESH, Pace, paced
from dicom_node.server.dozing import Doze, DozingCheckpoint
from dicom_node.server.fast import FastDoor, is_ours
from dicom_node.server.limits import LARGEST_PDU
from dicom_node.tls import why_refused
from dicom_node.upper import pdus
from dicom_node.upper.association import PDU_SLACK
from dicom_node.upper.line import AHEAD, HungUp, Line, Overdue
from dicom_node.upper.pdus import PDU_HEAD, BadPdu
from dicom_node.upper.states import Event
from pipeline import logs
from pipeline.domain.refusal import Refusal

_QUICKACK = getattr(socket, "TCP_QUICKACK", None)

ARTIM_S = 30.0
"""How long a connection may take to ask for an association (PS3.8 9.1.5), TLS included."""

LARGEST_REQUEST = 256 * 1024
"""An A-ASSOCIATE-RQ with every context and syntax has some 100,000 bytes."""

_UNEXPECTED_PDU = 2
_MOST_PACES = 10_000


@dataclass(frozen=True, slots=True)
class Bounds:
    """What every connection gets: time limits in seconds, TLS if any, how many at once, in all and of one address.

    ``connections_a_second`` is of one address; 0 sets no limit.
    """

    pdu_s: float
    most_connections: int
    artim_s: float = ARTIM_S
    tls: ssl.SSLContext | None = None
    connections_a_second: float = 0.0

    @property
    def most_of_host(self) -> int:
        """One address cannot keep all others out."""
        return max(self.most_connections // 2, 1)


class DoorSocket(AssociationSocket):
    """Reads a PDU in large pieces and acknowledges each at once; ``before`` has been read already.

    Senders that leave Nagle's algorithm on wait 40 ms an image for a delayed acknowledgement otherwise.
    """

    pdu_s = 60.0
    before = b""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.doze = Doze()
        super().__init__(*args, **kwargs)

    @property
    def ready(self) -> bool:
        """Whether there is something to read; waits a moment for it where nothing has happened for a while."""
        if self.before:
            return True
        ready = bool(super().ready)
        if ready or self.socket is None or not self.doze.is_on():
            return ready
        self.doze.until_there_is_something(self.socket)
        return bool(super().ready)

    def send(self, bytestream: bytes) -> None:
        """Send a PDU."""
        self.doze.busy()
        super().send(bytestream)

    def recv(self, nr_bytes: int) -> bytearray:
        """Read ``nr_bytes``, fewer when the peer hangs up. Raises `OSError` when they are too many or too slow."""
        if nr_bytes > LARGEST_PDU + PDU_SLACK:
            raise OSError("a PDU longer than we negotiated")
        connection = cast("socket.socket", self.socket)
        self.doze.busy()
        deadline = time.monotonic() + self.pdu_s
        buffer = bytearray(nr_bytes)
        known = min(nr_bytes, len(self.before))
        buffer[:known], self.before = self.before[:known], self.before[known:]
        rest = memoryview(buffer)[known:]
        while rest:
            received = connection.recv_into(rest)
            if not received:
                return buffer[: nr_bytes - len(rest)]
            rest = rest[received:]
            _acknowledge(connection)
            if time.monotonic() > deadline:
                raise TimeoutError("a PDU took too long")
        return buffer


def _acknowledge(connection: socket.socket) -> None:
    if _QUICKACK is not None:
        connection.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)


class DoorRequestHandler(RequestHandler):
    """Runs one of pynetdicom's associations from its request to its very end."""

    server: DoorServer

    def handle(self) -> None:
        """Wait for the association's end, however it comes about, and say so."""
        association = self._create_association()
        association.start()
        association.join()
        self.server.ended(association)

    def _create_association(self) -> Any:
        association = super()._create_association()
        # A fresh queue, since each socket announces its connection in it.
        association.dul.event_queue = queue.Queue()
        association.dul.socket = DoorSocket(association, client_socket=self.request)
        association.dul.socket.pdu_s = self.server.bounds.pdu_s
        association.dul.socket.before = self.server.read_already.pop(self.request)
        association._reactor_checkpoint = DozingCheckpoint(association.dul.socket.doze)  # noqa: SLF001
        return association


class DoorServer(ThreadedAssociationServer):
    """Accepts connections, each in its own thread; TLS is negotiated there, so no caller holds up another."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    bounds: Bounds
    fast: FastDoor
    ended: Callable[[Any], None]
    refused: Callable[[str, Refusal, str], None]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._counting = threading.Lock()
        self._connections: Counter[str] = Counter()
        self._paces: dict[str, Pace] = {}
        self.read_already: dict[Any, bytes] = {}
        super().__init__(*args, **kwargs)

    def service_actions(self) -> None:
        """Do nothing: pynetdicom collects garbage here every six seconds, in which time nobody receives anything."""

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 -- socketserver's signature
        """Drop a connection at once when there are too many."""
        host = plain_address(client_address[0])
        with self._counting:
            fits = (
                self._connections.total() < self.bounds.most_connections
                and self._connections[host] < self.bounds.most_of_host
            )
            in_time = fits and self._is_in_time(host)
            self._connections[host] += in_time
        if not fits:
            self.refused(host, Refusal.TOO_MANY, "too many connections are open")
        return in_time

    def _is_in_time(self, host: str) -> bool:
        """Whether an address connects no faster than it may; who connects too fast is dropped without a word."""
        rate = self.bounds.connections_a_second
        if rate <= 0:
            return True
        now = time.monotonic()
        pace, wait_s = paced(self._paces.get(host, FRESH), now, rate)
        if wait_s > 0:
            return False
        if len(self._paces) > _MOST_PACES:
            self._paces.clear()
        self._paces[host] = pace
        return True

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own, where the machine has one left."""
        try:
            super().process_request(request, client_address)
        except RuntimeError:
            self._gone(plain_address(client_address[0]))
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection to its end, in its own thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._gone(plain_address(client_address[0]))

    def _gone(self, host: str) -> None:
        with self._counting:
            self._connections[host] -= 1
            self._connections += Counter()  # forgets hosts that have none

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Hear what a connection asks for, and serve it."""
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.bounds.tls is not None:
            request = self._secured(request, client_address, self.bounds.tls)
            if request is None:
                return
        line = Line(request)
        try:
            self._serve(line, client_address)
        except (HungUp, Overdue):
            pass  # as monitors do, and port scanners
        except BadPdu as exc:
            logs.get().warning("association_refused", address=str(client_address[0]), error=str(exc))
            _send_abort(line)
        finally:
            line.close()

    def _secured(self, request: Any, client_address: Any, tls: ssl.SSLContext) -> Any:
        """The connection behind TLS; none when that came to nothing."""
        request.settimeout(self.bounds.artim_s)
        try:
            return tls.wrap_socket(request, server_side=True)
        except OSError as exc:
            if (refused := why_refused(exc)) is not None:
                self.refused(plain_address(client_address[0]), *refused)
            return None

    def _serve(self, line: Line, client_address: Any) -> None:
        line.allow(self.bounds.artim_s)
        asked = _request(line)
        request = pdus.read_request(asked[PDU_HEAD.size :])
        if is_ours(request):
            self.fast.serve(line, request, plain_address(client_address[0]))
            return
        self.read_already[line.connection] = asked + line.unread()
        line.connection.settimeout(self.bounds.pdu_s)
        super().finish_request(line.connection, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 -- socketserver's signature
        """Say in one line that a connection failed; callers are told nothing more."""
        logs.get().warning("connection_failed", address=str(client_address[0]))


def _request(line: Line) -> bytes:
    """The A-ASSOCIATE-RQ, whole. Raises `BadPdu` when something else comes, and what `Line.take` raises."""
    head = line.take(PDU_HEAD.size)
    kind, length = PDU_HEAD.unpack(head)
    if pdus.EVENT_OF.get(kind) is not Event.REQUEST_PDU or length > LARGEST_REQUEST:
        raise BadPdu("it began with something other than an association request")
    pieces = [head]
    while length:
        pieces.append(line.take(min(length, AHEAD)))
        length -= len(pieces[-1])
    return b"".join(pieces)


def _send_abort(line: Line) -> None:
    try:
        line.send(pdus.abort(by_provider=True, reason=_UNEXPECTED_PDU))
    except (HungUp, Overdue):
        return
