"""How commands end on a terminal."""

from __future__ import annotations

import sys

import click

from pipeline.domain.errors import NeuroVigieError


def plainly(command: click.Command, name: str) -> None:
    """Run a command, turning our own errors into one sentence and exit status 2."""
    try:
        command(prog_name=name)
    except NeuroVigieError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
