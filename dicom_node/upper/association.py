"""One association as acceptor: the state table is asked about every PDU, and C-STORE and C-ECHO are answered."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass
from typing import Protocol

from dicom_node.admission import Rejection, StoreStatus
from dicom_node.upper import commands, pdus
from dicom_node.upper.commands import BadCommand, Command, read_command, respond
from dicom_node.upper.incoming import Incoming
from dicom_node.upper.line import HungUp, Line, Overdue
from dicom_node.upper.pdus import PDU_HEAD, AssociationRequest, BadPdu
from dicom_node.upper.states import TABLE, Action, Event, State

LARGEST_PDU = 1 << 20
"""Our Maximum Length (PS3.8 D.1), in bytes."""

PDU_SLACK = 64 * 1024
"""What a PDU may be longer: some senders do not count its head."""

SLOWEST = 64 * 1024
"""Bytes a second that are slow enough: who sends a message faster has all the time it takes."""

LARGEST_COMMAND = 64 * 1024
"""A C-STORE command set has some 300 bytes."""

_PDV_HEAD = 6
_IS_COMMAND, _IS_LAST = 1, 2
_UNRECOGNISED, _UNEXPECTED, _INVALID = 1, 2, 6
"""Reasons of an A-ABORT by the provider (PS3.8 9.3.8)."""


@dataclass(frozen=True, slots=True)
class Timers:
    """Limits in seconds: for the request and for the peer to hang up (ARTIM), for silence, for one message.

    A message has ``message_s`` and what its bytes take at the `SLOWEST` rate.
    """

    artim_s: float = 30.0
    idle_s: float = 300.0
    pdu_s: float = 60.0
    message_s: float = 900.0


class Handler(Protocol):
    """What is done with what an association brings."""

    def store(self, command: Command, transfer_syntax: str, incoming: Incoming) -> StoreStatus:
        """Store the data set that came in; "success" only when it is durable."""
        ...

    def echo(self) -> None:
        """A C-ECHO is about to be answered; returns when it may be."""
        ...

    def answered(self) -> None:
        """The answer to what was stored last has been sent."""
        ...


class AcceptedAssociation:
    """An association from its request on; `serve` it once, in a thread of its own."""

    def __init__(self, line: Line, request: AssociationRequest, timers: Timers) -> None:
        self._line = line
        self._request = request
        self._timers = timers
        self._state = State.AWAITING_OUR_RESPONSE
        self._accepted: dict[int, str] = {}
        self._command: Command | None = None
        self._context = 0
        self._fragments = bytearray()
        self._why = ""
        self._stopped = False

    @property
    def why(self) -> str:
        """Why it was aborted by us; empty when it was not."""
        return self._why

    def reject(self, rejection: Rejection) -> None:
        """Refuse the association, and wait a moment for the peer to hang up."""
        self._reach(Event.WE_REJECT)
        self._part(pdus.reject(*rejection.value))

    def serve(self, accepted: dict[int, str], handler: Handler, incoming: Incoming, *, user: bool = False) -> bool:
        """Accept the association and answer what it asks until it ends; whether it was released.

        ``accepted`` gives the transfer syntax of each accepted presentation context; ``user`` says that the
        user identity is accepted.
        """
        self._accepted = accepted
        try:
            self._line.allow(self._timers.pdu_s)
            self._reach(Event.WE_ACCEPT)
            self._line.send(pdus.accept(self._request, accepted, LARGEST_PDU, user=user))
            while self._state is State.ESTABLISHED:
                self._pdu(handler, incoming)
            return self._release()
        except HungUp:
            if self._stopped:
                self._abort("this node stops", Event.WE_ABORT, 0)
            else:
                self._reach(Event.CLOSED)
        except Overdue:
            self._abort("it was silent or slow for too long", Event.WE_ABORT, 0)
        except (BadPdu, BadCommand) as exc:
            self._abort(str(exc), Event.INVALID_PDU, _INVALID)
        return False

    def stop(self) -> None:
        """Have the association aborted when its thread next waits for the peer; called from another thread."""
        self._stopped = True
        with contextlib.suppress(OSError):
            # Not the method of an SSL socket, which would go on in plain text.
            socket.socket.shutdown(self._line.connection, socket.SHUT_RD)

    def _pdu(self, handler: Handler, incoming: Incoming) -> None:
        between_messages = self._command is None and not self._fragments
        if between_messages:
            self._line.allow(self._timers.idle_s)
        kind, length = PDU_HEAD.unpack(self._line.take(PDU_HEAD.size))
        if between_messages:
            self._line.allow(self._timers.message_s)
        event = pdus.EVENT_OF.get(kind, Event.INVALID_PDU)
        match self._reach(event):
            case Action.TAKE_DATA if length <= LARGEST_PDU + PDU_SLACK:
                self._line.deadline += length / SLOWEST
                self._data(length, handler, incoming)
            case Action.TAKE_DATA:
                raise BadPdu("a PDU is longer than we negotiated")
            case Action.PROVIDER_ABORT:
                reason = _UNRECOGNISED if event is Event.INVALID_PDU else _UNEXPECTED
                self._abort("a PDU that does not belong there", event, reason)
            case Action.ABORTED:
                pass  # who aborts need not send the rest
            case _:
                self._line.take(min(length, 4))

    def _data(self, length: int, handler: Handler, incoming: Incoming) -> None:
        """Take the presentation data values of one P-DATA-TF (PS3.8 9.3.5 and annex E)."""
        while length:
            if length < _PDV_HEAD:
                raise BadPdu("a presentation data value is cut")
            head = self._line.take(_PDV_HEAD)
            item, context_id, control = int.from_bytes(head[:4], "big"), head[4], head[5]
            count = item - 2
            length -= 4 + item
            if count < 0 or length < 0 or context_id not in self._accepted:
                raise BadPdu("a presentation data value has a wrong length or context")
            if control & _IS_COMMAND:
                self._command_piece(context_id, count, incoming)
            else:
                self._data_piece(context_id, count, incoming)
            if control & _IS_LAST:
                self._last(handler, incoming, is_command=bool(control & _IS_COMMAND))

    def _command_piece(self, context_id: int, count: int, incoming: Incoming) -> None:
        if self._command is not None or len(self._fragments) + count > LARGEST_COMMAND:
            raise BadCommand("a command set is too long, or stands where a data set should")
        if not self._fragments:
            self._context = context_id
            incoming.begin()
        if context_id != self._context:
            raise BadPdu("a message changes its presentation context")
        self._fragments += self._line.take(count)

    def _data_piece(self, context_id: int, count: int, incoming: Incoming) -> None:
        if self._command is None or context_id != self._context:
            raise BadPdu("a data set comes without its command")
        incoming.receive(self._line, count)

    def _last(self, handler: Handler, incoming: Incoming, *, is_command: bool) -> None:
        if is_command:
            self._command = read_command(bytes(self._fragments))
            self._fragments.clear()
            if self._command.has_data_set:
                return
        command, self._command = self._command, None
        if command is not None:
            self._answer(command, handler, incoming)

    def _answer(self, command: Command, handler: Handler, incoming: Incoming) -> None:
        if command.field & commands.RESPONSE or command.field == commands.C_CANCEL_RQ:
            return
        status = self._status(command, handler, incoming)
        self._line.allow(self._timers.pdu_s)
        self._reach(Event.WE_SEND)
        self._line.send(pdus.data(self._context, respond(command, status.code, status.comment)))
        handler.answered()

    def _status(self, command: Command, handler: Handler, incoming: Incoming) -> StoreStatus:
        if command.field == commands.C_ECHO_RQ:
            handler.echo()
            return StoreStatus(0)
        if command.field == commands.C_STORE_RQ and command.has_data_set:
            return handler.store(command, self._accepted[self._context], incoming)
        return StoreStatus(commands.UNRECOGNISED_OPERATION)

    def _reach(self, event: Event) -> Action:
        action, self._state = TABLE[self._state][event]
        return action

    def _release(self) -> bool:
        if self._state is not State.AWAITING_OUR_RELEASE:
            return False
        self._reach(Event.WE_RELEASE)
        self._part(pdus.RELEASE_RESPONSE)
        return True

    def _abort(self, why: str, event: Event, reason: int) -> None:
        self._why = why
        if self._state is not State.AWAITING_CLOSE:
            self._reach(event)
        self._part(pdus.abort(by_provider=event is not Event.WE_ABORT, reason=reason))

    def _part(self, last_words: bytes) -> None:
        """Send a last PDU and wait for the peer to hang up (Sta13, ARTIM)."""
        self._line.allow(min(self._timers.artim_s, 2.0))
        try:
            self._line.send(last_words)
            while self._state is State.AWAITING_CLOSE:
                self._line.take(1)
        except (HungUp, Overdue):
            self._state = State.IDLE
