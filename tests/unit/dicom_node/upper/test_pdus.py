"""PDUs are read as pynetdicom writes them, and no bytes break the reader."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynetdicom import AE
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import encode
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RJ, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import A_ASSOCIATE

from dicom_node.caller import UserIdentity
from dicom_node.upper import pdus
from dicom_node.upper.commands import BadCommand, Command, read_command, respond
from dicom_node.upper.pdus import PDU_HEAD, AssociationRequest, BadPdu, ProposedContext, read_request

CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"


def request_pdu(contexts: tuple[tuple[str, tuple[str, ...]], ...] = ((CT, (EXPLICIT, IMPLICIT)),)) -> bytes:
    """An A-ASSOCIATE-RQ as pynetdicom encodes it."""
    entity = AE("SCANNER")
    for abstract, transfer in contexts:
        entity.add_requested_context(abstract, list(transfer))
    primitive = A_ASSOCIATE()
    primitive.application_context_name = "1.2.840.10008.3.1.1.1"
    primitive.calling_ae_title, primitive.called_ae_title = "SCANNER", "NEUROVIGIE"
    proposed = entity.requested_contexts
    for number, context in enumerate(proposed):
        context.context_id = 2 * number + 1
    primitive.presentation_context_definition_list = proposed
    primitive.maximum_length_received = 16382
    primitive.implementation_class_uid = "1.2.3"
    pdu = A_ASSOCIATE_RQ()
    pdu.from_primitive(primitive)
    encoded: bytes = pdu.encode()
    return encoded


def test_a_request_is_read_as_pynetdicom_wrote_it() -> None:
    request = read_request(request_pdu()[PDU_HEAD.size :])
    assert (request.calling_ae_title, request.called_ae_title, request.most_pdu) == ("SCANNER", "NEUROVIGIE", 16382)
    assert request.contexts == (ProposedContext(1, CT, (EXPLICIT, IMPLICIT)),)


def test_our_acceptance_is_read_by_pynetdicom() -> None:
    request = read_request(request_pdu(((CT, (EXPLICIT,)), ("1.2.3", (IMPLICIT,))))[PDU_HEAD.size :])
    answer = A_ASSOCIATE_AC()
    answer.decode(pdus.accept(request, {1: EXPLICIT}, 1 << 20))
    results = {one.context_id: (one.result, one.transfer_syntax) for one in answer.presentation_context}
    assert results == {1: (0, EXPLICIT), 3: (1, IMPLICIT)}
    assert answer.user_information.maximum_length == 1 << 20


def test_our_rejection_is_read_by_pynetdicom() -> None:
    answer = A_ASSOCIATE_RJ()
    answer.decode(pdus.reject(1, 1, 7))
    assert (answer.result, answer.source, answer.reason_diagnostic) == (1, 1, 7)


@given(st.binary(max_size=400), st.integers(0, 300), st.integers(0, 255))
def test_a_damaged_request_is_read_or_refused_and_nothing_else(noise: bytes, at: int, byte: int) -> None:
    damaged = bytearray(request_pdu()[PDU_HEAD.size :])
    damaged[at % len(damaged)] = byte
    for body in (bytes(damaged), bytes(damaged[:at]), noise, bytes(damaged[:80]) + noise):
        with contextlib.suppress(BadPdu):
            read_request(body)


@pytest.mark.parametrize("identifiers", [(1, 1), (2,), (0,)])
def test_a_context_without_an_odd_identifier_of_its_own_is_refused(identifiers: tuple[int, ...]) -> None:
    body = request_pdu(tuple((f"1.2.{one}", (EXPLICIT,)) for one in range(len(identifiers))))
    changed = bytearray(body[PDU_HEAD.size :])
    at = 68
    for identifier in identifiers:
        at = changed.index(b"\x20\x00", at + 1)
        changed[at + 4] = identifier
    with pytest.raises(BadPdu, match="identifier"):
        read_request(bytes(changed))


def test_a_store_command_is_read_as_pynetdicom_wrote_it() -> None:
    primitive = C_STORE()
    primitive.MessageID, primitive.Priority = 7, 0
    primitive.AffectedSOPClassUID, primitive.AffectedSOPInstanceUID = CT, "1.2.3"
    primitive.DataSet = None
    message = C_STORE_RQ()
    message.primitive_to_message(primitive)
    message.command_set.CommandDataSetType = 1
    encoded = encode(message.command_set, True, True)
    assert encoded is not None
    assert read_command(encoded) == Command(1, 7, CT, "1.2.3", has_data_set=True)


def test_our_response_says_what_it_answers() -> None:
    command = Command(1, 7, CT, "1.2.3", has_data_set=True)
    answer = read_command(respond(command, 0xA700, "The disk failed"))
    assert answer == Command(0x8001, 7, CT, "1.2.3", has_data_set=False)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader_of_commands(noise: bytes) -> None:
    with contextlib.suppress(BadCommand):
        read_command(noise)
    with contextlib.suppress(BadCommand):
        read_command(respond(Command(1, 7, CT, "1.2.3", has_data_set=True), 0)[: len(noise)] + noise)


def test_ten_thousand_presentation_contexts_are_refused() -> None:
    body = request_pdu()[PDU_HEAD.size :]
    (start,) = [at for at in range(68, len(body)) if body[at : at + 2] == b"\x20\x00"][:1]
    length = int.from_bytes(body[start + 2 : start + 4], "big") + 4
    context = body[start : start + length]
    many = b"".join(context[:4] + bytes([number % 256 | 1]) + context[5:] for number in range(10_000))
    with pytest.raises(BadPdu, match="identifier"):
        read_request(body[:start] + many)


@given(
    kind=st.sampled_from([1, 2, 3, 4, 5]),
    name=st.binary(max_size=300),
    secret=st.binary(max_size=300),
    wants=st.booleans(),
)
def test_a_user_identity_is_read_as_it_was_proposed(kind: int, name: bytes, secret: bytes, *, wants: bool) -> None:
    value = struct.pack(">BBH", kind, wants, len(name)) + name + struct.pack(">H", len(secret)) + secret
    assert _asking(value).user == UserIdentity(kind, name, secret, wants)


@pytest.mark.parametrize("value", [b"", b"\2\1\0\7abc", b"\2\1\0\1a\0\7b", b"\2\1\0\1a\0\1bc"])
def test_a_user_identity_that_lies_about_its_lengths_is_refused(value: bytes) -> None:
    with pytest.raises(BadPdu):
        _asking(value)


def test_a_user_that_was_accepted_is_answered_only_where_it_wants_an_answer() -> None:
    answers = {}
    for wants in (False, True):
        request = _asking(struct.pack(">BBH", 1, wants, 1) + b"a" + struct.pack(">H", 0))
        answers[wants] = [pdus.accept(request, {}, 0, user=user).count(b"\x59\0\0\2\0\0") for user in (False, True)]
    assert answers == {False: [0, 0], True: [0, 1]}


def _asking(user: bytes) -> AssociationRequest:
    item = struct.pack(">BxH", 0x58, len(user)) + user
    body = struct.pack(">H2x16s16s32x", 1, b"NEUROVIGIE", b"CT1") + struct.pack(">BxH", 0x50, len(item)) + item
    return read_request(body)
