"""Who may come in, and what each failure answers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_node.admission import (
    Admitted,
    DoorPolicy,
    NotAdmitted,
    Open,
    Rejection,
    StoreStatus,
    admit,
    agree,
    crowded,
    status_of,
)
from dicom_node.caller import Caller, Certificate, UserIdentity, ae_title
from dicom_node.peers.address import plain_address
from dicom_node.peers.peer import KnownPeer, Peer
from dicom_node.vault.header import InstanceIds
from pipeline.domain.errors import NeuroVigieError, UnreadableInstance, VaultError, VaultFull
from pipeline.domain.peer import PeerRules, hash_passcode, is_within
from pipeline.domain.refusal import Refusal

POLICY = DoorPolicy("NEUROVIGIE")
CT1 = KnownPeer(Peer("carhaix", "CT1", "ct1.carhaix", 104), frozenset({"10.0.0.1", "fd00::1"}))
LOCAL_CT = KnownPeer(Peer("demo", "CT9", "127.0.0.1", 104), frozenset({"127.0.0.1"}))
PEERS = (CT1, LOCAL_CT)


def _caller(calling: str = "CT1", host: str = "10.0.0.1", called: str = "NEUROVIGIE") -> Caller:
    return Caller(calling, called, host)


@pytest.mark.parametrize("host", ["10.0.0.1", "fd00::1", "::ffff:10.0.0.1", "fd00:0::1"])
def test_a_known_peer_at_one_of_its_addresses_brings_its_site(host: str) -> None:
    assert admit(_caller(host=host), POLICY, PEERS) == Admitted("carhaix", "CT1", CT1.peer)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_a_stranger_on_this_machine_is_local(host: str) -> None:
    assert admit(_caller("LAPTOP", host), POLICY, PEERS) == Admitted("local", "LAPTOP")


def test_a_known_peer_on_this_machine_brings_its_own_site() -> None:
    assert admit(_caller("CT9", "127.0.0.1"), POLICY, PEERS) == Admitted("demo", "CT9", LOCAL_CT.peer)


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


SCANNER = Certificate("ab" * 32, "ct1")


def _under(caller: Caller, **rules: object) -> Admitted | NotAdmitted:
    peer = KnownPeer(Peer("carhaix", "CT1", "ct1", 104, PeerRules(**rules)), frozenset({"10.0.0.1"}))  # type: ignore[arg-type]
    return admit(caller, POLICY, (peer,))


def _refusal(decision: Admitted | NotAdmitted) -> tuple[Refusal, Rejection] | None:
    return (decision.refusal, decision.rejection) if isinstance(decision, NotAdmitted) else None


def test_a_peer_may_call_from_its_networks_too() -> None:
    assert _refusal(_under(_caller(host="10.9.1.2"), networks=("10.9.0.0/16",))) is None
    unknown = (Refusal.OTHER_ADDRESS, Rejection.CALLING_AE_UNKNOWN)
    assert _refusal(_under(_caller(host="10.8.1.2"), networks=("10.9.0.0/16",))) == unknown


def test_a_disabled_peer_is_refused_also_on_this_machine() -> None:
    assert _refusal(_under(_caller(), enabled=False)) == (Refusal.DISABLED, Rejection.CALLING_AE_UNKNOWN)
    local = KnownPeer(Peer("demo", "CT9", "127.0.0.1", 104, PeerRules(enabled=False)), frozenset({"127.0.0.1"}))
    assert isinstance(admit(_caller("CT9", "127.0.0.1"), POLICY, (local,)), NotAdmitted)


@pytest.mark.parametrize("wanted", ["ab" * 32, "CN=ct1"])
def test_a_bound_certificate_must_be_shown(wanted: str) -> None:
    shows = replace(_caller(), certificate=SCANNER)
    other = replace(_caller(), certificate=Certificate("cd" * 32, "ct2"))
    assert _refusal(_under(shows, certificates=(wanted,))) is None
    assert _refusal(_under(other, certificates=(wanted,))) == (
        Refusal.OTHER_CERTIFICATE,
        Rejection.CALLING_AE_UNKNOWN,
    )
    assert _refusal(_under(_caller(), certificates=(wanted,))) == (
        Refusal.NO_CERTIFICATE,
        Rejection.CALLING_AE_UNKNOWN,
    )


def test_a_certificate_without_a_name_is_not_that_of_an_empty_name() -> None:
    nameless = replace(_caller(), certificate=Certificate("cd" * 32, ""))
    assert _refusal(_under(nameless, certificates=("CN=",))) is not None


def test_a_peer_may_have_to_call_us_by_a_name_of_its_own() -> None:
    assert _refusal(_under(_caller(), called_ae_title="NEUROVIGIE")) is None
    assert _refusal(_under(_caller(), called_ae_title="STROKE")) == (
        Refusal.OTHER_CALLED_AE,
        Rejection.CALLED_AE_UNKNOWN,
    )


@pytest.mark.parametrize(
    ("user", "refusal"),
    [
        (UserIdentity(2, b"ct1", b"open sesame"), None),
        (UserIdentity(2, b"ct1", b"guess"), Refusal.OTHER_USER),
        (UserIdentity(1, b"ct1"), Refusal.OTHER_USER),
        (UserIdentity(2, b"ct2", b"open sesame"), Refusal.OTHER_USER),
        (UserIdentity(3, b"ticket"), Refusal.NO_USER),
        (None, Refusal.NO_USER),
    ],
)
def test_a_user_must_be_named_and_its_passcode_fit(user: UserIdentity | None, refusal: Refusal | None) -> None:
    rules = {"username": "ct1", "passcode_hash": hash_passcode("open sesame", b"salt")}
    decision = _under(replace(_caller(), user=user), **rules)
    assert _refusal(decision) == (None if refusal is None else (refusal, Rejection.NO_REASON))
    assert isinstance(decision, NotAdmitted) or decision.user_accepted


def test_a_user_nobody_asked_for_is_neither_checked_nor_answered() -> None:
    decision = _under(replace(_caller(), user=UserIdentity(2, b"anybody", b"")))
    assert isinstance(decision, Admitted)
    assert not decision.user_accepted


def test_a_peer_may_have_fewer_or_more_associations_than_others() -> None:
    strict = Admitted("carhaix", "CT1", Peer("carhaix", "CT1", "ct1", 104, PeerRules(associations=1)))
    assert isinstance(crowded(strict, POLICY, Open(of_caller=1)), NotAdmitted)
    generous = Admitted("carhaix", "CT1", Peer("carhaix", "CT1", "ct1", 104, PeerRules(associations=20)))
    assert crowded(generous, POLICY, Open(of_caller=19)) is None


def test_of_two_peers_of_one_name_at_one_address_the_one_that_fits_is_meant() -> None:
    pair = (
        KnownPeer(Peer("brest", "CT1", "a", 104, PeerRules(certificates=("CN=other",))), frozenset({"10.0.0.1"})),
        KnownPeer(Peer("carhaix", "CT1", "b", 104), frozenset({"10.0.0.1"})),
    )
    decision = admit(_caller(), POLICY, pair)
    assert isinstance(decision, Admitted)
    assert decision.site_id == "carhaix"


def test_who_calls_from_where_we_listen_is_on_this_machine() -> None:
    assert admit(_caller("TEST", "10.0.0.5"), replace(POLICY, host="10.0.0.5"), PEERS) == Admitted("local", "TEST")


_TITLES = st.sampled_from(["CT1", "CT9", "X"])
_HOSTS = st.sampled_from(["10.0.0.1", "10.9.0.1", "127.0.0.1", "192.0.2.1"])
_RULES = st.builds(
    PeerRules,
    enabled=st.booleans(),
    networks=st.sampled_from([(), ("10.9.0.0/16",), ("0.0.0.0/0",)]),
    certificates=st.sampled_from([(), ("CN=ct1",), ("CN=other",)]),
    called_ae_title=st.sampled_from(["", "NEUROVIGIE", "STROKE"]),
)


@given(_TITLES, _HOSTS, st.sampled_from([None, SCANNER]), st.lists(st.tuples(_TITLES, _RULES), max_size=3))
def test_whoever_gets_a_peers_site_keeps_every_rule_of_that_peer(
    title: str, host: str, certificate: Certificate | None, known: list[tuple[str, PeerRules]]
) -> None:
    peers = [
        KnownPeer(Peer(f"site-{number}", name, "ct", 104, rules), frozenset({"10.0.0.1"}))
        for number, (name, rules) in enumerate(known)
    ]
    decision = admit(Caller(title, "NEUROVIGIE", host, certificate), POLICY, peers)
    if isinstance(decision, NotAdmitted):
        assert decision.why
        return
    if decision.peer is None:
        assert (decision.site_id, host) == ("local", "127.0.0.1")
        return
    rules = decision.rules
    assert (decision.site_id, decision.peer_ae_title) == (decision.peer.site_id, title)
    assert rules.enabled
    assert host == "10.0.0.1" or is_within(host, rules.networks)
    assert not rules.certificates or (certificate is not None and "CN=ct1" in rules.certificates)
    assert rules.called_ae_title in {"", "NEUROVIGIE"}


def test_what_no_ae_title_holds_becomes_a_question_mark() -> None:
    assert ae_title(" CT\0\n\\é1 ") == "CT????1"
