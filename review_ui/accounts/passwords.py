"""Passwords: how they are kept, checked and made up."""

from __future__ import annotations

import secrets
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pipeline.domain.errors import BadInput

SHORTEST = 12
LONGEST = 256
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""No i, l, o, 0 or 1: a one-time password is read from a screen and typed."""

AT_ONCE = 2
"""Each check takes 19 MiB for a moment; more at once than this would wait for a processor anyway."""


class WeakPassword(BadInput):
    """Choose a password of at least 12 characters that is neither the account's name nor the one before."""


class Passwords:
    """Argon2id with the second of OWASP's equivalent settings (19 MiB, two passes, one lane)."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._turn = BoundedSemaphore(AT_ONCE)
        self._nobodys = self._hasher.hash(secrets.token_urlsafe())

    def hash(self, password: str) -> str:
        """What is kept instead of the password."""
        with self._turn:
            return self._hasher.hash(password)

    def fits(self, password_hash: str | None, password: str) -> bool:
        """Whether a password is the one; for no account (``None``) it takes as long, and is false."""
        with self._turn:
            try:
                self._hasher.verify(password_hash or self._nobodys, password)
            except (VerificationError, InvalidHashError):
                return False
        return password_hash is not None


def one_time_password() -> str:
    """Twenty characters in groups of five: about 99 bits."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))
    return "-".join(groups)


def check_new(name: str, current: str, new: str) -> None:
    """Raise `WeakPassword` when ``new`` should not become the password of ``name``."""
    too_short_or_long = not SHORTEST <= len(new) <= LONGEST
    if too_short_or_long or new == current or new.casefold() == name.casefold():
        raise WeakPassword
