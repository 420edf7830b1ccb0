"""``python -m benchmarks.inference [--device cuda] [--check] [--results DIR]``: from decoded slices to findings.

All paths start from a decoded CT volume (int16 HU) in main memory:

- ours: the steps of the service, as the worker's child runs them, to lesions with volume, side and size
- fp32: the same without reduced precision, convolutions in true float32: what ours must agree with
- MONAI: its dictionary transforms (channel first, spacing, windows), ``SliceInferer`` with overlap in fp32, inversion
  of the spacing, threshold, components; what a bundle does when nobody has looked at its time

Medians of ``--runs`` runs in turns after one to warm up; studies a minute over ``--sustained`` seconds; the network by
itself beside the measured matrix product and copy of the device. ``--check`` compares with fp32 on ``--heads`` heads of
each size: pooled Dice, components of at least 1 mL that appear or vanish, tiers that change; exit status 1 if it fails.
``--filters`` takes random weights of that width in place of the bundle's.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch

from benchmarks.inference.measured import Asked, measured
from benchmarks.inference.report import markdown
from models import registry


def parser() -> argparse.ArgumentParser:
    """The command line."""
    cli = argparse.ArgumentParser(prog="python -m benchmarks.inference")
    cli.add_argument("--bundle", default="ich-ct")
    cli.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", help="cpu, cuda")
    cli.add_argument("--slices", type=int, nargs="+", default=[40, 200])
    cli.add_argument("--runs", type=int, default=5)
    cli.add_argument("--sustained", type=float, default=15.0, metavar="SECONDS")
    cli.add_argument("--filters", type=int, help="random weights of this width")
    cli.add_argument("--check", action="store_true", help="compare with fp32 over many heads")
    cli.add_argument("--heads", type=int, default=6, help="heads of each size to compare on")
    cli.add_argument("--no-monai", action="store_true", help="leave the stock path out")
    cli.add_argument("--threads", type=int, help="threads of the processor")
    cli.add_argument("--results", type=Path, metavar="DIR", help="write inference-DEVICE.json and .md there")
    return cli


def main() -> int:
    """Measure; 1 when ours does not agree with its reference."""
    chosen = parser().parse_args()
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    asked = Asked(
        device=chosen.device,
        slices=tuple(chosen.slices),
        runs=chosen.runs,
        sustained_s=chosen.sustained,
        heads=chosen.heads,
        check=chosen.check,
        filters=chosen.filters,
        stock=not chosen.no_monai,
    )
    result = measured(registry.find(chosen.bundle), asked)
    command = " ".join(["python -m benchmarks.inference", *_shown(sys.argv[1:])])
    text = markdown(command, result)
    sys.stdout.write(text)
    if chosen.results:
        _keep(chosen.results, f"inference-{chosen.device.split(':')[0]}", {"command": command, **result}, text)
    return 0 if result.get("agreement", {}).get("agrees", True) else 1


def _shown(arguments: list[str]) -> list[str]:
    """The command line without where its results went."""
    if "--results" not in arguments:
        return arguments
    at = arguments.index("--results")
    return [*arguments[:at], *arguments[at + 2 :]]


def _keep(folder: Path, name: str, result: dict[str, object], text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    (folder / f"{name}.md").write_text(text)


if __name__ == "__main__":
    sys.exit(main())
