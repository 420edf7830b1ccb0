"""A browser that can be woken, for tests: it reads what was encrypted for it (RFC 8291, section 3)."""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pipeline.push import base64url
from pipeline.push.encryption import BrowserKeys


class Browser:
    """A subscription and its private half."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.keys = BrowserKeys(point, os.urandom(16))

    @property
    def p256dh(self) -> str:
        """Its public key, as a page sends it."""
        return base64url.encode(self.keys.p256dh)

    @property
    def auth(self) -> str:
        """Its secret, as a page sends it."""
        return base64url.encode(self.keys.auth)

    def decrypt(self, body: bytes) -> bytes:
        """What a push message says; raises `cryptography.exceptions.InvalidTag` for one that is another's."""
        salt, length = body[:16], body[20]
        point, sealed = body[21 : 21 + length], body[21 + length :]
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        shared = self._key.exchange(ec.ECDH(), sender)
        info = b"WebPush: info\x00" + self.keys.p256dh + point
        material = HKDF(SHA256(), 32, self.keys.auth, info).derive(shared)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\x00").derive(material)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\x00").derive(material)
        padded = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\x00")
        return padded[:-1]
