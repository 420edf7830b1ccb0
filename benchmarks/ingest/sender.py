"""A sender that costs little: its PDUs are made beforehand, one process an association.

Each image is sent when the one before it was answered, with Nagle's algorithm off.
"""

from __future__ import annotations

import multiprocessing
import socket
import ssl
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.filereader import read_file_meta_info

_PDU = struct.Struct(">BxL")
_EXPLICIT = "1.2.840.10008.1.2.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
LONGEST_PDU = 131_072


@dataclass(frozen=True, slots=True)
class Sent:
    """From the first byte to the last answer, in seconds, and each image's own wait."""

    seconds: float
    waits_s: tuple[float, ...]
    refused: int


def send(port: int, files: Sequence[Path], associations: int, *, tls: bool = False, rounds: int = 1) -> Sent:
    """Send the files, dealt out to so many associations, ``rounds`` times over."""
    barrier = multiprocessing.Barrier(associations)
    queue: Any = multiprocessing.Queue()
    share = [list(files[number::associations]) for number in range(associations)]
    processes = [
        multiprocessing.Process(target=_work, args=(port, mine, barrier, queue, tls, rounds)) for mine in share if mine
    ]
    for process in processes:
        process.start()
    ended = [queue.get(timeout=900) for _ in processes]
    for process in processes:
        process.join()
    waits = tuple(wait for one in ended for wait in one[2])
    seconds = max(one[1] for one in ended) - min(one[0] for one in ended)
    return Sent(seconds, waits, sum(one[3] for one in ended))


@contextmanager
def associate(port: int, sop_class: str = CT) -> Iterator[Any]:
    """A connection with an association for one SOP class, released at the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        open_association(line, sop_class)
        yield line
        line.sendall(_PDU.pack(5, 4) + bytes(4))
        read_pdu(line)


def _work(port: int, files: Sequence[Path], barrier: Any, queue: Any, tls: bool, rounds: int) -> None:  # noqa: FBT001
    line: Any = socket.create_connection(("127.0.0.1", port))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if tls:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        line = context.wrap_socket(line)
    most = open_association(line, str(dcmread(files[0], stop_before_pixels=True).SOPClassUID))
    messages = [image_message(path, most) for path in files]
    barrier.wait()
    waits, refused = [], 0
    began = time.monotonic()
    for message in messages * rounds:
        at = time.monotonic()
        line.sendall(message)
        refused += status(line) != 0
        waits.append(time.monotonic() - at)
    queue.put((began, time.monotonic(), waits, refused))
    line.sendall(_PDU.pack(5, 4) + bytes(4))
    read_pdu(line)
    line.close()


def open_association(line: Any, sop_class: str = CT) -> int:
    """Open the association; the longest PDU that is taken."""
    syntaxes = _item(0x30, sop_class.encode()) + _item(0x40, _EXPLICIT.encode())
    user = _item(0x51, struct.pack(">L", LONGEST_PDU)) + _item(0x52, b"2.25.1")
    body = struct.pack(">H2x16s16s32x", 1, b"ANY".ljust(16), b"BENCHMARK".ljust(16))
    body += _item(0x10, b"1.2.840.10008.3.1.1.1") + _item(0x20, b"\1\0\0\0" + syntaxes) + _item(0x50, user)
    line.sendall(_PDU.pack(1, len(body)) + body)
    kind, answer = read_pdu(line)
    if kind != 2:
        raise ConnectionError("the association was not accepted")
    (most,) = struct.unpack_from(">L", answer, answer.index(b"\x51\0\0\4") + 4)
    return min(int(most) or LONGEST_PDU, LONGEST_PDU)


def image_message(path: Path, most: int = LONGEST_PDU) -> bytes:
    """The PDUs of one C-STORE."""
    meta = read_file_meta_info(path)
    data_set = path.read_bytes()[144 + int(meta.FileMetaInformationGroupLength) :]
    parts = [data(3, command(str(meta.MediaStorageSOPClassUID), str(meta.MediaStorageSOPInstanceUID)))]
    size = most - 6
    last = len(data_set) - size
    parts += [data(2 * (at >= last), data_set[at : at + size]) for at in range(0, len(data_set), size)]
    return b"".join(parts)


def command(sop_class: str, sop_instance: str) -> bytes:
    """The command set of a C-STORE (PS3.7 9.3.1.1)."""
    values = (
        _element(0x0002, _even(sop_class)), _element(0x0100, b"\1\0"), _element(0x0110, b"\1\0"),
        _element(0x0700, b"\0\0"), _element(0x0800, b"\1\0"), _element(0x1000, _even(sop_instance)),
    )  # fmt: skip
    body = b"".join(values)
    return _element(0x0000, struct.pack("<L", len(body))) + body


def status(line: Any) -> int:
    """The status of the next response."""
    kind, body = read_pdu(line)
    if kind != 4:
        raise ConnectionError("the association was ended")
    (status,) = struct.unpack_from("<H", body, body.index(struct.pack("<HHL", 0, 0x0900, 2)) + 8)
    return int(status)


def read_pdu(line: Any) -> tuple[int, bytes]:
    """Type and body of the next PDU."""
    kind, length = _PDU.unpack(_exactly(line, 6))
    return kind, _exactly(line, length)


def _exactly(line: Any, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = line.recv(count - len(data))
        if not piece:
            raise ConnectionError("the peer hung up")
        data += piece
    return data


def data(control: int, body: bytes) -> bytes:
    """A P-DATA-TF with one value of the first context."""
    return _PDU.pack(4, len(body) + 6) + struct.pack(">LBB", len(body) + 2, 1, control) + body


def _item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(value)) + value


def _element(number: int, value: bytes) -> bytes:
    return struct.pack("<HHL", 0, number, len(value)) + value


def _even(uid: str) -> bytes:
    return uid.encode() + b"\0" * (len(uid) % 2)
