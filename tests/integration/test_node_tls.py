"""The door behind TLS, which is the only way it listens beyond loopback; by both upper layers, and with DCMTK."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from pynetdicom.pdu_primitives import UserIdentityNegotiation

from dicom_node.peers.checkup import check_up
from dicom_node.peers.peer import Peer
from dicom_node.scu.association import Target, associate, echo
from dicom_node.scu.commitment import StorageCommitmentPushModel
from dicom_node.tls import Clients, Profile, TlsFiles, client_context, server_context
from pipeline.database.peers import Activity
from pipeline.domain.errors import PeerUnreachable
from pipeline.domain.peer import PeerRules, Service, hash_passcode
from pipeline.testing.certificates import Authority, Signed
from pipeline.testing.data_sets import CTImageStorage, ExplicitVRLittleEndian
from pipeline.testing.running_node import RunningNode, running_node

Verification = "1.2.840.10008.1.1"
BESIDE = {"ours": (), "theirs": ((StorageCommitmentPushModel, ExplicitVRLittleEndian),)}
both = pytest.mark.parametrize("beside", BESIDE.values(), ids=BESIDE)


@dataclass(frozen=True, slots=True)
class House:
    """An authority, our own certificate, a scanner's, one that expired, and one of another authority."""

    authority: Authority
    own: Signed
    scanner: Signed
    expired: Signed
    foreign: Signed

    def shows(self, one: Signed | None) -> ssl.SSLContext:
        """TLS of a caller that trusts the authority and shows a certificate."""
        files = TlsFiles(peer_ca=self.authority.cert)
        return client_context(replace(files, cert=one.cert, key=one.key) if one else files)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder, elsewhere = tmp_path_factory.mktemp("tls"), tmp_path_factory.mktemp("other")
    authority = Authority(folder)
    expired = authority.sign("old", lasts=timedelta(hours=1))
    foreign = Authority(elsewhere, "Other CA").sign("foreign")
    return House(authority, authority.sign("neurovigie"), authority.sign("ct1"), expired, foreign)


@contextmanager
def behind_tls(
    folder: Path, house: House, clients: Clients | None = Clients.REQUIRED, rules: PeerRules | None = None
) -> Iterator[RunningNode]:
    files = TlsFiles(house.own.cert, house.own.key, house.authority.cert if clients else None)
    peers = (Peer("carhaix", "CT1", "127.0.0.1", 104, rules),) if rules else ()
    tls = server_context(files, Profile.BCP195, clients or Clients.REQUIRED)
    with running_node(folder, peers=peers, tls=tls) as node:
        yield node


def _to(node: RunningNode, tls: ssl.SSLContext | None, calling: str = "CT1") -> Target:
    return replace(node.target(calling), tls=tls, answer_s=20.0)


def _refusals(node: RunningNode) -> list[str]:
    seen: list[Activity] = []
    node.ledger.write(seen.extend)
    return [one.refusal for one in seen if one.refusal]


def test_an_association_over_tls_is_answered_and_a_plain_one_is_not(tmp_path: Path, house: House) -> None:
    with behind_tls(tmp_path, house, clients=None) as node:
        echo(_to(node, house.shows(None)))
        with pytest.raises(PeerUnreachable, match="may require TLS"):
            echo(_to(node, None))
        assert "tls_plain" in _refusals(node)


def test_a_caller_that_is_silent_during_the_handshake_holds_up_nobody(tmp_path: Path, house: House) -> None:
    with behind_tls(tmp_path, house, clients=None) as node, socket.create_connection(("127.0.0.1", node.node.port)):
        echo(_to(node, house.shows(None)))


def test_a_certificate_nobody_vouches_for_is_refused_by_our_sender(tmp_path: Path, house: House) -> None:
    with behind_tls(tmp_path, house, clients=None) as node, pytest.raises(PeerUnreachable):
        echo(_to(node, ssl.create_default_context()))


@both
def test_a_peer_is_known_by_the_fingerprint_or_the_name_of_its_certificate(
    tmp_path: Path, house: House, beside: tuple[tuple[str, str], ...]
) -> None:
    for number, certificate in enumerate((house.scanner.fingerprint, "CN=ct1")):
        rules = PeerRules(certificates=(certificate,))
        with behind_tls(tmp_path / str(number), house, rules=rules) as node:
            wanted = [(CTImageStorage, ExplicitVRLittleEndian), *beside]
            associate(_to(node, house.shows(house.scanner)), wanted).release()
            with pytest.raises(PeerUnreachable, match="does not know the calling AE title"):
                associate(_to(node, house.shows(house.own)), wanted)
            assert _refusals(node) == ["other_certificate"]


@pytest.mark.parametrize(
    ("shown", "refusal"), [(None, "tls_no_certificate"), ("expired", "tls_expired"), ("foreign", "tls_untrusted")]
)
def test_who_cannot_show_a_valid_certificate_is_refused_and_the_log_says_why(
    tmp_path: Path, house: House, shown: str | None, refusal: str
) -> None:
    with behind_tls(tmp_path, house) as node:
        with pytest.raises(PeerUnreachable):
            echo(_to(node, house.shows(getattr(house, shown) if shown else None)))
        assert _refusals(node) == [refusal]
        echo(_to(node, house.shows(house.scanner)))


