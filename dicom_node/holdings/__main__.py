"""``python -m dicom_node.holdings``: what the vault holds; `neurovigie vault` finds the running database."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError

from dicom_node.holdings.count import count
from dicom_node.holdings.export import chosen, export
from dicom_node.holdings.intake import TakenIn, take_in
from dicom_node.holdings.rebuild import rebuild
from dicom_node.holdings.verify import Report, read_known, verify
from dicom_node.settings import NodeSettings
from dicom_node.stack import set_up_pynetdicom
from dicom_node.vault.simple import SimpleVault
from pipeline.database.engine import connect, one_transaction
from pipeline.database.tables import site, study
from pipeline.domain.errors import BadInput, ConfigurationError, DatabaseUnavailable, NoDicomFound
from pipeline.plainly import plainly
from pipeline.settings import Settings

_SHOWN = 200


@click.group()
def main() -> None:
    """Verify, count, take out and take in what the vault holds; make a lost database anew from it."""


@main.command(name="verify")
@click.option("--files-only", is_flag=True, help="leave the database out")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def verify_(*, files_only: bool, as_json: bool) -> None:
    """Read every file and compare with its digest and with the index.

    Exits 0 when all is well, 1 when something is altered, unreadable, misnamed, missing or extra.
    """
    root = _root()
    with _engine(needed=not files_only) as engine, _progress("Verifying") as told:
        report = verify(root, None if engine is None else lambda: read_known(engine), told)
    click.echo(json.dumps(_document(report), indent=1) if as_json else _in_words(report))
    sys.exit(1 if report.faults else 0)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def stats(*, as_json: bool) -> None:
    """Count studies, files and bytes by site, from the files alone."""
    said = count(_root())
    if as_json:
        click.echo(json.dumps(said, indent=1))
        return
    for site_id, one in said["sites"].items():
        size = one["size"] / 1e9
        since = f"{one['first_received'][:10]} to {one['last_received'][:10]}"
        click.echo(f"{site_id:16}  {one['studies']} studies  {one['files']} files  {size:.2f} GB  {since}")
    click.echo(f"{said['files']} files, {said['size'] / 1e9:.2f} GB; {said['pending']} wait for the index.")
    click.echo(f"{said['disk_used_share']:.0%} of the disk is used.")


@main.command(name="export")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--study", "study_uid", default="", help="a StudyInstanceUID")
@click.option("--case", "case_id", type=click.UUID, help="the id of a case")
@click.option("--site", "site_id", default="", help="all of a hospital, or its --study")
@click.option("--zip", "zipped", is_flag=True, help="write one zip file instead of a folder")
def export_(target: Path, study_uid: str, case_id: UUID | None, site_id: str, *, zipped: bool) -> None:
    """Write images to a new folder TARGET, with a DICOMDIR where one can be made.

    Example: neurovigie vault export out --site carhaix --study 1.2.3
    """
    asked = [
        study.c.study_instance_uid == study_uid if study_uid else None,
        study.c.case_id == case_id if case_id else None,
        study.c.site_id == site_id if site_id else None,
    ]
    set_up_pynetdicom()
    these = [one for one in asked if one is not None]
    if not these:
        raise BadInput("Say what: --study, --case or --site.")
    root = _root()
    with one_transaction(Settings().database_url) as connection:
        paths = chosen(connection, *these)
    made = export(root, paths, target, zipped=zipped)
    click.echo(
        f"{made.images} images are in {target}." + (f" {made.without_directory}." if made.without_directory else "")
    )


@main.command(name="import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--site", "site_id", required=True, help="the hospital they belong to")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def import_(paths: tuple[Path, ...], site_id: str, *, as_json: bool) -> None:
    """Take DICOM files and folders in, as if their hospital had sent them; each is durable when it is counted.

    Exits 1 when some were not taken in. The node tells the index of them within seconds.
    """
    set_up_pynetdicom()
    settings = Settings()
    with one_transaction(settings.database_url) as connection:
        if connection.scalar(select(site.c.id).where(site.c.id == site_id)) is None:
            raise BadInput(f"There is no site {site_id}; `neurovigie peer add` makes one known.")
    vault = SimpleVault(settings.folders.vault, watermark=settings.disk_watermark)
    largest = NodeSettings().max_instance_mib << 20
    found = list(take_in(paths, site_id, vault, largest, lambda: datetime.now(UTC)))
    said = _taken(found)
    if not found or said["not_dicom"] == len(found):
        raise NoDicomFound
    click.echo(
        json.dumps(said, indent=1)
        if as_json
        else f"{said['stored']} images taken in, {said['duplicates']} of "
        f"them were here already; {len(said['failed'])} failed, {said['not_dicom']} files are no DICOM."
    )
    for one in () if as_json else said["failed"]:
        click.echo(f"not taken in: {one['path']}: {one['why']}", err=True)
    sys.exit(1 if said["failed"] else 0)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def reindex(*, as_json: bool) -> None:
    """Make the database's sites, cases, studies, series and images anew from the files alone.

    For a database that was lost: start NeuroVigie with an empty one, then this. What is in the database already
    is left as it is. Cases whose last image is older than a day come back closed and are not analysed again.
    """
    set_up_pynetdicom()
    root = _root()
    with _engine(needed=True) as engine, _progress("Reading") as told:
        if engine is None:
            raise DatabaseUnavailable
        made = rebuild(engine, root, lambda: datetime.now(UTC), lambda files: told(f"{files} files"))
    if as_json:
        click.echo(json.dumps({"files": made.files, "images": made.images, "unreadable": made.unreadable}))
    else:
        click.echo(f"{made.files} files read, {made.images} images were new to the database.")
    for path in () if as_json else made.unreadable_paths:
        click.echo(f"unreadable: {path}", err=True)
    sys.exit(1 if made.unreadable else 0)


def _root() -> Path:
    root = Settings().folders.vault
    if not (root / "studies").is_dir():
        raise ConfigurationError(f"There is no vault in {root}; say which home with NEUROVIGIE_HOME.")
    return root


@contextmanager
def _engine(*, needed: bool) -> Iterator[Engine | None]:
    if not needed:
        yield None
        return
    url = Settings().database_url
    if not url:
        raise ConfigurationError("DATABASE_URL is not set; use `neurovigie vault`, which finds the running database.")
    engine = connect(url, connections=1)
    try:
        yield engine
    except OperationalError as error:
        raise DatabaseUnavailable("PostgreSQL does not answer; check DATABASE_URL.") from error
    finally:
        engine.dispose()


@contextmanager
def _progress(what: str) -> Iterator[Any]:
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(what, total=None)
        yield lambda said: progress.update(bar, description=f"{what} {said}")


def _document(report: Report) -> dict[str, Any]:
    return {
        "files": report.files,
        "pending": report.pending,
        "counts": report.counts,
        "faults": [{"fault": fault.value, "path": path} for fault, path in report.faults],
    }


def _in_words(report: Report) -> str:
    lines = [f"{report.files} files read, {report.pending} wait for the index."]
    lines += [f"{count} {fault}" for fault, count in report.counts.items()] or ["All are as they were received."]
    lines += [f"{fault.value}: {path}" for fault, path in report.faults[:_SHOWN]]
    return "\n".join(lines)


def _taken(found: list[TakenIn]) -> dict[str, Any]:
    stored = [one for one in found if not one.why]
    return {
        "stored": len(stored),
        "duplicates": sum(one.duplicate for one in stored),
        "not_dicom": sum(not one.is_dicom for one in found),
        "failed": [{"path": str(one.path), "why": one.why} for one in found if one.why and one.is_dicom],
    }


if __name__ == "__main__":
    plainly(main, "neurovigie vault")
