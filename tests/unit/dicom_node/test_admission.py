"""Who may come in, and what each failure answers."""

from __future__ import annotations

import pytest

from dicom_node.admission import (
    Admitted,
    Caller,
    DoorPolicy,
    NotAdmitted,
    Open,
    Rejection,
    StoreStatus,
    admit,
    agree,
    status_of,
)
from dicom_node.peers.address import plain_address
from dicom_node.peers.peer import KnownPeer, Peer
from dicom_node.vault.header import InstanceIds
from pipeline.domain.errors import NeuroVigieError, UnreadableInstance, VaultError, VaultFull

POLICY = DoorPolicy("NEUROVIGIE")
CT1 = KnownPeer(Peer("carhaix", "CT1", "ct1.carhaix", 104), frozenset({"10.0.0.1", "fd00::1"}))
LOCAL_CT = KnownPeer(Peer("demo", "CT9", "127.0.0.1", 104), frozenset({"127.0.0.1"}))
PEERS = (CT1, LOCAL_CT)


def _caller(calling: str = "CT1", host: str = "10.0.0.1", called: str = "NEUROVIGIE") -> Caller:
    return Caller(calling, called, host)


@pytest.mark.parametrize("host", ["10.0.0.1", "fd00::1", "::ffff:10.0.0.1", "fd00:0::1"])
def test_a_known_peer_at_one_of_its_addresses_brings_its_site(host: str) -> None:
    assert admit(_caller(host=host), POLICY, PEERS) == Admitted("carhaix", "CT1")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_a_stranger_on_this_machine_is_local(host: str) -> None:
    assert admit(_caller("LAPTOP", host), POLICY, PEERS) == Admitted("local", "LAPTOP")


def test_a_known_peer_on_this_machine_brings_its_own_site() -> None:
    assert admit(_caller("CT9", "127.0.0.1"), POLICY, PEERS) == Admitted("demo", "CT9")


def test_a_stranger_from_elsewhere_is_refused_with_what_to_do() -> None:
    decision = admit(_caller("X", "10.0.0.9"), POLICY, PEERS)
    assert isinstance(decision, NotAdmitted)
    assert decision.rejection is Rejection.CALLING_AE_UNKNOWN
    assert "neurovigie peer add" in decision.why


def test_a_known_name_from_another_address_is_refused_and_the_log_says_so() -> None:
    decision = admit(_caller("CT1", "10.0.0.9"), POLICY, PEERS)
    assert isinstance(decision, NotAdmitted)
    assert "at another address" in decision.why


def test_strangers_are_taken_only_when_an_administrator_names_their_site() -> None:
    policy = DoorPolicy("NEUROVIGIE", site_of_unknown="unsorted")
    assert admit(_caller("X", "10.0.0.9"), policy, PEERS) == Admitted("unsorted", "X")


def test_the_called_name_matters_only_when_configured() -> None:
    caller = _caller(called="ANY-SCP")
    assert isinstance(admit(caller, POLICY, PEERS), Admitted)
    refused = admit(caller, DoorPolicy("NEUROVIGIE", check_called_ae=True), PEERS)
    assert isinstance(refused, NotAdmitted)
    assert refused.rejection is Rejection.CALLED_AE_UNKNOWN


def test_a_caller_has_only_so_many_associations() -> None:
    refused = admit(_caller(), DoorPolicy("NEUROVIGIE", most_associations_of_peer=2), PEERS, Open(of_caller=2))
    assert isinstance(refused, NotAdmitted)
    assert refused.rejection is Rejection.CONGESTION


def test_one_address_leaves_half_of_the_associations_to_others_whatever_it_calls_itself() -> None:
    policy = DoorPolicy("NEUROVIGIE", most_associations=8)
    refused = admit(_caller(), policy, PEERS, Open(of_host=4, in_all=4))
    assert isinstance(refused, NotAdmitted)
    assert (refused.rejection, refused.why) == (
        Rejection.CONGESTION,
        "this address already has 4 associations open",
    )
    assert isinstance(admit(_caller(), policy, PEERS, Open(of_host=3, in_all=7)), Admitted)
    assert isinstance(admit(_caller(), policy, PEERS, Open(in_all=8)), NotAdmitted)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (VaultFull(), 0xA700),
        (VaultError(), 0xA700),
        (UnreadableInstance(), 0xC000),
        (NeuroVigieError(), 0x0110),
        (ZeroDivisionError(), 0x0110),
    ],
)
def test_each_error_has_its_status(error: Exception, code: int) -> None:
    assert status_of(error).code == code


def test_an_error_comment_is_ascii_and_at_most_64_characters_long() -> None:
    assert StoreStatus(0xA700, "é" * 100).comment == "?" * 64


def test_a_data_set_must_be_of_the_class_the_command_said() -> None:
    ids = InstanceIds("1.2", "1.2.3", "1", "2")
    assert agree(ids, "1.2").code == 0
    assert agree(ids, "1.9").code == 0xA900
    assert agree(InstanceIds("", "1.2.3", "1", "2"), "1.2").code == 0


def test_a_scoped_address_loses_its_scope() -> None:
    assert plain_address("fe80::1%eth0") == "fe80::1"
