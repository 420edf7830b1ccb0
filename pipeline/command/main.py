"""`neurovigie`: one command for everything; other rooms are started with ``python -m``, never imported."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.domain.errors import ConfigurationError, NeuroVigieError

if TYPE_CHECKING:
    from pipeline.command.up import Announcement

EPILOG = """\b
Try it on made-up patients:
  neurovigie demo
\b
Run it for real, here and only here (127.0.0.1):
  neurovigie up --home /srv/neurovigie
  neurovigie peer add CT1 10.1.2.3 104 --site carhaix
\b
Analyse a folder without any server:
  neurovigie triage scans/ --json

Research use only: NeuroVigie supports a doctor's decision and never takes it.
"""

Context = click.Context


class Neurovigie(click.Group):
    """Turns an expected error into one sentence and exit status 2."""

    def invoke(self, ctx: Context) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except NeuroVigieError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(2)

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002 - click's signature
        """In the order in which one needs them."""
        return list(self.commands)


@click.group(cls=Neurovigie, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="neurovigie")
def main() -> None:
    """Teleexpertise for acute stroke: from a scanner's C-STORE to a prioritised worklist.

    Images come in by DICOM, become a case from the first one, are analysed, and stand at their place
    in a live worklist. `neurovigie COMMAND --help` explains each command.
    """


def _home_option(function: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        help="folder for images, database and logs  [default: NEUROVIGIE_HOME or ~/.neurovigie]",
    )(function)


@main.command(
    short_help="Start everything on this machine and keep it running.",
    epilog="""\b
Examples:
  neurovigie up
  neurovigie up --home /srv/neurovigie --ae-title STROKE --dicom-port 104
  neurovigie up --host 10.1.2.3 --cert desk.pem --key desk.key
  DATABASE_URL=postgresql://nv@db/nv neurovigie up
""",
)
@_home_option
@click.option("--ae-title", help="our DICOM application entity title  [default: NEUROVIGIE]")
@click.option("--dicom-port", type=click.IntRange(0, 65535), help="port for DICOM, 0 for any  [default: 11112]")
@click.option("--web-port", type=click.IntRange(0, 65535), help="port for browsers, 0 for any  [default: 8443]")
@click.option("--host", help="address to listen on; beyond this machine only with --cert and --key")
@click.option("--cert", type=click.Path(path_type=Path), help="certificate chain (PEM)")
@click.option("--key", type=click.Path(path_type=Path), help="private key of that certificate (PEM)")
@click.option("--json", "as_json", is_flag=True, help="say where everything is as one JSON object")
def up(*, host: str | None, cert: Path | None, key: Path | None, as_json: bool, **chosen: Any) -> None:
    """Start everything on this machine and keep it running; Ctrl-C stops it.

    A PostgreSQL of its own is made in the home folder, unless DATABASE_URL names one. Nothing listens
    beyond this machine without TLS. A part that dies is started again; images that were
    acknowledged are on disk whatever happens.
    """
    from pipeline.command.preflight import read_settings  # noqa: PLC0415 - keeps `--help` fast
    from pipeline.command.up import run  # noqa: PLC0415

    settings = read_settings(dicom_host=host, web_host=host, tls_cert=cert, tls_key=key, **chosen)
    run(settings, announce=_announce_json if as_json else _announce, tell=lambda line: click.echo(line, err=True))


@main.command(short_help="Show it: made-up studies from three pretended hospitals.")
@click.option("--once", is_flag=True, help="run unattended, wait for every case, and end")
@click.option("--json", "as_json", is_flag=True, help="with --once: print the cases as one JSON object")
def demo(*, once: bool, as_json: bool) -> None:
    """Show it: three pretended hospitals send eight made-up studies, two at once.

    Everything lives in a temporary folder that is removed at the end.
    """
    from pipeline.command.demo import run_demo  # noqa: PLC0415 - keeps `--help` fast

    if as_json and not once:
        raise click.UsageError("--json needs --once.")
    sys.exit(run_demo(once=once, as_json=as_json))


@main.command(short_help="Say what is missing or misconfigured.")
@_home_option
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def doctor(home: Path | None, *, as_json: bool) -> None:
    """Say what is missing or misconfigured, and what to do about it; exit status 1 for a problem."""
    from pipeline.command.doctor import examine, report, worst  # noqa: PLC0415 - keeps `--help` fast
    from pipeline.command.preflight import read_settings  # noqa: PLC0415

    findings = examine(read_settings(home=home))
    if as_json:
        click.echo(json.dumps({"checks": [asdict(finding) for finding in findings]}, indent=1))
    else:
        click.echo(report(findings))
    sys.exit(1 if worst(findings) == "problem" else 0)


def _announce(said: Announcement) -> None:
    click.echo(f"\nNeuroVigie is up: {said.address}")
    click.echo(f"DICOM: AE title {said.ae_title}, {said.dicom_host} port {said.dicom_port}")
    click.echo(f"Home:  {said.home}")
    if said.administrator:
        click.echo(f"First sign-in: {said.administrator['name']}, one-time password {said.administrator['password']}")
    if said.not_ready:
        click.echo(f"Not ready yet: {', '.join(said.not_ready)}; see {said.home}/logs", err=True)
    click.echo("Research use only. Ctrl-C stops everything.")


def _announce_json(said: Announcement) -> None:
    click.echo(json.dumps(asdict(said)))


def _pass_on(name: str, module: str, summary: str, *, database: bool = False, running: bool = False) -> None:
    """Add a command that becomes another room's program, its arguments untouched."""

    @main.command(
        name=name,
        help=summary,
        short_help=summary,
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "allow_interspersed_args": False},
    )
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def command(arguments: tuple[str, ...]) -> None:
        asks_for_help = any(word in ("-h", "--help") for word in arguments)
        if database and not asks_for_help:
            _point_at_database(must_run=running)
        os.execv(sys.executable, [sys.executable, "-P", "-m", module, *arguments])  # noqa: S606 - no shell wanted


