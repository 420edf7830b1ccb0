"""A DICOM system that an administrator made known, and what it may do here."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address, ip_network

from pipeline.domain.errors import BadInput


class Service(StrEnum):
    """What a peer may ask for; verification (C-ECHO) is always allowed."""

    STORE = "store"
    QUERY = "query"
    RETRIEVE = "retrieve"
    COMMITMENT = "commitment"
    PROCEDURE = "procedure"
    """Performed procedure steps and instance availability."""
    WORKLIST = "worklist"


EVERY_SERVICE = frozenset(Service)
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_SUBJECT = re.compile(r"CN=[^\x00-\x1f]{1,200}")
_AE_TITLE = re.compile(r"(?! )[\x20-\x5b\x5d-\x7e]{1,16}(?<! )")
_HOST = re.compile(r"[A-Za-z0-9_.:%-]{1,253}")
_SITE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
MOST_OF_A_KIND = 16
"""Networks or certificates that one peer may have."""


@dataclass(frozen=True, slots=True)
class PeerRules:
    """What holds for one peer; an empty or zero value sets no rule.

    ``networks`` are further addresses it may call from, as CIDR. ``certificates`` are those it must show: SHA-256
    fingerprints of the certificate in DER as 64 hexadecimal digits, or ``CN=`` and the subject's common name.
    ``bytes_a_day`` counts days of UTC. ``passcode_hash`` is made by `hash_passcode`. ``tls`` says how we call it.
    """

    enabled: bool = True
    networks: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    called_ae_title: str = ""
    services: frozenset[Service] = EVERY_SERVICE
    images_per_second: float = 0.0
    bytes_a_day: int = 0
    associations: int = 0
    username: str = ""
    passcode_hash: str = ""
    tls: bool = False


NO_RULES = PeerRules()


@dataclass(frozen=True, slots=True, order=True)
class Peer:
    """A DICOM node an administrator made known: the site it belongs to, its name, where it is, its rules."""

    site_id: str
    ae_title: str
    host: str
    port: int
    rules: PeerRules = field(default=NO_RULES)


def check_peer(peer: Peer) -> None:
    """Refuse what cannot be meant. Raises `BadInput` with the reason in a sentence."""
    if not _AE_TITLE.fullmatch(peer.ae_title):
        raise BadInput("An AE title has 1 to 16 ASCII characters, no backslash, and no space at its ends.")
    if not _SITE.fullmatch(peer.site_id):
        raise BadInput("A site is named by lower-case letters, digits and hyphens, such as carhaix.")
    if not _HOST.fullmatch(peer.host):
        raise BadInput("A host is a name or an address, such as 10.1.2.3.")
    if not 0 < peer.port < 65_536:
        raise BadInput("A port is a number from 1 to 65535.")
    _check_rules(peer.rules)


def _check_rules(rules: PeerRules) -> None:
    if rules.called_ae_title and not _AE_TITLE.fullmatch(rules.called_ae_title):
        raise BadInput("The called AE title has 1 to 16 ASCII characters, and no backslash.")
    if max(len(rules.networks), len(rules.certificates)) > MOST_OF_A_KIND:
        raise BadInput(f"A peer has at most {MOST_OF_A_KIND} networks, and as many certificates.")
    for network in rules.networks:
        _check_network(network)
    for certificate in rules.certificates:
        if not _FINGERPRINT.fullmatch(certificate) and not _SUBJECT.fullmatch(certificate):
            raise BadInput("A certificate is 64 hexadecimal digits (its SHA-256 fingerprint), or CN= and a name.")
    if min(rules.images_per_second, rules.bytes_a_day, rules.associations) < 0:
        raise BadInput("A limit is a number from 0, which sets none.")
    if rules.passcode_hash and not rules.username:
        raise BadInput("A passcode needs a user name.")


def _check_network(network: str) -> None:
    try:
        ip_network(network)
    except ValueError as exc:
        raise BadInput(f"{network[:50]} is no network; write it as 10.1.0.0/16.") from exc


def fingerprint(text: str) -> str:
    """A SHA-256 fingerprint as tools print it, with colons or capitals, as we keep it; other texts unchanged."""
    plain = text.replace(":", "").replace(" ", "").lower()
    return plain if _FINGERPRINT.fullmatch(plain) else text.strip()


def is_within(host: str, networks: tuple[str, ...]) -> bool:
    """Whether a numeric address lies in one of some networks."""
    address = ip_address(host)
    return any(address in ip_network(network) for network in networks)


_COST, _BLOCK, _LANES = 2**14, 8, 1
"""scrypt with 16 MiB: what OWASP's password storage cheat sheet takes for interactive use on small machines."""


def hash_passcode(passcode: str, salt: bytes) -> str:
    """What is kept instead of a passcode."""
    digest = hashlib.scrypt(passcode.encode(), salt=salt, n=_COST, r=_BLOCK, p=_LANES, dklen=32)
    return f"scrypt${salt.hex()}${digest.hex()}"


def fits_passcode(kept: str, passcode: str) -> bool:
    """Whether a passcode is the one that was kept; takes as long whether or not it is."""
    try:
        _, salt, digest = kept.split("$")
        again = hash_passcode(passcode, bytes.fromhex(salt)).rpartition("$")[2]
    except ValueError:
        return False
    return hmac.compare_digest(again, digest)
