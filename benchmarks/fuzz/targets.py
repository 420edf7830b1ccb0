"""The readers that see bytes from the network first, each with the errors it may answer with."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from benchmarks.fuzz import corpus
from dicom_node.admission import SUCCESS, StoreStatus
from dicom_node.stow.multipart import Parts
from dicom_node.upper.association import AcceptedAssociation, Timers
from dicom_node.upper.commands import BadCommand, Command, read_command
from dicom_node.upper.incoming import Incoming, Memory
from dicom_node.upper.line import AHEAD, HungUp
from dicom_node.upper.pdus import PDU_HEAD, BadPdu, read_request
from dicom_node.vault.foreign import file_meta, guess_syntax
from dicom_node.vault.header import find_ids
from dicom_node.vault.part10 import decode_head
from pipeline.domain.errors import BadInput, UnreadableInstance, VaultFull
from pipeline.testing.data_sets import ExplicitVRLittleEndian

MOST_GROWN = 256 << 20
"""Bytes of memory that reading may take at most, beyond what the process had."""
_PIECE = 700
"""Bytes in which a body comes: small, so that every boundary is cut somewhere."""

SLOWEST_S = 1.0
"""Of the processor's time: a busy machine is no fault of a reader."""


@dataclass(frozen=True, slots=True)
class Target:
    """A reader, the errors it may answer with, and inputs to begin with."""

    read: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...]
    corpus: tuple[bytes, ...]


@dataclass
class ScriptedLine:
    """A connection on which these bytes come, and nothing after them."""

    coming: bytes
    deadline: float = 0.0
    connection: None = None
    at: int = 0
    sent: list[bytes] = field(default_factory=list)

    def allow(self, seconds: float) -> None:
        """See `Line`."""

    def take(self, count: int) -> bytes:
        """See `Line`; it cannot give more than it reads ahead."""
        if count > AHEAD:
            raise AssertionError("more is taken at once than a line reads ahead")
        piece = self.coming[self.at : self.at + count]
        self.at += count
        if len(piece) < count:
            raise HungUp
        return piece

    def fill(self, target: memoryview) -> None:
        """See `Line`."""
        piece = self.coming[self.at : self.at + len(target)]
        self.at += len(target)
        target[: len(piece)] = piece
        if len(piece) < len(target):
            raise HungUp

    def send(self, data: bytes) -> None:
        """See `Line`."""
        self.sent.append(data)


class Keeper:
    """Takes what is stored, and looks at it as the door does."""

    def store(self, command: Command, transfer_syntax: str, incoming: Incoming) -> StoreStatus:  # noqa: ARG002
        """See `dicom_node.upper.association.Handler`."""
        try:
            find_ids(bytes(incoming.body), transfer_syntax)
        except UnreadableInstance:
            return StoreStatus(0xC000)
        return SUCCESS

    def echo(self) -> None:
        """See `Handler`."""

    def answered(self) -> None:
        """See `dicom_node.upper.association.Handler`."""


def serve(coming: bytes) -> None:
    """A whole association: its request, then whatever comes. Raises `BadPdu` for a bad request, `HungUp`."""
    line = ScriptedLine(coming)
    kind, length = PDU_HEAD.unpack(line.take(PDU_HEAD.size))
    if kind != 1 or length > AHEAD:
        raise BadPdu("no request")
    request = read_request(line.take(length))
    accepted = {one.id: ExplicitVRLittleEndian for one in request.contexts}
    incoming = Incoming(Memory(32 << 20), 16 << 20)
    AcceptedAssociation(line, request, Timers()).serve(accepted, Keeper(), incoming)  # type: ignore[arg-type]


def take_apart(body: bytes) -> None:
    """A body of STOW-RS in pieces, and of each part what the door reads. Raises `BadInput`."""
    parts = Parts(corpus.BOUNDARY, Memory(32 << 20), 1 << 20)
    try:
        for start in range(0, len(body), _PIECE):
            for part in parts.feed(body[start : start + _PIECE]):
                _read_part(bytes(part))
    finally:
        parts.close()


def _read_part(content: bytes) -> None:
    try:
        meta, offset = file_meta(content)
        find_ids(content[offset:], meta.get(0x0010) or guess_syntax(content[offset:]))
    except UnreadableInstance:
        return


def _ids(name: str) -> Target:
    syntax = corpus.ENCODINGS[name]
    seeds = corpus.deflated() if name == "deflated" else corpus.data_sets(syntax)
    return Target(partial(find_ids, transfer_syntax=syntax), (UnreadableInstance,), seeds)


TARGETS: dict[str, Target] = {
    "association": Target(read_request, (BadPdu,), corpus.association_requests()),
    "line": Target(serve, (BadPdu, HungUp), corpus.lines()),
    "command": Target(read_command, (BadCommand,), corpus.commands()),
    **{name: _ids(name) for name in corpus.ENCODINGS},
    "stow": Target(take_apart, (BadInput, VaultFull), corpus.bodies()),
    "file": Target(decode_head, (UnreadableInstance,), corpus.heads()),
}


def most_memory_kb() -> int:
    """The most memory this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def complaint(target: Target, body: bytes, before_kb: int) -> str:
    """What is wrong with how an input was read; empty when nothing is. ``before_kb`` was the most memory before."""
    began = time.thread_time()
    try:
        target.read(body)
    except target.refusals:
        pass
    except Exception as exc:  # noqa: BLE001 -- any other error is what is looked for
        return f"{type(exc).__name__}: {exc}"
    if time.thread_time() - began > SLOWEST_S:
        return "it took longer than a second"
    grown = (most_memory_kb() - before_kb) * 1024
    return f"{grown >> 20} MB" if grown > MOST_GROWN else ""
