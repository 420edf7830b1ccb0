"""``python -m pipeline.clerk.notify``: by which channels people are called. There is none until one is named here."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.clerk.notify.carriers import check
from pipeline.database.channels import Channel, NewChannel, read_channels, turn_off, turn_on
from pipeline.database.engine import one_transaction
from pipeline.domain.errors import BadInput
from pipeline.domain.notification import ChannelKind
from pipeline.plainly import plainly
from pipeline.push.services import KNOWN
from pipeline.push.vapid import make_key
from pipeline.settings import Settings

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


def _secret_option(function: Callable[..., None]) -> Callable[..., None]:
    return click.option("--secret-file", type=_FILE, help="a file with its secret, readable by the clerk only")(
        function
    )


@click.group()
def main() -> None:
    """Say by which channels experts are called: none until you name one.

    A message says a tier and a site, and carries an opaque link; never anything of a patient.
    """


@main.command()
@click.argument("name")
@click.argument("url")
@_secret_option
def webhook(name: str, url: str, secret_file: Path | None) -> None:
    """Post each message as JSON to URL; with a secret, signed with its HMAC-SHA256.

    Example: neurovigie notify webhook pager https://pager.example/neurovigie
    """
    _name(NewChannel(name, ChannelKind.WEBHOOK, url, {}, _path(secret_file)))


@main.command()
@click.argument("name")
@click.argument("server")
@click.option("--from", "sender", required=True, help="the address it is sent from")
@click.option("--tls", type=click.Choice(["starttls", "tls", "none"]), default="starttls", show_default=True)
@click.option("--user", default="", help="who signs in; the password is in --secret-file")
@_secret_option
def email(name: str, server: str, sender: str, tls: str, user: str, secret_file: Path | None) -> None:
    """Send mail through SERVER (host:port) to experts who have an address.

    Example: neurovigie notify email mail smtp.example:587 --from neurovigie@chu.example
    """
    options = {"from": sender, "tls": tls, "user": user}
    _name(NewChannel(name, ChannelKind.EMAIL, server, options, _path(secret_file)))


@main.command()
@click.argument("name")
@click.argument("url")
@click.option("--to-field", default="to", show_default=True, help="what the gateway calls the number")
@click.option("--text-field", default="text", show_default=True, help="what it calls the text")
@click.option("--form", "as_form", is_flag=True, help="send a form instead of JSON")
@_secret_option
def sms(name: str, url: str, to_field: str, text_field: str, secret_file: Path | None, *, as_form: bool) -> None:
    """Send text messages through an HTTP gateway at URL; the secret is its bearer token.

    Example: neurovigie notify sms gateway https://sms.example/send --secret-file /etc/neurovigie/sms
    """
    options = {"to_field": to_field, "text_field": text_field, "format": "form" if as_form else "json"}
    _name(NewChannel(name, ChannelKind.SMS, url, options, _path(secret_file)))


@main.command()
@click.argument("name")
@click.argument("services", nargs=-1, required=True)
@click.option("--contact", default="", help="mailto: or https: address the services may write to")
def push(name: str, services: tuple[str, ...], contact: str) -> None:
    """Wake browsers through the push SERVICES named, by host, and through no other.

    Example: neurovigie notify push browsers fcm.googleapis.com updates.push.services.mozilla.com
    """
    options = {"contact": contact} if contact else {}
    make_key(Settings().folders.root)
    _name(NewChannel(name, ChannelKind.PUSH, " ".join(services), options))
    unknown = sorted(set(services) - set(KNOWN))
    if unknown:
        click.echo(f"Not a service we know of: {', '.join(unknown)}. It is used all the same.", err=True)


@main.command()
@click.argument("name")
def off(name: str) -> None:
    """Send nothing there any more."""
    with one_transaction(Settings().database_url) as connection:
        if not turn_off(connection, name):
            raise BadInput(f"There is no channel {name}; `neurovigie notify list` shows those there are.")
    click.echo(f"Nothing is sent by {name} any more.")


@main.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def list_(*, as_json: bool) -> None:
    """List the channels."""
    with one_transaction(Settings().database_url) as connection:
        known = read_channels(connection)
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in known], indent=1))
    elif not known:
        click.echo("Nobody is told by any channel; whoever has the desk open sees and hears new cases there.")
    else:
        for one in known:
            click.echo(f"{one.name:16}  {one.kind.value:8}  {'on' if one.active else 'off':4}  {one.address}")


def _name(wanted: NewChannel) -> None:
    check(wanted)
    with one_transaction(Settings().database_url) as connection:
        turn_on(connection, wanted, datetime.now(UTC))
    click.echo(f"Whoever is called is told by {wanted.name} from now on.")


def _path(file: Path | None) -> str:
    return "" if file is None else str(file.resolve())


def _as_json(one: Channel) -> dict[str, object]:
    return {"name": one.name, "kind": one.kind.value, "active": one.active, "address": one.address}


if __name__ == "__main__":
    plainly(main, "neurovigie notify")
