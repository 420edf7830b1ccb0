"""`neurovigie models`: which bundles there are, what their cards say, training one, looking at synthesis."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from models.registry import BUNDLES, BundleInfo, find, installed
from pipeline.domain.errors import BundleError, NeuroVigieError

EXAMPLES = """\
commands:
  list                      which bundles are installed
  card ID                   what a bundle is, was taught, can and cannot do
  train TASK                train ich-ct, infarct-dwi or ischaemia-ct from synthetic heads (train --help)
  gallery                   draw synthetic images beside real ones (gallery --help)

examples:
  neurovigie models list
  neurovigie models card ich-ct
  neurovigie models train ich-ct --minutes 60 --out runs/ich-ct --label-maps FOLDER
  neurovigie models gallery --out gallery --prior runs/ich-ct/prior --real BHSD
"""

PROGRAMS = {"train": "models.training", "gallery": "models.gallery"}
"""Commands that are programs of their own: they load torch."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    cli = argparse.ArgumentParser(
        prog="neurovigie models",
        description="List, explain, train and look at models.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="neurovigie models {list,card,train,gallery} ...",
    )
    cli.add_argument("--bundles", type=Path, default=BUNDLES, help=argparse.SUPPRESS)
    commands = cli.add_subparsers(dest="command", required=True, help=argparse.SUPPRESS)
    listing = commands.add_parser("list", help="which bundles are installed")
    listing.add_argument("--json", action="store_true", help="print JSON")
    card = commands.add_parser("card", help="what a bundle is, was taught, can and cannot do")
    card.add_argument("bundle", help="id of an installed bundle, such as ich-ct")
    return cli


def main(arguments: list[str] | None = None) -> int:
    """List or explain; 2 for an unknown bundle. Training and gallery take over this process."""
    given = sys.argv[1:] if arguments is None else arguments
    if given and given[0] in PROGRAMS:
        program = [sys.executable, "-P", "-m", PROGRAMS[given[0]], *given[1:]]
        os.execv(program[0], program)  # noqa: S606 - no shell wanted
    chosen = parser().parse_args(given)
    try:
        text = listed(chosen.bundles, as_json=chosen.json) if chosen.command == "list" else card(chosen)
    except NeuroVigieError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(text.rstrip("\n") + "\n")
    return 0


def listed(folder: Path, *, as_json: bool) -> str:
    """The installed bundles, one a line or as JSON."""
    bundles = installed(folder)
    if as_json:
        return json.dumps({"bundles": [described(bundle) for bundle in bundles]}, indent=1)
    rows: list[tuple[str, ...]] = [("bundle", "version", "reads", "finds", "for triage", "weights (SHA-256)")]
    rows += [_row(bundle) for bundle in bundles]
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join((*lines, "", "Research use only: a model raises a priority, never lowers one."))


def _row(bundle: BundleInfo) -> tuple[str, ...]:
    kinds = ", ".join(bundle.kinds)
    weights = bundle.sha256[:12] if bundle.sha256 else "none: a rule"
    return (bundle.id, bundle.version, bundle.role.value, kinds, "yes" if bundle.for_triage else "no", weights)


def described(bundle: BundleInfo) -> dict[str, Any]:
    """A bundle as `neurovigie models list --json` gives it."""
    return {
        "id": bundle.id,
        "version": bundle.version,
        "title": bundle.title,
        "role": bundle.role.value,
        "kinds": [kind.value for kind in bundle.kinds],
        "for_triage": bundle.for_triage,
        "baseline": bundle.baseline,
        "sha256": bundle.sha256,
        "limits": bundle.limits,
    }


def card(chosen: argparse.Namespace) -> str:
    """The card of a bundle; raises `BundleError` where it has none."""
    file = find(chosen.bundle, chosen.bundles).folder / "docs" / "README.md"
    try:
        return file.read_text()
    except OSError as error:
        raise BundleError(f"The bundle {chosen.bundle} has no card (docs/README.md).") from error


if __name__ == "__main__":
    sys.exit(main())
