"""``python -m pipeline.triage DIR``: what the analysis says about a folder of DICOM files."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from models import registry
from pipeline import logs
from pipeline.assembly.charsets import read_chinese_escapes
from pipeline.domain.errors import BadInput, BundleError, NeuroVigieError
from pipeline.inference.child import InferenceChild
from pipeline.triage.document import as_document
from pipeline.triage.run import StudyResult, analyse_found
from pipeline.triage.table import show
from pipeline.triage.walk import Found, find_studies

BAD_INPUT = 2
"""Exit status when there was nothing to analyse."""


@click.command(name="triage")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON (docs/triage.schema.json) instead of a table.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Keep masks and DICOM SEG in this folder."
)
@click.option("--bundles", type=click.Path(path_type=Path, file_okay=False), help="Folder of model bundles to use.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@click.option("--limit", default=600.0, show_default=True, help="Longest one series may take, in seconds.")
def main(*, folder: Path, as_json: bool, out: Path | None, bundles: Path | None, device: str, limit: float) -> None:
    """Analyse every study below DIR and print its priority with the reasons.

    Needs no server, database or network. Ends with status 0 when every series got an answer, be it "not
    analysed, because ..."; with 2 when DIR does not exist or holds no DICOM.
    """
    logs.configure("triage")
    read_chinese_escapes()
    try:
        limits = {bundle.id: bundle.limits for bundle in registry.installed(bundles or registry.BUNDLES)}
        found, results = _analysed(folder, out, bundles, device, limit)
    except (BadInput, BundleError) as error:
        click.echo(f"neurovigie triage: {error}", err=True)
        sys.exit(BAD_INPUT)
    except NeuroVigieError as error:
        click.echo(f"neurovigie triage: {error}", err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps(as_document(found, results, limits), indent=2, ensure_ascii=False))
    else:
        show(Console(), found, results)


def _analysed(
    folder: Path, out: Path | None, bundles: Path | None, device: str, limit_s: float
) -> tuple[Found, list[StudyResult]]:
    with ExitStack() as stack:
        progress = stack.enter_context(_progress())
        reading = progress.add_task("reading headers", total=None)
        _prepare(out)
        found = find_studies(folder, lambda count: progress.update(reading, completed=count))
        progress.remove_task(reading)
        child = stack.enter_context(InferenceChild([bundles] if bundles else [], device=device, limit_s=limit_s))
        work = out or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="neurovigie-triage-")))
        total = sum(len(study.series) for study in found.studies)
        task = progress.add_task("analysing series", total=total)
        done = 0.0

        def move(fraction: float) -> None:
            nonlocal done
            done = int(done) + fraction if fraction < 1 else int(done) + 1
            progress.update(task, completed=done)

        return found, list(analyse_found(found, child, work=work, keep=out is not None, progress=move))


def _prepare(out: Path | None) -> None:
    try:
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{out} cannot be created ({error.strerror}); give --out another folder.") from error


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )


if __name__ == "__main__":
    main(prog_name="neurovigie triage")
