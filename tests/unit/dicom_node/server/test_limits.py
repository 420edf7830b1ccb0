"""No association makes the node hold more than it should."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from queue import Queue
from types import SimpleNamespace

import pytest

from dicom_node.server.limits import LARGEST_COMMAND, MOST_UNANSWERED, bound
from dicom_node.server.node import NodeAddress, refuse_unprotected
from dicom_node.server.syntaxes import prefer_known
from dicom_node.tls import TlsFiles, server_context
from dicom_node.upper.incoming import Memory
from pipeline.domain.errors import ConfigurationError


def _association(*, command: int = 0, data_set: int = 0, waiting: int = 0) -> SimpleNamespace:
    message = SimpleNamespace(encoded_command_set=_filled(command), data_set=_filled(data_set))
    messages: Queue[int] = Queue()
    for number in range(waiting):
        messages.put(number)
    return SimpleNamespace(dimse=SimpleNamespace(message=message, msg_queue=messages))


def _filled(size: int) -> BytesIO:
    stream = BytesIO()
    stream.write(bytes(size))
    return stream


def test_a_data_set_within_the_limit_is_kept() -> None:
    association = _association(data_set=1000)
    assert bound(association, Memory(1000), 1000) == ""
    assert len(association.dimse.message.data_set.getvalue()) == 1000


@pytest.mark.parametrize(
    ("memory", "largest", "why"), [(10_000, 1001, "larger than"), (1001, 10_000, "Too much comes in")]
)
def test_a_data_set_that_outgrows_a_limit_is_forgotten_and_so_is_what_follows(
    memory: int, largest: int, why: str
) -> None:
    association = _association(data_set=1000)
    left = Memory(memory)
    assert bound(association, left, largest) == ""
    data_set = association.dimse.message.data_set
    for _ in range(2):
        assert data_set.write(bytes(500)) == 500
    assert data_set.getvalue() == b""
    assert why in data_set.refusal.comment
    assert bound(association, left, largest) == ""
    assert association.dimse.message.data_set is data_set
    assert left.take(memory)


def test_the_memory_of_a_data_set_is_given_back_when_nobody_has_it_any_more() -> None:
    left = Memory(1000)
    association = _association(data_set=1000)
    bound(association, left, 1000)
    assert not left.take(1)
    del association
    assert left.take(1000)


def test_an_endless_command_or_a_flood_of_messages_ends_the_association() -> None:
    assert "command" in bound(_association(command=LARGEST_COMMAND + 1), Memory(0), 1000)
    assert "without waiting" in bound(_association(waiting=MOST_UNANSWERED + 1), Memory(0), 1000)


def test_a_syntax_we_know_is_preferred_to_one_we_do_not() -> None:
    explicit, implicit = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
    contexts = [
        SimpleNamespace(transfer_syntax=["1.3.9", explicit]),
        SimpleNamespace(transfer_syntax=[implicit, explicit]),
        SimpleNamespace(transfer_syntax=["1.3.9"]),
    ]
    prefer_known(contexts)
    assert [context.transfer_syntax[0] for context in contexts] == [explicit, implicit, "1.3.9"]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_needs_no_tls(host: str) -> None:
    refuse_unprotected(NodeAddress("NEUROVIGIE", host, 0))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", ""])
def test_anything_else_does(host: str) -> None:
    with pytest.raises(ConfigurationError):
        refuse_unprotected(NodeAddress("NEUROVIGIE", host, 0))


def test_tls_needs_a_certificate_and_a_key_that_can_be_read() -> None:
    assert server_context(TlsFiles()) is None
    with pytest.raises(ConfigurationError, match="both"):
        server_context(TlsFiles(Path("cert.pem"), None))
    with pytest.raises(ConfigurationError, match="cannot be used"):
        server_context(TlsFiles(Path("/nonexistent/cert.pem"), Path("/nonexistent/key.pem")))
