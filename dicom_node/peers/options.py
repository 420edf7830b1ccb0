"""The rules of a peer as options on the command line."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from dicom_node.tls import fingerprint_of
from pipeline.domain.errors import BadInput
from pipeline.domain.peer import EVERY_SERVICE, PeerRules, Service, fingerprint, hash_passcode

_ALL = "all"
_OPTIONS: tuple[Callable[[Callable[..., None]], Callable[..., None]], ...] = (
    click.option("--network", "networks", multiple=True, metavar="CIDR", help="also let it call from these addresses"),
    click.option(
        "--certificate",
        "certificates",
        multiple=True,
        metavar="WHICH",
        help="it must show this one: a PEM file, a SHA-256 fingerprint, or CN=NAME",
    ),
    click.option("--called", "called_ae_title", help="it must call us by this AE title"),
    click.option(
        "--service",
        "services",
        multiple=True,
        type=click.Choice([*(one.value for one in Service), _ALL]),
        help="it may ask for these alone",
    ),
    click.option("--rate", "images_per_second", type=click.FloatRange(0), help="images a second it is slowed down to"),
    click.option("--quota-gib", type=click.FloatRange(0), help="GiB it may send in a day"),
    click.option("--associations", type=click.IntRange(0), help="associations it may have open at once"),
    click.option("--user", "username", help="it must name this user; its passcode is asked for"),
    click.option(
        "--passcode-file",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="take the passcode from the first line of a file",
    ),
    click.option("--tls/--no-tls", "tls", default=None, help="call it over TLS"),
)


def rule_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add every rule as an option; a value that is not given leaves its rule as it is."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def with_options(rules: PeerRules, given: dict[str, Any]) -> PeerRules:
    """Rules with what was given changed; an empty text or 0 takes a rule away. Raises `BadInput`."""
    same = ("called_ae_title", "images_per_second", "associations", "tls")
    changes: dict[str, Any] = {name: given[name] for name in same if given.get(name) is not None}
    if given.get("networks"):
        changes["networks"] = tuple(one for one in given["networks"] if one)
    if given.get("certificates"):
        changes["certificates"] = tuple(_certificate(one) for one in given["certificates"] if one)
    if given.get("services"):
        chosen = given["services"]
        changes["services"] = EVERY_SERVICE if _ALL in chosen else frozenset(map(Service, chosen))
    if given.get("quota_gib") is not None:
        changes["bytes_a_day"] = int(given["quota_gib"] * 2**30)
    if given.get("username") is not None:
        changes |= _user(given["username"], given.get("passcode_file"))
    return replace(rules, **changes)


def _certificate(which: str) -> str:
    file = Path(which)
    if not file.is_file():
        return fingerprint(which)
    try:
        return fingerprint_of(ssl.PEM_cert_to_DER_cert(_first_certificate(file.read_text(encoding="ascii"))))
    except (OSError, ValueError) as exc:
        raise BadInput(f"{which} holds no certificate in PEM.") from exc


def _first_certificate(pem: str) -> str:
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    start = pem.index(begin)
    return pem[start : pem.index(end, start) + len(end)]


def _user(username: str, passcode_file: Path | None) -> dict[str, str]:
    if not username:
        return {"username": "", "passcode_hash": ""}
    if passcode_file is not None:
        passcode = passcode_file.read_text(encoding="utf-8").partition("\n")[0]
    else:
        passcode = click.prompt("Passcode", default="", hide_input=True, confirmation_prompt=True, show_default=False)
    kept = hash_passcode(passcode, secrets.token_bytes(16)) if passcode else ""
    return {"username": username, "passcode_hash": kept}
