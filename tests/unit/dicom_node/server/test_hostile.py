"""Callers that mean harm, before they have an association: each costs little, and keeps nobody else out."""

from __future__ import annotations

import socket
import struct
import threading
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from dicom_node.server import listener
from dicom_node.server.listener import LARGEST_REQUEST, Bounds, DoorServer, _request
from dicom_node.upper.line import HungUp, Line, Overdue
from dicom_node.upper.pdus import PDU_HEAD, BadPdu, read_request
from pipeline.domain.refusal import Refusal


class Counted(DoorServer):
    """Its counting, without a socket."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self._counting = threading.Lock()
        self._connections: Counter[str] = Counter()
        self._paces: dict[str, Any] = {}
        self.refusals: list[tuple[str, Refusal, str]] = []
        self.refused = lambda *said: self.refusals.append(said)

    def comes(self, host: str) -> bool:
        return self.verify_request(None, (host, 40_000))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The clock of the door and of its lines, moved by the test."""
    now = SimpleNamespace(s=1000.0)
    monkeypatch.setattr(listener, "time", SimpleNamespace(monotonic=lambda: now.s))
    monkeypatch.setattr("dicom_node.upper.line.time", SimpleNamespace(monotonic=lambda: now.s))
    return now


def test_half_of_the_connections_stay_for_others_however_many_one_address_opens() -> None:
    server = Counted(Bounds(pdu_s=1, most_connections=8))
    assert [server.comes("192.0.2.1") for _ in range(6)] == [True] * 4 + [False] * 2
    assert [server.comes("192.0.2.2") for _ in range(6)] == [True] * 4 + [False] * 2
    assert not server.comes("192.0.2.3")
    assert {refusal for _, refusal, _ in server.refusals} == {Refusal.TOO_MANY}


def test_a_connection_that_ends_makes_room_again() -> None:
    server = Counted(Bounds(pdu_s=1, most_connections=2))
    assert server.comes("192.0.2.1")
    assert not server.comes("192.0.2.1")
    server._gone("192.0.2.1")
    assert server.comes("192.0.2.1")


def test_who_connects_without_end_is_slowed_down_and_nobody_else_is(clock: SimpleNamespace) -> None:
    server = Counted(Bounds(pdu_s=1, most_connections=10_000, connections_a_second=8))
    flood = [server.comes("192.0.2.1") for _ in range(500)]
    assert sum(flood) == 8
    assert server.comes("192.0.2.2")
    clock.s += 1.0
    assert sum(server.comes("192.0.2.1") for _ in range(500)) == 8
    assert server.refusals == []


@pytest.mark.parametrize("length", [LARGEST_REQUEST + 1, 2**31, 2**32 - 1])
def test_an_association_request_that_claims_gigabytes_is_refused_unread(length: int) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(PDU_HEAD.pack(1, length))
        line = Line(ours)
        line.allow(10)
        with pytest.raises(BadPdu):
            _request(line)


def test_who_drips_his_association_request_is_given_up_when_the_timer_ends(clock: SimpleNamespace) -> None:
    """ARTIM counts from the connection, not from the last byte."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        line = Dripped(ours, clock, 1.0)
        line.allow(30.0)
        theirs.sendall(PDU_HEAD.pack(1, 200) + bytes(200))
        with pytest.raises(Overdue):
            _request(line)
    assert clock.s == pytest.approx(1031.0)


class Dripped(Line):
    """Each byte takes its time by the clock of the test."""

    def __init__(self, connection: socket.socket, clock: SimpleNamespace, byte_s: float) -> None:
        super().__init__(connection)
        self._clock, self._byte_s = clock, byte_s

    def _receive_some(self, buffers: list[memoryview]) -> int:
        self._clock.s += self._byte_s
        return self.connection.recv_into(buffers[0][:1])


def test_a_connection_that_is_half_open_ends_at_once() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(PDU_HEAD.pack(1, 200) + bytes(20))
        theirs.shutdown(socket.SHUT_WR)
        line = Line(ours)
        line.allow(10)
        with pytest.raises(HungUp):
            _request(line)


def test_a_peer_that_reads_nothing_is_given_up_when_its_time_ends(clock: SimpleNamespace) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        line = Line(ours)
        line.connection.setblocking(False)
        line.allow(5.0)

        def passes(_: object) -> int:
            clock.s += 1.0
            raise BlockingIOError

        line.connection = SimpleNamespace(send=passes)  # type: ignore[assignment]
        with pytest.raises(Overdue):
            line.send(bytes(1 << 20))


def test_sixty_thousand_items_in_a_request_are_read_once_and_not_more() -> None:
    item = struct.pack(">BxH", 0x40, 0)
    context = bytes((1, 0, 0, 0)) + struct.pack(">BxH", 0x30, 3) + b"1.2" + item * 16_000
    body = struct.pack(">H2x16s16s32x", 1, b"A", b"B") + struct.pack(">BxH", 0x20, len(context)) + context
    (read,) = read_request(body).contexts
    assert len(read.transfer_syntaxes) == 16_000
    with pytest.raises(BadPdu):
        read_request(body + struct.pack(">BxH", 0x20, len(context)) + context)
