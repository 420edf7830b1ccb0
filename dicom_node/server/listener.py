"""The listening socket and its connections: large reads, no delays, a time limit on everything."""

from __future__ import annotations

import queue
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from pynetdicom.transport import AssociationSocket, RequestHandler, ThreadedAssociationServer

from dicom_node.server.limits import LARGEST_PDU
from pipeline import logs

_QUICKACK = getattr(socket, "TCP_QUICKACK", None)
_PDU_SLACK = 64 * 1024

ARTIM_S = 30.0
"""How long a connection may take to ask for an association (PS3.8 9.1.5)."""


@dataclass(frozen=True, slots=True)
class Line:
    """What every connection gets: time limits in seconds, TLS if any, how many at once."""

    pdu_s: float
    most_connections: int
    tls: ssl.SSLContext | None = None


class DoorSocket(AssociationSocket):
    """Reads a PDU in large pieces and acknowledges each at once.

    Senders that leave Nagle's algorithm on wait 40 ms an image for a delayed acknowledgement otherwise.
    """

    pdu_s = 60.0

    def recv(self, nr_bytes: int) -> bytearray:
        """Read ``nr_bytes``, fewer when the peer hangs up. Raises `OSError` when they are too many or too slow."""
        if nr_bytes > LARGEST_PDU + _PDU_SLACK:
            raise OSError("a PDU longer than we negotiated")
        connection = cast("socket.socket", self.socket)
        deadline = time.monotonic() + self.pdu_s
        buffer = bytearray(nr_bytes)
        rest = memoryview(buffer)
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
    """Runs one association from its connection to its very end."""

    server: DoorServer

    def handle(self) -> None:
        """Wait for the association's end, however it comes about, and say so."""
        association = self._create_association()
        association.start()
        association.join()
        self.server.shutdown_request(self.request)
        self.server.ended(association)

    def _create_association(self) -> Any:
        association = super()._create_association()
        # A fresh queue, since each socket announces its connection in it.
        association.dul.event_queue = queue.Queue()
        association.dul.socket = DoorSocket(association, client_socket=self.request)
        association.dul.socket.pdu_s = self.server.line.pdu_s
        return association


class DoorServer(ThreadedAssociationServer):
    """Accepts connections, each in its own thread; TLS is negotiated there, so no caller holds up another."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    line: Line
    ended: Callable[[Any], None]

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 -- socketserver's signature
        """Drop a connection at once when there are too many."""
        return len(self.active_associations) < self.line.most_connections

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Set the connection up, in its own thread, and serve it."""
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request.settimeout(ARTIM_S)
        if self.line.tls is not None:
            request = self.line.tls.wrap_socket(request, server_side=True)
        elif not request.recv(1, socket.MSG_PEEK):
            # Connected and hung up, as monitors do; pynetdicom would keep a thread for it.
            self.shutdown_request(request)
            return
        request.settimeout(self.line.pdu_s)
        super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 -- socketserver's signature
        """Say in one line that a connection failed; callers are told nothing more."""
        logs.get().warning("connection_failed", address=str(client_address[0]))
