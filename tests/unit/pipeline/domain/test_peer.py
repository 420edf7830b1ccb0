"""What an administrator may say of a peer, and passcodes that are never kept."""

from __future__ import annotations

import pytest

from pipeline.domain.errors import BadInput
from pipeline.domain.peer import Peer, PeerRules, check_peer, fingerprint, fits_passcode, hash_passcode, is_within

FINGERPRINT = "ab" * 32


def _peer(**rules: object) -> Peer:
    return Peer("carhaix", "CT1", "10.0.0.1", 104, PeerRules(**rules))  # type: ignore[arg-type]


def test_sensible_rules_are_taken() -> None:
    check_peer(_peer())
    check_peer(_peer(networks=("10.1.0.0/16", "fd00::/64"), certificates=(FINGERPRINT, "CN=CT 1"), username="ct1"))


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ({"networks": ("10.1.2.3/16",)}, "no network"),
        ({"networks": ("anywhere",)}, "no network"),
        ({"networks": ("10.0.0.0/8",) * 17}, "at most 16"),
        ({"certificates": ("ab",)}, "64 hexadecimal digits"),
        ({"certificates": ("CN=a\nb",)}, "64 hexadecimal digits"),
        ({"called_ae_title": "SEVENTEEN-LETTERS"}, "called AE title"),
        ({"images_per_second": -1.0}, "from 0"),
        ({"passcode_hash": "x"}, "user name"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_reason(rules: dict[str, object], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        check_peer(_peer(**rules))


@pytest.mark.parametrize(
    "peer",
    [
        Peer("Carhaix", "CT1", "10.0.0.1", 104),
        Peer("carhaix", " CT1", "10.0.0.1", 104),
        Peer("carhaix", "CT1", "10.0.0.1 -x", 104),
        Peer("carhaix", "CT1", "10.0.0.1", 0),
    ],
)
def test_a_peer_has_a_name_a_place_and_a_site(peer: Peer) -> None:
    with pytest.raises(BadInput):
        check_peer(peer)


def test_a_fingerprint_is_read_as_any_tool_prints_it() -> None:
    assert fingerprint(":".join(["AB"] * 32)) == FINGERPRINT
    assert fingerprint("CN=ct1 ") == "CN=ct1"


def test_a_passcode_is_kept_only_as_its_digest() -> None:
    kept = hash_passcode("open sesame", b"0123456789abcdef")
    assert "sesame" not in kept
    assert fits_passcode(kept, "open sesame")
    assert not fits_passcode(kept, "open sesam")
    assert not fits_passcode("damaged", "open sesame")
    assert not fits_passcode("", "")


def test_an_address_is_in_a_network_of_its_own_kind_only() -> None:
    assert is_within("10.1.9.9", ("fd00::/64", "10.1.0.0/16"))
    assert not is_within("10.2.0.1", ("fd00::/64", "10.1.0.0/16"))
    assert not is_within("10.1.9.9", ())
