"""Who sends a push message: our own key pair (RFC 8292), made in the home folder when push is first turned on."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from pipeline.domain.errors import ConfigurationError
from pipeline.push import base64url
from pipeline.push.encryption import CURVE

NAME = "push-key.pem"
_VALID = timedelta(hours=12)
"""At most 24 h are allowed (RFC 8292, section 2)."""


def make_key(root: Path) -> Path:
    """The key's file, made and readable by us alone if there is none yet."""
    file = root / NAME
    pem = ec.generate_private_key(CURVE).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return file
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(pem)
    return file


def read_key(root: Path) -> ec.EllipticCurvePrivateKey | None:
    """The key; none while push was never turned on. Raises `ConfigurationError` for a file that is no such key."""
    try:
        pem = (root / NAME).read_bytes()
    except FileNotFoundError:
        return None
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"The file {NAME} holds no private key.") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ConfigurationError(f"The key in {NAME} is not one of P-256.")
    return key


def public_key(key: ec.EllipticCurvePrivateKey) -> str:
    """What browsers subscribe with (applicationServerKey)."""
    return base64url.encode(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def authorization(key: ec.EllipticCurvePrivateKey, endpoint: str, contact: str, now: datetime) -> str:
    """The Authorization header for one push service; ``contact`` is a mailto: or https: address of ours."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int((now + _VALID).timestamp()), "sub": contact}
    signed = f"{_json({'typ': 'JWT', 'alg': 'ES256'})}.{_json(claims)}"
    first, second = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    signature = base64url.encode(first.to_bytes(32) + second.to_bytes(32))
    return f"vapid t={signed}.{signature}, k={public_key(key)}"


def _json(value: dict[str, object]) -> str:
    return base64url.encode(json.dumps(value, separators=(",", ":")).encode())
