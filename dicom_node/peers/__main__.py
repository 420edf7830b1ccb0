"""``python -m dicom_node.peers``: the DICOM nodes we know, and which site each belongs to."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import Engine

from dicom_node.peers.peer import Peer
from dicom_node.peers.table import read_peers, remove_peer, write_peer
from dicom_node.scu.association import Target, echo
from dicom_node.stack import set_up_pynetdicom
from pipeline.database.engine import connect
from pipeline.domain.errors import BadInput, ConfigurationError, NeuroVigieError
from pipeline.settings import Settings

_SITE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_AE_TITLE = re.compile(r"(?! )[\x20-\x5b\x5d-\x7e]{1,16}(?<! )")


@click.group()
def main() -> None:
    """Make DICOM nodes known: only they, and this machine itself, may send images here."""


@main.command()
@click.argument("ae_title")
@click.argument("host")
@click.argument("port", type=click.IntRange(1, 65535))
@click.option("--site", "site_id", required=True, help="short name of the hospital, such as carhaix")
@click.option("--site-name", default="", help="its full name, for a new site")
def add(ae_title: str, host: str, port: int, site_id: str, site_name: str) -> None:
    """Make a node known: its AE title, the address it calls from, and the port it listens on.

    Adding it again changes its port and site. Example: neurovigie peer add CT1 10.1.2.3 104 --site carhaix
    """
    with _explained():
        if not _AE_TITLE.fullmatch(ae_title):
            raise BadInput("An AE title has 1 to 16 ASCII characters, no backslash, and no space at its ends.")
        if not _SITE.fullmatch(site_id):
            raise BadInput("A site is named by lower-case letters, digits and hyphens, such as carhaix.")
        write_peer(_engine(), Peer(site_id, ae_title, host, port), site_name)
        click.echo(f"{ae_title} at {host}:{port} now belongs to site {site_id}.")


@main.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def list_(*, as_json: bool) -> None:
    """List the nodes we know."""
    with _explained():
        peers = read_peers(_engine())
    if as_json:
        rows = [{"ae_title": p.ae_title, "host": p.host, "port": p.port, "site": p.site_id} for p in peers]
        click.echo(json.dumps(rows, indent=1))
    elif not peers:
        click.echo("No peer is known yet; add one with `neurovigie peer add`.")
    else:
        for peer in peers:
            click.echo(f"{peer.ae_title:16}  {peer.host}:{peer.port}  {peer.site_id}")


@main.command()
@click.argument("ae_title")
@click.option("--host", default="", help="only where it is at this address")
def remove(ae_title: str, host: str) -> None:
    """Forget a node: what it sends from now on is refused."""
    with _explained():
        if not remove_peer(_engine(), ae_title, host):
            raise BadInput(f"No peer {ae_title} is known.")
        click.echo(f"{ae_title} is forgotten; the node notices within seconds.")


@main.command()
@click.argument("ae_title")
@click.option("--host", default="", help="only where it is at this address")
def test(ae_title: str, host: str) -> None:
    """Call a known node (C-ECHO) and explain what fails: name, route, port, AE title."""
    set_up_pynetdicom()
    with _explained():
        peers = [p for p in read_peers(_engine()) if p.ae_title == ae_title and host in {"", p.host}]
        if not peers:
            raise BadInput(f"No peer {ae_title} is known; `neurovigie peer list` shows those that are.")
        for peer in peers:
            target = Target(peer.host, peer.port, peer.ae_title, Settings().ae_title)
            echo(target)
            click.echo(f"{target} answers.")


def _engine() -> Engine:
    url = Settings().database_url
    if not url:
        raise ConfigurationError("DATABASE_URL is not set; use `neurovigie peer`, which finds the running database.")
    return connect(url, connections=1)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn an error of ours into one sentence and exit status 2."""
    try:
        yield
    except NeuroVigieError as exc:
        click.echo(f"Error: {exc}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main(prog_name="neurovigie peer")
