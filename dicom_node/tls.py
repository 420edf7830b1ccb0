"""TLS of the DICOM port, as BCP 195 (RFC 8996, RFC 9325) and the profiles of PS3.15 annex B want it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from dicom_node.caller import Certificate
from pipeline.domain.errors import ConfigurationError
from pipeline.domain.refusal import Refusal

_CIPHERS_OF_TLS_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Forward secrecy and authenticated encryption only (RFC 9325 4.2); those of TLS 1.3 are all so."""


class Profile(StrEnum):
    """The oldest TLS that is spoken."""

    BCP195 = "bcp195"
    """TLS 1.2 and 1.3."""
    TLS13 = "tls13"


class Clients(StrEnum):
    """Whether callers show a certificate of their own, once somebody is named who vouches for them."""

    REQUIRED = "required"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Our certificate chain and its key; ``client_ca`` vouches for callers, ``peer_ca`` for whom we call (all PEM)."""

    cert: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    peer_ca: Path | None = None


def server_context(
    files: TlsFiles, profile: Profile = Profile.BCP195, clients: Clients = Clients.REQUIRED
) -> ssl.SSLContext | None:
    """TLS for those who call us; none without a certificate. Raises `ConfigurationError`."""
    if files.cert is None and files.key is None:
        if files.client_ca is not None:
            raise ConfigurationError("Certificates of callers are asked for over TLS, which needs one of our own.")
        return None
    if files.cert is None or files.key is None:
        raise ConfigurationError("TLS needs both a certificate and its key.")
    context = _strict(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), profile)
    _load_own(context, files.cert, files.key)
    if files.client_ca is not None:
        _load_ca(context, files.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED if clients is Clients.REQUIRED else ssl.CERT_OPTIONAL
    return context


def client_context(files: TlsFiles, profile: Profile = Profile.BCP195) -> ssl.SSLContext:
    """TLS for those we call: their certificate is checked, also its name, and ours is shown. Raises as above."""
    context = _strict(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), profile)
    if files.peer_ca is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        _load_ca(context, files.peer_ca)
    if files.cert is not None and files.key is not None:
        _load_own(context, files.cert, files.key)
    return context


def _strict(context: ssl.SSLContext, profile: Profile) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_3 if profile is Profile.TLS13 else ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS_OF_TLS_1_2)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    return context


def _load_own(context: ssl.SSLContext, cert: Path, key: Path) -> None:
    try:
        context.load_cert_chain(cert, key, password=_no_passphrase)
    except (OSError, ssl.SSLError) as exc:
        raise ConfigurationError(f"The TLS certificate or key cannot be used: {exc.strerror or 'unreadable'}.") from exc


def _no_passphrase() -> str:
    raise ConfigurationError("The TLS key is locked with a passphrase; nobody is there to type it.")


def _load_ca(context: ssl.SSLContext, ca: Path) -> None:
    try:
        context.load_verify_locations(cafile=ca)
    except (OSError, ssl.SSLError) as exc:
        raise ConfigurationError(f"The certificates in {ca.name} cannot be used: {exc.strerror or 'no PEM'}.") from exc


def certificate_of(connection: object) -> Certificate | None:
    """The certificate that the other end of a connection has proven to be its own, if it showed one."""
    if not isinstance(connection, ssl.SSLSocket) or connection.context.verify_mode is ssl.CERT_NONE:
        return None
    der = connection.getpeercert(binary_form=True)
    if not der:
        return None
    return Certificate(fingerprint_of(der), _common_name(connection.getpeercert() or {}))


def fingerprint_of(der: bytes) -> str:
    """SHA-256 of a certificate, in hexadecimal."""
    return sha256(der).hexdigest()


def _common_name(shown: Mapping[str, object]) -> str:
    """The subject's common name; none where there are several, of which nobody knows which is meant."""
    subject = shown.get("subject")
    parts = [part for relative in (subject if isinstance(subject, tuple) else ()) for part in relative]
    names = [str(value) for kind, value in parts if kind == "commonName"]
    return names[0] if len(names) == 1 else ""


_REFUSALS: tuple[tuple[frozenset[str], Refusal, str], ...] = (
    (
        frozenset({"PEER_DID_NOT_RETURN_A_CERTIFICATE"}),
        Refusal.TLS_NO_CERTIFICATE,
        "it shows no certificate of its own, and must",
    ),
    (
        frozenset({"UNSUPPORTED_PROTOCOL", "NO_SHARED_CIPHER", "VERSION_TOO_LOW", "INAPPROPRIATE_FALLBACK"}),
        Refusal.TLS_VERSION,
        "it speaks no TLS that is safe enough: TLS 1.2 with forward secrecy is the least",
    ),
    (
        frozenset({"HTTP_REQUEST", "WRONG_VERSION_NUMBER", "BAD_RECORD_TYPE", "PACKET_LENGTH_TOO_LONG"}),
        Refusal.TLS_PLAIN,
        "it does not speak TLS, which is required here",
    ),
)
_EXPIRED, _NOT_YET_VALID = 10, 9  # X509_V_ERR_CERT_HAS_EXPIRED, _NOT_YET_VALID


def why_refused(error: OSError) -> tuple[Refusal, str] | None:
    """Why TLS with a caller came to nothing, as a code and as words for the log: never a name from a certificate.

    None for one that hung up or was silent, as monitors and port scanners are.
    """
    if not isinstance(error, ssl.SSLError) or isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return None
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in {_EXPIRED, _NOT_YET_VALID}:
            return Refusal.TLS_EXPIRED, "its certificate is not valid today"
        return Refusal.TLS_UNTRUSTED, f"nobody we trust vouches for its certificate: {error.verify_message}"
    reason = error.reason or ""
    for reasons, refusal, why in _REFUSALS:
        if reason in reasons:
            return refusal, why
    if "ALERT" in reason:
        return Refusal.TLS_FAILED, f"it ended TLS, most likely because of our certificate ({reason})"
    return Refusal.TLS_FAILED, f"TLS was not agreed on ({reason or 'no reason'})"
