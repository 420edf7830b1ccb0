"""``python -m review_ui.accounts``: make accounts from the command line of the server."""

from __future__ import annotations

import json
import sys

import click

from pipeline.database.engine import one_transaction
from pipeline.domain.access import AccountRole
from pipeline.domain.errors import NeuroVigieError
from pipeline.settings import Settings
from review_ui.accounts.passwords import Passwords, check_new, one_time_password
from review_ui.accounts.store import add_account, first_administrator, reset_password


@click.group()
def accounts() -> None:
    """Accounts of the desk; DATABASE_URL says of which."""


@accounts.command()
def first() -> None:
    """Make the first administrator, and print its one-time password as JSON; print nothing if there are accounts."""
    with one_transaction(Settings().database_url) as connection:
        password = first_administrator(connection, Passwords())
    if password is not None:
        _print("admin", password)


@accounts.command()
@click.argument("name")
@click.option("--role", type=click.Choice([str(role) for role in AccountRole]), required=True)
@click.option("--site", "site_id", help="the hospital of an account of role site")
@click.option("--full-name", default="", help="how colleagues know this person")
@click.option("--password-stdin", is_flag=True, help="take the password from standard input; it need not be changed")
def add(name: str, role: str, site_id: str | None, full_name: str, *, password_stdin: bool) -> None:
    """Add the account NAME and print its one-time password as JSON."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else one_time_password()
    check_new(name, "", password)
    with one_transaction(Settings().database_url) as connection:
        add_account(
            connection,
            name,
            AccountRole(role),
            password_hash=Passwords().hash(password),
            site_id=site_id,
            full_name=full_name,
            must_change_password=not password_stdin,
        )
    if not password_stdin:
        _print(name, password)


@accounts.command(name="reset-password")
@click.argument("name")
def reset(name: str) -> None:
    """Give the account NAME a new one-time password, printed as JSON; it is unlocked and signed out everywhere.

    Example: neurovigie account reset-password admin
    """
    password = one_time_password()
    with one_transaction(Settings().database_url) as connection:
        reset_password(connection, name, Passwords().hash(password))
    _print(name, password)


def _print(name: str, password: str) -> None:
    click.echo(json.dumps({"name": name, "password": password}))


def main() -> None:
    """Run, turning our own errors into one sentence and exit status 2."""
    try:
        accounts(prog_name="python -m review_ui.accounts")
    except NeuroVigieError as error:
        click.echo(str(error), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