def test_where_certificates_are_optional_only_a_peer_bound_to_one_must_show_it(tmp_path: Path, house: House) -> None:
    rules = PeerRules(certificates=("CN=ct1",))
    with behind_tls(tmp_path, house, Clients.OPTIONAL, rules) as node:
        echo(_to(node, house.shows(None), "LAPTOP"))
        with pytest.raises(PeerUnreachable, match="does not know the calling AE title"):
            echo(_to(node, house.shows(None)))
        assert "no_certificate" in _refusals(node)


def test_a_peer_that_speaks_only_old_tls_is_refused(tmp_path: Path, house: House) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with behind_tls(tmp_path, house, clients=None) as node:
        with pytest.raises(PeerUnreachable):
            echo(_to(node, old))
        assert _refusals(node) == ["tls_version"]


@both
def test_a_user_name_with_its_passcode_is_checked_and_answered(
    tmp_path: Path, house: House, beside: tuple[tuple[str, str], ...]
) -> None:
    rules = PeerRules(username="ct1", passcode_hash=hash_passcode("open sesame", b"salt"))
    wanted = [(CTImageStorage, ExplicitVRLittleEndian), *beside]
    with behind_tls(tmp_path, house, None, rules) as node:
        target = _to(node, house.shows(None))
        said = associate(target, wanted, roles=[_user("ct1", "open sesame")])
        assert said.acceptor.user_identity is not None
        said.release()
        for roles in ([], [_user("ct1", "guess")], [_user("ct2", "open sesame")]):
            with pytest.raises(PeerUnreachable, match="without giving a reason"):
                associate(target, wanted, roles=roles)
        assert _refusals(node) == ["other_user"]


@both
def test_a_service_that_a_peer_may_not_have_is_rejected_and_the_others_are_not(
    tmp_path: Path, house: House, beside: tuple[tuple[str, str], ...]
) -> None:
    rules = PeerRules(services=frozenset({Service.COMMITMENT}))
    wanted = [(Verification, ExplicitVRLittleEndian), (CTImageStorage, ExplicitVRLittleEndian), *beside]
    with behind_tls(tmp_path, house, None, rules) as node:
        association = associate(_to(node, house.shows(None)), wanted)
        rejected = {str(one.abstract_syntax): one.result for one in association.rejected_contexts}
        assert rejected == {CTImageStorage: 1}
        assert association.send_c_echo().Status == 0
        association.release()
        assert _refusals(node) == ["service"]


def test_a_check_up_finds_each_step_and_where_it_fails(tmp_path: Path, house: House) -> None:
    with behind_tls(tmp_path, house) as node:
        target = _to(node, house.shows(house.scanner))
        assert [(step.name, step.ok) for step in check_up(target)] == [
            (name, True) for name in ("name", "route", "tls", "association", "contexts", "echo")
        ]
        last = {
            "tls_untrusted": replace(target, tls=ssl.create_default_context()),
            "hung_up_tls": replace(target, tls=house.shows(None)),
            "hung_up": replace(target, tls=None),
            "name_unknown": replace(target, host="no-such-host.invalid"),
        }
        assert {code: list(check_up(one))[-1].code for code, one in last.items()} == {code: code for code in last}
    assert list(check_up(target))[-1].code == "route_refused"


def _user(name: str, passcode: str) -> UserIdentityNegotiation:
    user = UserIdentityNegotiation()
    user.user_identity_type, user.positive_response_requested = 2, True
    user.primary_field, user.secondary_field = name.encode(), passcode.encode()
    return user


def _accepted(program: str, *words: object) -> bool:
    """Whether a program of DCMTK, not pynetdicom's namesake beside Python, gets an association."""
    beside = Path(sys.executable).parent.resolve()
    path = os.pathsep.join(one for one in os.environ["PATH"].split(os.pathsep) if Path(one).resolve() != beside)
    found = shutil.which(program, path=path)
    assert found is not None
    done = subprocess.run([found, "-v", *map(str, words)], capture_output=True, text=True, check=False, timeout=60)
    return "Association Accepted" in done.stdout + done.stderr


@pytest.mark.needs_dcmtk
@pytest.mark.parametrize("profile", ["+px", "+py", "+pz"])  # BCP 195, non-downgrading, extended: PS3.15 B.9 to B.11
def test_dcmtk_gets_an_association_over_tls_with_its_certificate_and_not_without(
    tmp_path: Path, house: House, profile: str
) -> None:
    rules = PeerRules(certificates=(house.scanner.fingerprint,))
    with behind_tls(tmp_path, house, rules=rules) as node:
        to = ["-aet", "CT1", "-aec", "NEUROVIGIE", "+cf", house.authority.cert, "127.0.0.1", node.node.port]
        names = ("own", "scanner", "expired", "foreign")
        shown = {name: ["+tls", getattr(house, name).key, getattr(house, name).cert] for name in names}
        for program in (["echoscu"], ["findscu", "-S", "-k", "QueryRetrieveLevel=STUDY"]):
            assert _accepted(*program, *shown["scanner"], profile, *to)
            for refused in (["+tla"], shown["expired"], shown["foreign"], shown["own"]):
                assert not _accepted(*program, *refused, profile, *to)
        assert not _accepted("echoscu", *shown["scanner"], "+pn", *to)  # nothing is sent without encryption
