"""``python -m review_ui.tokens``: which other systems read and store by DICOMweb."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import click

from pipeline.database.engine import one_transaction
from pipeline.domain.errors import BadInput
from pipeline.plainly import plainly
from pipeline.settings import Settings
from review_ui.tokens.store import Granted, grant, revoke, systems


@click.group()
def tokens() -> None:
    """Tokens with which a hospital's other systems use DICOMweb; none exists until it is made here."""


@tokens.command()
@click.argument("name")
@click.option("--site", "site_id", required=True, help="the hospital whose images it reads and stores")
@click.option("--read", "may_read", is_flag=True, help="it may search and retrieve (QIDO-RS, WADO-RS)")
@click.option("--store", "may_store", is_flag=True, help="it may store (STOW-RS)")
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 1825), help="how long it is valid")
def add(name: str, site_id: str, days: int, *, may_read: bool, may_store: bool) -> None:
    """Make a token for the system NAME and print it as JSON, once.

    Example: neurovigie token add PACS1 --site carhaix --store
    """
    granted = Granted(name, site_id, may_read, may_store, datetime.now(UTC) + timedelta(days=days))
    with one_transaction(Settings().database_url) as connection:
        token = grant(connection, granted)
    click.echo(json.dumps({"name": name, "site": site_id, "token": token, "until": granted.expires_at.isoformat()}))


@tokens.command(name="list")
def list_() -> None:
    """List the systems that have a token, as JSON; the tokens themselves are kept nowhere."""
    with one_transaction(Settings().database_url) as connection:
        known = systems(connection)
    rows = [
        {"name": one.name, "site": one.site_id, "read": one.may_read, "store": one.may_store,
         "until": one.expires_at.isoformat()}
        for one in known
    ]  # fmt: skip
    click.echo(json.dumps(rows, indent=1))


@tokens.command()
@click.argument("name")
def remove(name: str) -> None:
    """Take the token of the system NAME back, at once."""
    with one_transaction(Settings().database_url) as connection:
        if not revoke(connection, name):
            raise BadInput(f"No system {name} has a token.")
    click.echo(f"{name} has no token any more.")


if __name__ == "__main__":
    plainly(tokens, "neurovigie token")
