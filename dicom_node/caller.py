"""Who asks for an association, and what it shows for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate a caller showed over TLS, its chain proven: SHA-256 of its DER, the subject's common name."""

    fingerprint: str
    common_name: str


@dataclass(frozen=True, slots=True)
class UserIdentity:
    """A user identity as proposed (PS3.7 D.3.3.7.1): type 1 is a user name, 2 a user name and a passcode."""

    kind: int
    primary: bytes
    secondary: bytes = b""
    wants_response: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for an association; ``host`` is the numeric address the connection comes from."""

    calling_ae_title: str
    called_ae_title: str
    host: str
    certificate: Certificate | None = None
    user: UserIdentity | None = None


def ae_title(text: str) -> str:
    """An AE title as it is kept and shown; what no AE title may hold (PS3.5 6.2) becomes a question mark."""
    return "".join(one if " " <= one <= "~" and one != "\\" else "?" for one in text.strip())
