"""Why a DICOM caller, or what it asked for, was refused: a code for pages, beside the sentence in the log."""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """Kinds of refusal; the DICOM answer to each is in `dicom_node.admission` and docs/peers.md."""

    UNKNOWN = "unknown"
    OTHER_ADDRESS = "other_address"
    DISABLED = "disabled"
    NO_CERTIFICATE = "no_certificate"
    OTHER_CERTIFICATE = "other_certificate"
    OTHER_CALLED_AE = "other_called_ae"
    NO_USER = "no_user"
    OTHER_USER = "other_user"
    TOO_MANY = "too_many"
    SERVICE = "service"
    QUOTA = "quota"
    TLS_PLAIN = "tls_plain"
    TLS_NO_CERTIFICATE = "tls_no_certificate"
    TLS_UNTRUSTED = "tls_untrusted"
    TLS_EXPIRED = "tls_expired"
    TLS_VERSION = "tls_version"
    TLS_FAILED = "tls_failed"
