"""Sending objects by STOW-RS (PS3.18 10.5): one request, an answer for each object, no redirect followed."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from dicom_node.scu.outgoing import Outgoing
from dicom_node.vault.part10 import encode_plain_head
from pipeline.domain.errors import BadInput, PeerUnreachable

_ANSWERS = frozenset({200, 202, 409})
"""All stored, some stored, none stored: each with a body that says of which object (table 10.5.3-1)."""
_REFERENCED, _FAILED = "00081199", "00081198"
_UID, _REASON = "00081155", "00081197"
_CONNECT_S, _ANSWER_S = 5.0, 60.0
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class StowTarget:
    """A DICOMweb service by its base address; ``tls`` is what is trusted, ``token`` a bearer token or empty."""

    url: str
    tls: ssl.SSLContext
    token: str = ""


@dataclass(frozen=True, slots=True)
class StowOutcome:
    """What the service said of one object: stored, or why not; ``refused`` when it answered otherwise."""

    stored: bool
    why: str = ""
    refused: bool = False


def check_url(url: str) -> None:
    """Raise `BadInput` unless this is an https address, or an http one on this machine, without credentials."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadInput("A STOW destination is an address such as https://pacs.example/dicom-web.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise BadInput("The address carries no user, password, query or fragment; use --token-file for a secret.")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise BadInput("Nothing leaves this machine without TLS: the address must begin with https.")


def stow(files: Sequence[Outgoing], target: StowTarget) -> dict[Path, StowOutcome]:
    """Store files, each with plain file meta, and give what the service said of each.

    Raises `PeerUnreachable` when there was no answer, or none that says anything of the objects.
    """
    check_url(target.url)
    boundary = uuid4().hex
    headers = {
        "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
        "Accept": "application/dicom+json",
    }
    if target.token:
        headers["Authorization"] = f"Bearer {target.token}"
    body = _body(files, boundary)
    timeout = httpx.Timeout(_ANSWER_S, connect=_CONNECT_S)
    try:
        # No proxy and no credentials from the environment: what leaves was named by an administrator.
        with httpx.Client(verify=target.tls, timeout=timeout, trust_env=False, follow_redirects=False) as client:
            answer = client.post(f"{target.url.rstrip('/')}/studies", content=body, headers=headers)
    except httpx.ConnectError as exc:
        raise PeerUnreachable("the service does not answer, or its certificate is not trusted") from exc
    except httpx.HTTPError as exc:
        raise PeerUnreachable(f"the service gave no whole answer ({type(exc).__name__})") from exc
    except OSError as exc:
        raise BadInput("an object cannot be read from the vault") from exc
    return outcomes_of(files, answer)


def _body(files: Sequence[Outgoing], boundary: str) -> Iterator[bytes]:
    for file in files:
        yield f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        # The vault's own file meta says from whom and when an object came: that stays here.
        yield encode_plain_head(file.SOPClassUID, file.SOPInstanceUID, file.TransferSyntaxUID)
        with file.path.open("rb") as stream:
            stream.seek(file.data_set_offset)
            while chunk := stream.read(_CHUNK):
                yield chunk
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def outcomes_of(files: Sequence[Outgoing], answer: httpx.Response) -> dict[Path, StowOutcome]:
    """What an answer says of each file. Raises `PeerUnreachable` when it says nothing of them."""
    if answer.status_code in {408, 429} or answer.status_code >= 500:
        raise PeerUnreachable(f"the service answered with HTTP status {answer.status_code}")
    if answer.status_code not in _ANSWERS:
        why = f"the service answered with HTTP status {answer.status_code}"
        return {file.path: StowOutcome(stored=False, why=why, refused=True) for file in files}
    stored, failed = _said(answer)
    return {file.path: _outcome(file.SOPInstanceUID, stored, failed) for file in files}


def _said(answer: httpx.Response) -> tuple[frozenset[str], dict[str, int]]:
    """The objects the service says it stored, and those it did not with the Failure Reason (0008,1197)."""
    try:
        document = answer.json()
        module = document[0] if isinstance(document, list) else document
        stored = {_value(one, _UID) for one in module.get(_REFERENCED, {}).get("Value", [])}
        failed = {_value(one, _UID): int(_value(one, _REASON) or 0) for one in module.get(_FAILED, {}).get("Value", [])}
    except (ValueError, LookupError, AttributeError, TypeError) as exc:
        raise PeerUnreachable("the service's answer does not say which objects it stored") from exc
    return frozenset(stored - failed.keys()), failed


def _value(item: Mapping[str, Mapping[str, Sequence[object]]], tag: str) -> str:
    return str((item.get(tag, {}).get("Value") or [""])[0])


def _outcome(uid: str, stored: frozenset[str], failed: Mapping[str, int]) -> StowOutcome:
    if uid in stored:
        return StowOutcome(stored=True)
    if uid in failed:
        return StowOutcome(stored=False, why=f"the service refused it (failure reason {failed[uid]:04X})", refused=True)
    return StowOutcome(stored=False, why="the service did not say what became of it")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
