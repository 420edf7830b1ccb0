"""``python -m pipeline.clerk.delivery``: which systems get results back, and when."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection, Row, select

from dicom_node.scu.stow import check_url
from pipeline.database.destinations import (
    DICOM,
    STOW,
    Destination,
    NewDestination,
    read_destinations,
    turn_off,
    turn_on,
)
from pipeline.database.engine import one_transaction
from pipeline.database.resending import resend_given_up
from pipeline.database.tables import peer, site
from pipeline.domain.destination import DeliverWhen, delivers
from pipeline.domain.errors import BadInput
from pipeline.plainly import plainly
from pipeline.settings import Settings

_WHEN = click.Choice([DeliverWhen.SIGNED.value, DeliverWhen.UNSIGNED.value])
_CA = click.Path(path_type=Path, exists=True, dir_okay=False)


def _when_option(function: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--when",
        type=_WHEN,
        default=DeliverWhen.SIGNED.value,
        show_default=True,
        help="after the opinion is signed, or at once: results that no person has read",
    )(function)


@click.group()
def main() -> None:
    """Say which systems get our results (SEG, SR, key images) back: none until you turn one on."""


@main.command()
@click.argument("ae_title")
@_when_option
@click.option("--host", default="", help="which one, where the AE title is known at several addresses")
@click.option("--name", default="", help="name of the destination  [default: the AE title]")
@click.option("--tls-ca", type=_CA, help="use TLS; who vouches for the system (PEM)")
@click.option("--no-commitment", is_flag=True, help="never ask it whether it keeps what it got")
def on(ae_title: str, when: str, host: str, name: str, tls_ca: Path | None, *, no_commitment: bool) -> None:
    """Deliver to a known peer by C-STORE, the results on images of its own site only.

    Example: neurovigie delivery on PACS1 --when signed
    """
    with one_transaction(Settings().database_url) as connection:
        known = _peer(connection, ae_title, host)
        wanted = NewDestination(
            name=name or ae_title,
            kind=DICOM,
            site_id=known.site_id,
            peer_id=known.id,
            ca_path=_absolute(tls_ca),
            tls=tls_ca is not None,
            commitment=not no_commitment,
        )
        turn_on(connection, wanted, DeliverWhen(when), datetime.now(UTC))
    click.echo(_said(wanted, when))


@main.command()
@click.argument("name")
@click.argument("url")
@click.option("--site", "site_id", required=True, help="the hospital whose results it gets")
@_when_option
@click.option("--tls-ca", type=_CA, help="who vouches for the service (PEM)  [default: this machine's list]")
@click.option("--token-file", type=_CA, help="a file with a bearer token, readable by the clerk only")
def stow(name: str, url: str, site_id: str, when: str, tls_ca: Path | None, token_file: Path | None) -> None:
    """Deliver to a DICOMweb service by STOW-RS, under a NAME of yours.

    Example: neurovigie delivery stow archive https://pacs.example/dicom-web --site carhaix
    """
    check_url(url)
    wanted = NewDestination(
        name=name,
        kind=STOW,
        site_id=site_id,
        url=url,
        ca_path=_absolute(tls_ca),
        token_path=_absolute(token_file),
    )
    with one_transaction(Settings().database_url) as connection:
        if connection.scalar(select(site.c.id).where(site.c.id == site_id)) is None:
            raise BadInput(f"There is no site {site_id}; `neurovigie peer add` makes one known.")
        turn_on(connection, wanted, DeliverWhen(when), datetime.now(UTC))
    click.echo(_said(wanted, when))


@main.command()
@click.argument("name")
def off(name: str) -> None:
    """Send nothing there any more; what is owed already waits until it is on again."""
    with one_transaction(Settings().database_url) as connection:
        if not turn_off(connection, name):
            raise BadInput(f"There is no destination {name}; `neurovigie delivery list` shows those there are.")
    click.echo(f"Nothing is delivered to {name} any more.")


@main.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def list_(*, as_json: bool) -> None:
    """List the destinations."""
    with one_transaction(Settings().database_url) as connection:
        known = read_destinations(connection)
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in known], indent=1))
    elif not known:
        click.echo("Nothing is delivered anywhere; `neurovigie delivery on` turns a peer on.")
    else:
        for one in known:
            where = one.url or f"{one.ae_title} at {one.host}:{one.port}"
            click.echo(f"{one.name:16}  {_state(one):10}  {one.terms.site_id:16}  {where}")


@main.command()
@click.argument("name")
def resend(name: str) -> None:
    """Try again everything that was given up for a destination."""
    with one_transaction(Settings().database_url) as connection:
        again = resend_given_up(connection, name, datetime.now(UTC))
    click.echo(f"{again} deliveries to {name} are tried again.")


def _state(one: Destination) -> str:
    if one.terms.deliver_when is DeliverWhen.OFF:
        return "off"
    return one.terms.deliver_when.value if delivers(one.terms) else "peer moved"


def _as_json(one: Destination) -> dict[str, object]:
    return {
        "name": one.name,
        "kind": one.kind,
        "site": one.terms.site_id,
        "when": one.terms.deliver_when.value,
        "active": delivers(one.terms),
        "address": one.url or f"{one.host}:{one.port}",
    }


def _said(wanted: NewDestination, when: str) -> str:
    moment = (
        "once their opinion is signed" if when == DeliverWhen.SIGNED else "at once, before any person has read them"
    )
    return f"Results on images of {wanted.site_id} are delivered to {wanted.name} {moment}."


def _peer(connection: Connection, ae_title: str, host: str) -> Row[Any]:
    query = select(peer).where(peer.c.ae_title == ae_title)
    found = connection.execute(query.where(peer.c.host == host) if host else query).all()
    if not found:
        raise BadInput(f"No peer {ae_title} is known; `neurovigie peer add` makes it known.")
    if len(found) > 1:
        raise BadInput(f"{ae_title} is known at several addresses; say which with --host.")
    return found[0]


def _absolute(path: Path | None) -> str:
    return "" if path is None else str(path.resolve())


if __name__ == "__main__":
    plainly(main, "neurovigie delivery")
