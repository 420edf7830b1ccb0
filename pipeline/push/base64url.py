"""Base64 as the web's cryptography writes it: the URL alphabet, without padding (RFC 7515, section 2)."""

from __future__ import annotations

import base64
import binascii

from pipeline.domain.errors import BadInput


def encode(raw: bytes) -> str:
    """Bytes as text."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Text as bytes; raises `BadInput`."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("This is not base64url.") from error
