"""``python -m pipeline.clerk.priors``: which archives earlier studies are fetched from, and for which case."""

from __future__ import annotations

from uuid import UUID

import click
from sqlalchemy import select

from pipeline.database import priors
from pipeline.database.engine import one_transaction
from pipeline.database.tables import case
from pipeline.domain.errors import BadInput
from pipeline.plainly import plainly
from pipeline.settings import Settings


@click.group()
def commands() -> None:
    """Earlier studies are fetched from no archive until one is named here."""


@commands.command()
@click.argument("ae_title")
def add(ae_title: str) -> None:
    """Fetch the earlier studies of new patients from the known peer AE_TITLE, for its own site.

    It must know us too: our AE title and address as a destination. Example: neurovigie priors add PACS1
    """
    with one_transaction(Settings().database_url) as connection:
        priors.name_archive(connection, ae_title)
    click.echo(f"Earlier studies of new patients are fetched from {ae_title} from now on.")


@commands.command(name="list")
def list_() -> None:
    """List the archives that are asked."""
    with one_transaction(Settings().database_url) as connection:
        known = priors.archives(connection)
    for one in known:
        click.echo(f"{one.ae_title:16}  {one.host}:{one.port}  {one.site_id}")
    if not known:
        click.echo("No archive is asked for earlier studies; name one with `neurovigie priors add`.")


@commands.command()
@click.argument("ae_title")
def remove(ae_title: str) -> None:
    """Fetch nothing from AE_TITLE any more."""
    with one_transaction(Settings().database_url) as connection:
        if not priors.forget_archive(connection, ae_title):
            raise BadInput(f"{ae_title} was not asked for earlier studies.")
    click.echo(f"Nothing is fetched from {ae_title} any more.")


@commands.command()
@click.argument("case_id", type=click.UUID)
def fetch(case_id: UUID) -> None:
    """Look for the earlier studies of the case CASE_ID, or look again; its address ends with that id."""
    with one_transaction(Settings().database_url) as connection:
        site_id = connection.execute(select(case.c.site_id).where(case.c.id == case_id)).scalar_one_or_none()
        if site_id is None:
            raise BadInput("There is no such case.")
        if not priors.archives(connection, site_id):
            raise BadInput("No archive of this hospital was named; use `neurovigie priors add`.")
        priors.ask_for(connection, case_id)
    click.echo("The clerk looks for them now.")


if __name__ == "__main__":
    plainly(commands, "neurovigie priors")
