"""One association over a socket pair: what an honest peer gets, and how little a hostile one does."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicom_node.admission import SUCCESS, Rejection, StoreStatus
from dicom_node.upper import pdus
from dicom_node.upper.association import LARGEST_PDU, PDU_SLACK, SLOWEST, AcceptedAssociation, Timers
from dicom_node.upper.commands import Command, read_command
from dicom_node.upper.incoming import Incoming, Memory
from dicom_node.upper.line import Line
from dicom_node.upper.pdus import PDU_HEAD, AssociationRequest

CT = "1.2.840.10008.5.1.4.1.1.2"
REQUEST = AssociationRequest("NEUROVIGIE", "SCANNER", (), 0, b"NEUROVIGIE".ljust(16), b"SCANNER".ljust(16))
RELEASE = PDU_HEAD.pack(5, 4) + bytes(4)
ABORT = PDU_HEAD.pack(7, 4) + bytes(4)
QUICK = Timers(artim_s=0.2, idle_s=0.2, pdu_s=5.0, message_s=0.4)


@dataclass
class Kept:
    """Keeps what is stored."""

    bodies: list[bytes] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    too_large: list[bool] = field(default_factory=list)

    def store(self, command: Command, transfer_syntax: str, incoming: Incoming) -> StoreStatus:
        self.too_large.append(incoming.too_large)
        self.bodies.append(bytes(incoming.body))
        self.digests.append(incoming.sha256)
        if incoming.no_memory:
            return StoreStatus(0xA702)
        return StoreStatus(0xA700) if incoming.too_large else SUCCESS

    def echo(self) -> None:
        pass

    def answered(self) -> None:
        pass


@dataclass
class Peer:
    """The other end of the line."""

    line: socket.socket
    kept: Kept
    association: AcceptedAssociation
    released: list[bool]

    def pdu(self) -> tuple[int, bytes]:
        head = self._exactly(6)
        kind, length = PDU_HEAD.unpack(head)
        return kind, self._exactly(length)

    def status(self) -> int:
        kind, body = self.pdu()
        assert kind == 4
        at = body.index(struct.pack("<HHL", 0, 0x0900, 2))
        return int(struct.unpack_from("<H", body, at + 8)[0])

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self.line.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data


@contextmanager
def association(
    *, memory: int | Memory = 1 << 24, largest: int = 1 << 22, timers: Timers | None = None
) -> Iterator[Peer]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(10)
    kept = Kept()
    held = memory if isinstance(memory, Memory) else Memory(memory)
    made = AcceptedAssociation(Line(ours), REQUEST, timers or Timers(artim_s=0.2))
    peer = Peer(theirs, kept, made, [])

    def serve() -> None:
        incoming = Incoming(held, largest)
        peer.released.append(made.serve({1: "1.2.840.10008.1.2.1"}, kept, incoming))
        incoming.forget()
        ours.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert peer.pdu()[0] == 2
        yield peer
    finally:
        theirs.close()
        thread.join(10)
        assert not thread.is_alive()


def element(number: int, value: bytes) -> bytes:
    return struct.pack("<HHL", 0, number, len(value)) + value


def store_command(field: int = 1, *, data_set: bool = True) -> bytes:
    kind = 0 if data_set else 0x0101
    values = [(0x0002, CT.encode() + b"\0"), (0x0100, struct.pack("<H", field)), (0x0110, b"\7\0")]
    values += [(0x0800, struct.pack("<H", kind)), (0x1000, b"1.2.3\0")]
    return b"".join(element(*value) for value in values)


def pdv(body: bytes, control: int, context: int = 1) -> bytes:
    return struct.pack(">LBB", len(body) + 2, context, control) + body


def data(*pdvs: bytes) -> bytes:
    joined = b"".join(pdvs)
    return PDU_HEAD.pack(4, len(joined)) + joined


def store(body: bytes, piece: int = 1000) -> bytes:
    """A C-STORE whose data set comes in PDUs of ``piece`` bytes."""
    pieces = [body[start : start + piece] for start in range(0, len(body), piece)] or [b""]
    last = len(pieces) - 1
    return data(pdv(store_command(), 3)) + b"".join(
        data(pdv(one, 2 if number == last else 0)) for number, one in enumerate(pieces)
    )


@pytest.mark.parametrize(("size", "piece"), [(0, 1000), (10, 3), (300_000, 16_378), (2_000_000, 131_066), (9, 1)])
def test_a_data_set_arrives_whole_and_digested_however_it_is_cut(size: int, piece: int) -> None:
    body = (bytes(range(251)) * (size // 251 + 1))[:size]
    with association() as peer:
        peer.line.sendall(store(body, piece))
        assert peer.status() == 0
        peer.line.sendall(RELEASE)
        assert peer.pdu()[0] == 6
    assert peer.kept.bodies == [body]
    assert peer.kept.digests == [sha256(body).hexdigest()]
    assert peer.released == [True]


@given(
    sizes=st.lists(st.integers(0, 200_000), min_size=1, max_size=4), piece=st.integers(100, 90_000), ahead=st.booleans()
)
@settings(max_examples=25, deadline=None)
def test_messages_one_behind_the_other_are_told_apart(sizes: list[int], piece: int, *, ahead: bool) -> None:
    bodies = [bytes([number + 1]) * size for number, size in enumerate(sizes)]
    with association() as peer:
        if ahead:
            threading.Thread(target=peer.line.sendall, args=(b"".join(store(one, piece) for one in bodies),)).start()
        for body in bodies:
            if not ahead:
                peer.line.sendall(store(body, piece))
            assert peer.status() == 0
    assert peer.kept.bodies == bodies


def test_command_and_data_in_one_pdu_are_taken() -> None:
    command = store_command()
    with association() as peer:
        peer.line.sendall(data(pdv(command[:20], 1), pdv(command[20:], 3), pdv(b"ab", 0), pdv(b"cd", 2)))
        assert peer.status() == 0
    assert peer.kept.bodies == [b"abcd"]


def test_an_echo_is_answered_and_another_operation_is_not_recognised() -> None:
    with association() as peer:
        peer.line.sendall(data(pdv(store_command(0x30, data_set=False), 3)))
        assert peer.status() == 0
        peer.line.sendall(data(pdv(store_command(0x20), 3)) + data(pdv(b"query", 2)))
        assert peer.status() == 0x0211
    assert peer.kept.bodies == []


def test_a_data_set_beyond_the_limit_is_read_to_its_end_and_answered() -> None:
    with association(largest=1 << 16) as peer:
        peer.line.sendall(store(bytes(1 << 17), 9000))
        assert peer.status() == 0xA700
        peer.line.sendall(store(b"small"))
        assert peer.status() == 0
    assert peer.kept.too_large == [True, False]


def test_no_more_memory_is_taken_than_there_is() -> None:
    with association(memory=1 << 20) as peer:
        peer.line.sendall(store(bytes(3 << 20), 130_000))
        assert peer.status() == 0xA702


def test_memory_that_the_machine_lacks_is_given_back_and_the_association_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def scarce(size: int = 0) -> bytearray:
        if size > 1 << 21:
            raise MemoryError
        return bytearray(size)

    monkeypatch.setattr("dicom_node.upper.incoming.bytearray", scarce, raising=False)
    memory = Memory(1 << 24)
    with association(memory=memory) as peer:
        peer.line.sendall(store(bytes(3 << 20), 130_000))
        assert peer.status() == 0xA702
        peer.line.sendall(store(b"small"))
        assert peer.status() == 0
    assert memory.take(1 << 24)


def test_who_does_not_count_the_head_of_a_pdu_is_understood() -> None:
    body = bytes(LARGEST_PDU)
    with association() as peer:
        peer.line.sendall(store(body, len(body)))
        assert peer.status() == 0
    assert peer.kept.bodies == [body]


HOSTILE = {
    "a PDU longer than negotiated": PDU_HEAD.pack(4, LARGEST_PDU + PDU_SLACK + 1),
    "a PDU of two gigabytes": PDU_HEAD.pack(4, 1 << 31),
    "a value longer than its PDU": PDU_HEAD.pack(4, 10) + struct.pack(">LBB", 1 << 30, 1, 2),
    "a value of length zero": PDU_HEAD.pack(4, 6) + struct.pack(">LBB", 0, 1, 2),
    "a cut value": PDU_HEAD.pack(4, 3) + b"abc",
    "a context nobody accepted": data(pdv(store_command(), 3, context=3)),
    "a data set without a command": data(pdv(b"abc", 2)),
    "a command without its elements": data(pdv(b"", 3)),
    "an endless command": data(pdv(bytes(40_000), 1)) * 2,
    "a second association request": PDU_HEAD.pack(1, 4) + bytes(4),
    "a PDU of no type": PDU_HEAD.pack(99, 4) + bytes(4),
    "a command where the data set should be": data(pdv(store_command(), 3)) * 2,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_breaks_the_protocol_is_aborted_at_once(name: str) -> None:
    with association() as peer:
        peer.line.sendall(HOSTILE[name])
        kind, body = peer.pdu()
    assert kind == 7
    assert body[2] == 2
    assert peer.released == [False]
    assert peer.kept.bodies == []


@given(st.binary(max_size=300))
@settings(max_examples=30, deadline=None)
def test_no_bytes_do_more_than_end_the_association(noise: bytes) -> None:
    with association(timers=QUICK) as peer:
        peer.line.sendall(noise)
        peer.line.shutdown(socket.SHUT_WR)
    assert peer.released in ([False], [True])


def _drip(line: socket.socket, parts: Sequence[bytes], until: threading.Event) -> None:
    for part in parts:
        if until.wait(0.05):
            return
        try:
            line.sendall(part)
        except OSError:
            return


def test_who_is_silent_is_aborted() -> None:
    with association(timers=QUICK) as peer:
        assert peer.pdu()[0] == 7
    assert "too long" in peer.association.why


def test_who_drips_bytes_is_aborted_all_the_same() -> None:
    stop = threading.Event()
    with association(timers=QUICK) as peer:
        message = store(bytes(100))
        dripping = threading.Thread(target=_drip, args=(peer.line, [message[n : n + 1] for n in range(300)], stop))
        dripping.start()
        assert peer.pdu()[0] == 7
        stop.set()
        dripping.join(10)
    assert peer.kept.bodies == []


def test_who_aborts_or_hangs_up_in_the_middle_stores_nothing() -> None:
    for last in (ABORT, b""):
        with association() as peer:
            peer.line.sendall(data(pdv(store_command(), 3)) + data(pdv(b"half", 0)) + last)
            peer.line.shutdown(socket.SHUT_WR)
        assert peer.kept.bodies == []
        assert peer.released == [False]


def test_an_abort_that_is_cut_behind_its_head_ends_the_association_all_the_same() -> None:
    with association() as peer:
        peer.line.sendall(ABORT[:6])
        peer.line.shutdown(socket.SHUT_WR)
    assert peer.released == [False]


class Paced(Line):
    """Reads in small pieces, each of which takes its time by the clock of this test."""

    def __init__(self, connection: socket.socket, clock: list[float], rate: float) -> None:
        super().__init__(connection)
        self._clock = clock
        self._rate = rate

    def _receive_some(self, buffers: list[memoryview]) -> int:
        received = self.connection.recv_into(buffers[0][:4096])
        self._clock[0] += received / self._rate
        return received


@pytest.mark.parametrize(("rate", "heard"), [(1.5 * SLOWEST, True), (0.5 * SLOWEST, False)])
def test_a_long_message_has_all_the_time_that_a_slow_line_needs(
    monkeypatch: pytest.MonkeyPatch, rate: float, *, heard: bool
) -> None:
    clock = [0.0]
    monkeypatch.setattr("dicom_node.upper.line.time", SimpleNamespace(monotonic=lambda: clock[0]))
    ours, theirs = socket.socketpair()
    kept = Kept()
    made = AcceptedAssociation(Paced(ours, clock, rate), REQUEST, Timers(artim_s=0.2, idle_s=9, message_s=2, pdu_s=9))

    def speak() -> None:
        with contextlib.suppress(OSError):
            theirs.sendall(store(bytes(1 << 20), 16_000))
        theirs.shutdown(socket.SHUT_WR)

    speaking = threading.Thread(target=speak)
    speaking.start()
    made.serve({1: "1.2.840.10008.1.2.1"}, kept, Incoming(Memory(1 << 24), 1 << 22))
    ours.close()
    speaking.join(10)
    theirs.close()
    assert bool(kept.bodies) == heard
    assert ("too long" in made.why) == (not heard)


def test_a_stop_from_another_thread_aborts_who_waits() -> None:
    with association() as peer:
        peer.association.stop()
        assert peer.pdu()[0] == 7


def test_a_rejection_says_why() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"")
        theirs.shutdown(socket.SHUT_WR)
        AcceptedAssociation(Line(ours), REQUEST, QUICK).reject(Rejection.CALLING_AE_UNKNOWN)
        assert theirs.recv(100) == pdus.reject(1, 1, 3)


def test_a_response_names_the_message_it_answers() -> None:
    with association() as peer:
        peer.line.sendall(store(b"x"))
        _, body = peer.pdu()
    assert read_command(body[6:]).message_id == 7
