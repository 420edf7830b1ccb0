"""``python -m dicom_node.scu PATHS... --to HOST:PORT``: send files and folders by C-STORE."""

from __future__ import annotations

import json
import ssl
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dicom_node.scu.association import Target
from dicom_node.scu.outgoing import Outgoing, find_files, read_outgoing
from dicom_node.scu.send import Outcome, send, set_up_sender
from pipeline.domain.errors import BadInput, NeuroVigieError, NoDicomFound, NotDicom


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--to", "address", required=True, metavar="HOST:PORT", help="where the other system listens")
@click.option("--called", default="NEUROVIGIE", show_default=True, help="its AE title")
@click.option("--calling", default="NEUROVIGIE-SCU", show_default=True, help="our AE title")
@click.option("--associations", default=1, show_default=True, type=click.IntRange(1, 32), help="how many at once")
@click.option("--tls-ca", type=click.Path(path_type=Path, exists=True), help="use TLS; who vouches for it (PEM)")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object instead of a report")
def main(
    paths: tuple[Path, ...],
    address: str,
    called: str,
    calling: str,
    associations: int,
    tls_ca: Path | None,
    *,
    as_json: bool,
) -> None:
    """Send DICOM files and folders by C-STORE, each as it is, and say of each what became of it.

    Exits 0 when every image was stored, 1 when some were not, 2 when nothing could be sent.

    Example: neurovigie send scans/ --to 127.0.0.1:11112
    """
    set_up_sender()
    began = time.monotonic()
    try:
        target = _target(address, called, calling, tls_ca)
        files, failed, skipped = _read(paths)
        outcomes = [*failed, *_send_with_progress(files, target, associations)]
    except NeuroVigieError as exc:
        click.echo(json.dumps({"error": str(exc)}) if as_json else f"Error: {exc}", err=not as_json)
        sys.exit(2)
    seconds = time.monotonic() - began
    if as_json:
        click.echo(json.dumps(as_document(outcomes, skipped, seconds), indent=1))
    else:
        _report(outcomes, skipped, seconds, target)
    sys.exit(0 if all(outcome.stored for outcome in outcomes) else 1)


def as_document(outcomes: Iterable[Outcome], skipped: int, seconds: float) -> dict[str, object]:
    """The report as JSON: counts, and one entry a file."""
    files = [
        {
            "path": str(one.path),
            "stored": one.stored,
            "status": None if one.status is None else f"{one.status:04X}",
            "why": one.why,
        }
        for one in outcomes
    ]
    stored = sum(bool(file["stored"]) for file in files)
    counts = {"stored": stored, "failed": len(files) - stored, "skipped": skipped, "seconds": round(seconds, 3)}
    return {**counts, "files": files}


def _target(address: str, called: str, calling: str, tls_ca: Path | None) -> Target:
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise BadInput(f"--to wants HOST:PORT, such as 127.0.0.1:11112, not {address}.")
    for title in (called, calling):
        if not title.strip() or len(title) > 16 or not title.isascii() or not title.isprintable() or "\\" in title:
            raise BadInput("An AE title has 1 to 16 ASCII characters and no backslash.")
    tls = ssl.create_default_context(cafile=tls_ca) if tls_ca else None
    return Target(host.strip("[]"), int(port), called, calling, tls)


def _read(paths: Iterable[Path]) -> tuple[list[Outgoing], list[Outcome], int]:
    """Files to send, files that cannot be sent, and how many in folders are no DICOM."""
    files: list[Outgoing] = []
    failed: list[Outcome] = []
    skipped = 0
    for path, asked_for in find_files(paths):
        try:
            files.append(read_outgoing(path))
        except NotDicom as exc:
            skipped += not asked_for
            failed += [Outcome(path, stored=False, why=str(exc))] if asked_for else []
        except BadInput as exc:
            failed.append(Outcome(path, stored=False, why=str(exc)))
    if not files and not failed:
        raise NoDicomFound
    return files, failed, skipped


def _send_with_progress(files: list[Outgoing], target: Target, associations: int) -> list[Outcome]:
    console = Console(stderr=True)
    columns = (TextColumn("Sending"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("send", total=len(files))
        return send(files, target, associations=associations, told=lambda _: progress.advance(bar))


def _report(outcomes: list[Outcome], skipped: int, seconds: float, target: Target) -> None:
    stored = sum(outcome.stored for outcome in outcomes)
    for outcome in outcomes:
        if not outcome.stored:
            status = "" if outcome.status is None else f" (status {outcome.status:04X})"
            click.echo(f"not stored: {outcome.path}: {outcome.why}{status}", err=True)
    rate = f", {stored / seconds:.0f} a second" if seconds > 0 and stored else ""
    click.echo(f"{stored} of {len(outcomes)} images stored by {target} in {seconds:.1f} s{rate}.")
    if skipped:
        click.echo(f"{skipped} files that are not DICOM were left out.")


if __name__ == "__main__":
    main(prog_name="neurovigie send")