def _point_at_database(*, must_run: bool) -> None:
    """Let the program find the embedded database of the home, unless DATABASE_URL names another."""
    if os.environ.get("DATABASE_URL"):
        return
    from pipeline.command.postgres.place import place_of  # noqa: PLC0415 - keeps `--help` fast
    from pipeline.home import Home  # noqa: PLC0415

    home = Home(Path(os.environ.get("NEUROVIGIE_HOME") or "~/.neurovigie").expanduser().resolve())
    place = place_of(home.postgres)
    if must_run and not (place.run / ".s.PGSQL.5432").exists():
        raise ConfigurationError(
            f"NeuroVigie is not running on {home.root}; start it with `neurovigie up`, "
            "or say which home with the environment variable NEUROVIGIE_HOME."
        )
    os.environ["DATABASE_URL"] = place.url


_pass_on("triage", "pipeline.triage", "Analyse a folder of DICOM files: no server, no network.")
_pass_on("segment", "models.segment", "Run one model bundle on NIfTI: CT in HU, or DWI with ADC.")
_pass_on("models", "models", "List, explain, train and look at models.")
_pass_on("send", "dicom_node.scu", "Send DICOM files and folders to a DICOM node.")
_pass_on("peer", "dicom_node.peers", "Make DICOM nodes known: add, list, test, remove.", database=True, running=True)
_pass_on(
    "delivery", "pipeline.clerk.delivery", "Say which systems get results back, and when.", database=True, running=True
)
_pass_on(
    "vault", "dicom_node.holdings", "Verify, count, export, import images; make a lost database anew.", database=True
)
_pass_on(
    "retention", "pipeline.clerk.retention", "Say how long images and cases are kept.", database=True, running=True
)
_pass_on("notify", "pipeline.clerk.notify", "Say by which channels experts are called.", database=True, running=True)
_pass_on(
    "account", "review_ui.accounts", "Make accounts for the desk, and reset passwords.", database=True, running=True
)
_pass_on(
    "token",
    "review_ui.tokens",
    "Let a hospital's systems use DICOMweb: add, list, remove.",
    database=True,
    running=True,
)
_pass_on(
    "priors",
    "pipeline.clerk.priors",
    "Say which archives earlier studies are fetched from.",
    database=True,
    running=True,
)
_pass_on("node", "dicom_node", "Run only the DICOM node.", database=True)
_pass_on("worker", "pipeline.worker", "Run only a worker: one for each GPU.", database=True)
_pass_on("clerk", "pipeline.clerk", "Run only the clerk: timers and rescue.", database=True)
_pass_on("web", "review_ui", "Run only the desk.", database=True)


if __name__ == "__main__":
    main(prog_name="neurovigie")
