"""HTTP as every channel uses it: no redirect followed, no proxy guessed, nothing of the answer kept but its status."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from pipeline.domain.errors import BadInput
from pipeline.domain.notification import Setback

_TIMEOUT = httpx.Timeout(10.0, connect=5.0)


def check_address(url: str) -> None:
    """Raise `BadInput` unless this is an https address, or an http one on this machine, without credentials."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadInput("The address must be one such as https://alarm.example/call.")
    if parts.username or parts.password or parts.fragment:
        raise BadInput("The address carries no user, password or fragment; use --secret-file for a secret.")
    if parts.scheme == "http" and not is_this_machine(parts.hostname):
        raise BadInput("Nothing leaves this machine without TLS: the address must begin with https.")


def is_this_machine(host: str) -> bool:
    """Whether only this very machine answers there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int | Setback:
    """The answer's status; a setback when there was none."""
    try:
        with httpx.Client(timeout=_TIMEOUT, trust_env=False, follow_redirects=False) as client:
            return client.post(url, content=body, headers=dict(headers)).status_code
    except httpx.HTTPError as error:
        return Setback(f"no answer ({type(error).__name__})")


def judged(status: int | Setback) -> Setback | None:
    """What a status means: taken, to be tried again, or refused."""
    if isinstance(status, Setback):
        return status
    if 200 <= status < 300:
        return None
    passing = status >= 500 or status in {408, 425, 429}
    return Setback(f"answered {status}", hopeless=not passing)


def read_secret(path: str) -> str:
    """The secret in a file, empty where none is needed; raises `OSError`."""
    return Path(path).read_text(encoding="utf-8").strip() if path else ""
