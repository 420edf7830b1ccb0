"""``python -m dicom_node.peers``: the DICOM nodes we know, which site each belongs to, and what each may do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

import click
from sqlalchemy import Connection

from dicom_node.peers.checkup import Step, check_up
from dicom_node.peers.options import rule_options, with_options
from dicom_node.peers.trial import Door, try_the_whole_path
from dicom_node.scu.association import Target
from dicom_node.scu.send import set_up_sender
from dicom_node.settings import NodeSettings
from dicom_node.tls import TlsFiles, client_context
from pipeline.database.engine import one_transaction
from pipeline.database.peers import (
    StoredPeer,
    add_peer,
    change_peer,
    find_peers,
    forget_peer,
    read_activity,
    read_peer,
    read_peers,
    rules_json,
)
from pipeline.domain.errors import BadInput
from pipeline.domain.peer import Peer
from pipeline.plainly import plainly
from pipeline.settings import Settings

_SIGNS = {True: "ok", False: "FAILED", None: "--"}


@click.group()
def main() -> None:
    """Make DICOM nodes known: only they, and this machine itself, may send images here."""


@main.command()
@click.argument("ae_title")
@click.argument("host")
@click.argument("port", type=click.IntRange(1, 65535))
@click.option("--site", "site_id", required=True, help="short name of the hospital, such as carhaix")
@click.option("--site-name", default="", help="its full name, for a new site")
@rule_options
def add(ae_title: str, host: str, port: int, site_id: str, site_name: str, **given: Any) -> None:
    """Make a node known: its AE title, the address it calls from, and the port it listens on.

    Adding it again changes its port and site, and the rules that are given.

    Example: neurovigie peer add CT1 10.1.2.3 104 --site carhaix --certificate ct1.pem --service store
    """
    with one_transaction(Settings().database_url) as connection:
        known = find_peers(connection, ae_title, host)
        before = known[0].peer if known else Peer(site_id, ae_title, host, port)
        new = replace(before, site_id=site_id, port=port, rules=with_options(before.rules, given))
        if known:
            change_peer(connection, known[0], new)
        else:
            add_peer(connection, new, site_name=site_name)
    click.echo(f"{ae_title} at {host}:{port} now belongs to site {site_id}.")


@main.command()
@click.argument("ae_title")
@click.option("--host", default="", help="only where it is at this address")
@rule_options
def rule(ae_title: str, host: str, **given: Any) -> None:
    """Change what a known node may do; '' or 0 takes a rule away.

    Example: neurovigie peer rule CT1 --rate 50 --quota-gib 100 --called NEUROVIGIE
    """
    _change(ae_title, host, lambda one: replace(one, rules=with_options(one.rules, given)))
    click.echo(f"The rules of {ae_title} are changed; the node notices within seconds.")


@main.command()
@click.argument("ae_title")
@click.option("--host", default="", help="only where it is at this address")
def disable(ae_title: str, host: str) -> None:
    """Refuse a node until it is enabled again, and keep its rules."""
    _change(ae_title, host, lambda one: replace(one, rules=replace(one.rules, enabled=False)))
    click.echo(f"{ae_title} is disabled; the node notices within seconds.")


@main.command()
@click.argument("ae_title")
@click.option("--host", default="", help="only where it is at this address")
def enable(ae_title: str, host: str) -> None:
    """Let a node in again."""
    _change(ae_title, host, lambda one: replace(one, rules=replace(one.rules, enabled=True)))
    click.echo(f"{ae_title} is enabled.")


@main.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="print JSON, with rules and what was seen")
def list_(*, as_json: bool) -> None:
    """List the nodes we know, when each was last heard, and why one was last refused."""
    with one_transaction(Settings().database_url) as connection:
        peers = [one.peer for one in read_peers(connection)]
        seen = {(one.ae_title, one.host): one for one in read_activity(connection)}
    if as_json:
        click.echo(json.dumps([_as_json(peer, seen.get((peer.ae_title, peer.host))) for peer in peers], indent=1))
    elif not peers:
        click.echo("No peer is known yet; add one with `neurovigie peer add`.")
    for peer in () if as_json else peers:
        one = seen.get((peer.ae_title, peer.host))
        heard = f"heard {one.seen_at:%Y-%m-%d %H:%M}Z" if one and one.seen_at else "never heard"
        refused = f"; refused {one.refused_at:%Y-%m-%d %H:%M}Z: {one.why}" if one and one.refused_at else ""
        off = "" if peer.rules.enabled else "  disabled"
        click.echo(f"{peer.ae_title:16}  {peer.host}:{peer.port}  {peer.site_id}{off}  {heard}{refused}")


@main.command()
@click.argument("ae_title")
@click.option("--host", default="", help="only where it is at this address")
def remove(ae_title: str, host: str) -> None:
    """Forget a node: what it sends from now on is refused."""
    with one_transaction(Settings().database_url) as connection:
        for one in _known(connection, ae_title, host):
            forget_peer(connection, one)
    click.echo(f"{ae_title} is forgotten; the node notices within seconds.")


@main.command()
@click.argument("ae_title", required=False, default="")
@click.option("--host", default="", help="only where it is at this address")
@click.option("--id", "peer_id", type=click.UUID, help="which one, by the id of its row")
@click.option("--study", is_flag=True, help="also send a made-up study through our own door, marked as a test")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def test(ae_title: str, host: str, peer_id: UUID | None, *, study: bool, as_json: bool) -> None:
    """Call a known node and explain what fails: name, route, TLS, AE title, contexts, C-ECHO.

    With --study, a head that does not exist goes the whole path of images and rings nobody. Exit status 1 when a
    step failed.
    """
    set_up_sender()
    with one_transaction(Settings().database_url) as connection:
        peers = [one.peer for one in _asked_for(connection, ae_title, host, peer_id)]
    failed = False
    for peer in peers:
        for step in _steps(peer, study=study):
            failed |= step.ok is False
            _show(peer, step, as_json=as_json)
    sys.exit(1 if failed else 0)


def _steps(peer: Peer, *, study: bool) -> Iterator[Step]:
    settings, node = Settings(), NodeSettings()
    files = TlsFiles(settings.tls_cert, settings.tls_key, peer_ca=node.tls_peer_ca)
    tls = client_context(files, node.tls_profile) if peer.rules.tls else None
    yield from check_up(Target(peer.host, peer.port, peer.ae_title, settings.ae_title, tls, answer_s=10.0))
    if study:
        yield from try_the_whole_path(settings.database_url, Door.of(settings, node, files))


def _show(peer: Peer, step: Step, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"peer": peer.ae_title, **asdict(step)}))
    else:
        click.echo(f"{peer.ae_title:16}  {step.name:12} {_SIGNS[step.ok]:7} {step.says}")


def _asked_for(connection: Connection, ae_title: str, host: str, peer_id: UUID | None) -> list[StoredPeer]:
    if peer_id is None:
        return _known(connection, ae_title, host)
    found = read_peer(connection, peer_id)
    if found is None:
        raise BadInput("There is no such peer any more.")
    return [found]


def _known(connection: Connection, ae_title: str, host: str) -> list[StoredPeer]:
    found = find_peers(connection, ae_title, host)
    if not found:
        raise BadInput(f"No peer {ae_title} is known; `neurovigie peer list` shows those that are.")
    return found


def _change(ae_title: str, host: str, change: Any) -> None:
    with one_transaction(Settings().database_url) as connection:
        for one in _known(connection, ae_title, host):
            change_peer(connection, one, change(one.peer))


def _as_json(peer: Peer, seen: Any) -> Mapping[str, Any]:
    rules = rules_json(peer.rules) | {"passcode_hash": bool(peer.rules.passcode_hash)}
    said = {"ae_title": peer.ae_title, "host": peer.host, "port": peer.port, "site": peer.site_id, "rules": rules}
    if seen is None:
        return said
    times = {
        name: at.isoformat() if at else None for name, at in (("seen", seen.seen_at), ("refused", seen.refused_at))
    }
    return said | times | {"refusal": seen.refusal, "why": seen.why}


if __name__ == "__main__":
    plainly(main, "neurovigie peer")
