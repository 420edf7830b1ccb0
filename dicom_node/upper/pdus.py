"""PDUs of PS3.8 9.3, read with bounds and written."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dicom_node.caller import UserIdentity
from dicom_node.upper.states import Event
from dicom_node.vault.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME

PDU_HEAD = struct.Struct(">BxL")
"""Type and length (PS3.8 9.3.1)."""

DATA_TF = 0x04
EVENT_OF = {
    0x01: Event.REQUEST_PDU,
    0x02: Event.ACCEPT_PDU,
    0x03: Event.REJECT_PDU,
    DATA_TF: Event.DATA_PDU,
    0x05: Event.RELEASE_REQUEST_PDU,
    0x06: Event.RELEASE_RESPONSE_PDU,
    0x07: Event.ABORT_PDU,
}

MOST_CONTEXTS = 128
"""Presentation context identifiers are odd and have one byte (PS3.8 9.3.2.2)."""

_APPLICATION_CONTEXT = b"1.2.840.10008.3.1.1.1"
_FIXED = struct.Struct(">H2x16s16s32x")
_ITEM = struct.Struct(">BxH")
_USER = struct.Struct(">BBH")
_ACCEPTED, _USER_REJECTION = 0, 1

RELEASE_RESPONSE = PDU_HEAD.pack(0x06, 4) + bytes(4)


class BadPdu(Exception):
    """A PDU does not keep to PS3.8."""


@dataclass(frozen=True, slots=True)
class ProposedContext:
    """A presentation context as proposed (PS3.8 9.3.2.2)."""

    id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AssociationRequest:
    """What an A-ASSOCIATE-RQ says that matters here; ``most_pdu`` is the peer's Maximum Length, 0 for any."""

    called_ae_title: str
    calling_ae_title: str
    contexts: tuple[ProposedContext, ...]
    most_pdu: int
    called: bytes
    calling: bytes
    user: UserIdentity | None = None


def read_request(body: bytes) -> AssociationRequest:
    """Decode an A-ASSOCIATE-RQ after its six bytes of head. Raises `BadPdu`."""
    try:
        return _request(body)
    except (struct.error, IndexError) as exc:
        raise BadPdu("the association request is cut") from exc


def _request(body: bytes) -> AssociationRequest:
    version, called, calling = _FIXED.unpack_from(body)
    if not version & 1:
        raise BadPdu("it speaks no version 1 of the protocol")
    contexts: dict[int, ProposedContext] = {}
    most_pdu, user = 0, None
    for kind, value in _items(body[_FIXED.size :]):
        if kind == 0x20:
            context = _context(value)
            if context.id in contexts or not context.id % 2:
                raise BadPdu("a presentation context has no odd identifier of its own")
            contexts[context.id] = context
        elif kind == 0x50:
            most_pdu, user = _user_information(value)
    return AssociationRequest(_text(called), _text(calling), tuple(contexts.values()), most_pdu, called, calling, user)


def _context(value: bytes) -> ProposedContext:
    items = list(_items(value[4:]))
    abstract = [_text(one) for kind, one in items if kind == 0x30]
    transfer = tuple(_text(one) for kind, one in items if kind == 0x40)
    if len(abstract) != 1 or not transfer:
        raise BadPdu("a presentation context lacks a syntax")
    return ProposedContext(value[0], abstract[0], transfer)


def _user_information(value: bytes) -> tuple[int, UserIdentity | None]:
    """The Maximum Length, 0 for any, and the user identity, if one is proposed (PS3.8 D.1, PS3.7 D.3.3.7)."""
    most_pdu, user = 0, None
    for kind, one in _items(value):
        if kind == 0x51:
            most_pdu = int(struct.unpack(">L", one)[0])
        elif kind == 0x58:
            user = _user(one)
    return most_pdu, user


def _user(value: bytes) -> UserIdentity:
    kind, wants_response, length = _USER.unpack_from(value)
    primary = value[_USER.size : _USER.size + length]
    (second,) = struct.unpack_from(">H", value, _USER.size + length)
    secondary = value[_USER.size + length + 2 :]
    if len(secondary) != second:
        raise BadPdu("a user identity has a wrong length")
    return UserIdentity(kind, primary, secondary, bool(wants_response))


def _items(body: bytes) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while offset < len(body):
        kind, length = _ITEM.unpack_from(body, offset)
        offset += _ITEM.size
        if offset + length > len(body):
            raise BadPdu("an item is longer than what holds it")
        yield kind, body[offset : offset + length]
        offset += length


def _text(value: bytes) -> str:
    return value.decode("latin-1").strip("\0 ")


def accept(request: AssociationRequest, accepted: Mapping[int, str], most_pdu: int, *, user: bool = False) -> bytes:
    """An A-ASSOCIATE-AC; ``accepted`` gives the transfer syntax of each accepted context (PS3.8 9.3.3).

    The others are rejected in the user's name (result 1): what they ask for is not allowed. ``user`` says that the
    user identity is accepted, which is said if it wants to be (PS3.7 D.3.3.7.2).
    """
    contexts = b"".join(_answer(context, accepted.get(context.id)) for context in request.contexts)
    items = _item(0x51, struct.pack(">L", most_pdu)) + _item(0x52, IMPLEMENTATION_CLASS_UID.encode())
    items += _item(0x55, IMPLEMENTATION_VERSION_NAME.encode())
    if user and request.user is not None and request.user.wants_response:
        items += _item(0x59, bytes(2))
    fixed = _FIXED.pack(1, request.called, request.calling)
    body = fixed + _item(0x10, _APPLICATION_CONTEXT) + contexts + _item(0x50, items)
    return PDU_HEAD.pack(0x02, len(body)) + body


def _answer(context: ProposedContext, syntax: str | None) -> bytes:
    chosen = syntax if syntax is not None else context.transfer_syntaxes[0]
    result = _USER_REJECTION if syntax is None else _ACCEPTED
    return _item(0x21, bytes((context.id, 0, result, 0)) + _item(0x40, chosen.encode("latin-1")))


def reject(result: int, source: int, reason: int) -> bytes:
    """An A-ASSOCIATE-RJ (PS3.8 9.3.4)."""
    return PDU_HEAD.pack(0x03, 4) + bytes((0, result, source, reason))


def abort(*, by_provider: bool, reason: int = 0) -> bytes:
    """An A-ABORT (PS3.8 9.3.8): by us as service user, or as provider with a reason."""
    return PDU_HEAD.pack(0x07, 4) + bytes((0, 0, 2 if by_provider else 0, reason))


def data(context_id: int, command: bytes) -> bytes:
    """A P-DATA-TF with one whole command set (PS3.8 9.3.5, annex E.2)."""
    length = len(command) + 2
    return PDU_HEAD.pack(DATA_TF, length + 4) + struct.pack(">LBB", length, context_id, 3) + command


def _item(kind: int, value: bytes) -> bytes:
    return _ITEM.pack(kind, len(value)) + value
