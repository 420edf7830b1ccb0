"""A message that only one browser can read: aes128gcm content encoding (RFC 8188) for web push (RFC 8291)."""

from __future__ import annotations

import os
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pipeline.domain.errors import BadInput
from pipeline.push import base64url

CURVE = ec.SECP256R1()
_RECORD_SIZE = 4096
_LONGEST = 3993
"""What fits one record of a push service's 4096 bytes (RFC 8291, section 4)."""
_LAST_RECORD = b"\x02"


@dataclass(frozen=True, slots=True)
class BrowserKeys:
    """What a browser gave us: its public key (65 bytes, uncompressed) and its secret (16 bytes)."""

    p256dh: bytes
    auth: bytes


def browser_keys(p256dh: str, auth: str) -> BrowserKeys:
    """The keys of a subscription from their base64url; raises `BadInput`."""
    keys = BrowserKeys(base64url.decode(p256dh), base64url.decode(auth))
    if len(keys.auth) != 16:  # RFC 8291, section 3.2
        raise BadInput("The subscription's secret has 16 bytes.")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, keys.p256dh)
    except ValueError as error:
        raise BadInput("The subscription's key is not a point on P-256.") from error
    return keys


@dataclass(frozen=True, slots=True)
class Chance:
    """What is random in a message: its own key pair and salt."""

    key: ec.EllipticCurvePrivateKey
    salt: bytes


def chance() -> Chance:
    """New for every message."""
    return Chance(ec.generate_private_key(CURVE), os.urandom(16))


def encrypt(plain: bytes, keys: BrowserKeys, own: Chance) -> bytes:
    """The body of the request to the push service; raises `ValueError` for a message that is too long."""
    if len(plain) > _LONGEST:
        raise ValueError("too long for one push message")
    their_key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, keys.p256dh)
    our_point = own.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = own.key.exchange(ec.ECDH(), their_key)
    material = _derive(keys.auth, shared, b"WebPush: info\x00" + keys.p256dh + our_point, 32)
    key = _derive(own.salt, material, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derive(own.salt, material, b"Content-Encoding: nonce\x00", 12)
    head = own.salt + _RECORD_SIZE.to_bytes(4) + len(our_point).to_bytes(1) + our_point
    return head + AESGCM(key).encrypt(nonce, plain + _LAST_RECORD, None)


def _derive(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)
