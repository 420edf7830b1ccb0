"""Accuracy of a bundle beside its baseline and peers: `python -m benchmarks.accuracy TASK --cases DIR ...`.

Tasks: ich-ct (slices as in BHSD), infarct-dwi (cases as in ISLES'22), ischaemia-ct (slices as in CPAISD).
Prints a Markdown table: means with 95 % intervals (bootstrap over patients) and the number of cases.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch

from benchmarks.accuracy import pictures, report
from benchmarks.accuracy.entries import entries_of
from benchmarks.accuracy.readers import BlastCT, BundleReader, Reader
from benchmarks.accuracy.run import Entry, evaluate
from benchmarks.accuracy.scoring import Score
from benchmarks.accuracy.tasks import ROWS
from models.registry import BUNDLES
from pipeline.domain.errors import NeuroVigieError

BASELINES = {"ich-ct": "ich-ct-threshold", "infarct-dwi": "infarct-dwi-threshold"}

HERE = Path(__file__).parents[1]
RESULTS, PRIVATE = HERE / "RESULTS.md", HERE / "out"
DOCS = HERE.parent / "docs/pictures"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    cli = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    cli.add_argument("task", choices=list(ROWS))
    cli.add_argument("--cases", type=Path, help="real cases: BHSD, ISLES'22 or CPAISD by the task")
    cli.add_argument("--negatives", type=Path, help="real slices without the finding (folder with images/)")
    cli.add_argument("--prior", type=Path, help="folder of built anatomies: adds synthetic heads")
    cli.add_argument("--lesion-masks", type=Path, help="folder of infarct masks in MNI space (for infarct-dwi)")
    cli.add_argument("--frozen", type=int, metavar="N", help="only N heads of the frozen 200, evenly chosen")
    cli.add_argument("--blast-ct", type=Path, metavar="WEIGHTS", help="folder of BLAST-CT v1's model_*.pt, as a peer")
    cli.add_argument("--blast-networks", type=int, metavar="N", help="only the first N of its 12 networks")
    cli.add_argument("--bundle", action="append", help="default: the task's own bundle and its baseline")
    cli.add_argument("--results", type=Path, metavar="DIR", help="keep scores here; a run cut short goes on")
    cli.add_argument("--threads", type=int, default=1, help="CPU threads (default: 1)")
    cli.add_argument("--write-card", action="store_true", help="put the table into the card of the first bundle")
    cli.add_argument("--write-results", action="store_true", help="put the table into benchmarks/RESULTS.md")
    cli.add_argument("--pictures", action="store_true", help="draw the worst cases, real ones where git ignores them")
    return cli


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and write where asked; 2 when an argument or a frozen head is not what it should be."""
    given = sys.argv[1:] if arguments is None else arguments
    chosen = parser().parse_args(given)
    torch.set_num_threads(chosen.threads)
    try:
        measured = measure(chosen)
    except NeuroVigieError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    section = report.section(measured.table, given, datetime.now(UTC).date())
    sys.stdout.write(section + "\n")
    if chosen.write_card and isinstance(measured.reader, BundleReader):
        bundle = measured.reader.bundle.folder
        report.write_section(bundle / "docs/README.md", "figures", section)
        report.write_section(bundle / "docs/README.md", "training", report.made_of(bundle))
    if chosen.write_results:
        report.write_section(RESULTS, chosen.task, section)
    if chosen.pictures:
        measured.draw(chosen.task)
    return 0


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run found, and with what."""

    table: str
    scores: list[Score]
    entries: list[Entry]
    reader: Reader

    def draw(self, task: str) -> None:
        """The worst synthetic heads into the documentation, the worst real cases where git does not look."""
        name = task.replace("-", "_")
        pictures.draw(pictures.worst_synthetic(self.scores), self.entries, self.reader, DOCS / f"worst_{name}.png")
        pictures.draw(pictures.worst_real(self.scores), self.entries, self.reader, PRIVATE / f"worst_{name}.png")


def measure(chosen: argparse.Namespace) -> Measured:
    """Read all cases with all readers."""
    readers, entries = readers_of(chosen), entries_of(chosen)
    scores = evaluate(readers, entries, chosen.results, sys.stderr)
    text = report.table(ROWS[chosen.task], [(one.title, scores[one.signature]) for one in readers])
    return Measured(text, scores[readers[0].signature], entries, readers[0])


def readers_of(chosen: argparse.Namespace) -> list[Reader]:
    """The bundles asked for, by default the task's own and its baseline, then the peer."""
    names = chosen.bundle or [chosen.task, *([BASELINES[chosen.task]] if chosen.task in BASELINES else [])]
    installed = [name for name in names if (BUNDLES / name).is_dir() or chosen.bundle]
    readers: list[Reader] = [BundleReader(name) for name in installed]
    if chosen.blast_ct:
        readers.append(BlastCT(chosen.blast_ct, chosen.blast_networks))
    return readers


if __name__ == "__main__":
    sys.exit(main())
