"""`neurovigie models gallery --out DIR`: synthetic beside real, for eyes to judge, and figures that compare them.

Writes TASK_slices.png (synthetic slices, each bare and with its lesion outlined, then real ones where a folder is
given), TASK_figures.png (intensities of brain, spectrum of noise) and TASK_figures.json. Pictures of real patients
stay where you put them: choose a folder that is not shared.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from models.gallery import real, synthetic
from models.gallery.chart import chart
from models.gallery.figures import Curve, distance, intensities, noise_spectrum
from models.gallery.sheet import TRUTH, Tile, fitted, fitted_mask, grey, outlined, save, sheet
from models.gallery.slices import Sample
from models.synthesis.prior_cache import ensure
from pipeline.domain.errors import NeuroVigieError

TILE = (176, 144)
WINDOWS = {"CT": (0.0, 80.0), "MR": (0.0, 2.5)}
TASKS = {"ich-ct": "CT", "infarct-dwi": "MR"}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    cli = argparse.ArgumentParser(
        prog="neurovigie models gallery", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cli.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    cli.add_argument("--task", choices=list(TASKS), default="ich-ct", help="which generator (default: ich-ct)")
    cli.add_argument("--real", type=Path, help="folder of real slices (CT: PNG as in BHSD, or NIfTI; MR: as ISLES'22)")
    cli.add_argument("--prior", type=Path, help="folder of built anatomies (default: OUT/prior, built there)")
    cli.add_argument("--label-maps", type=Path, help="folder of whole-head label maps, to build anatomies from")
    cli.add_argument("--lesion-masks", type=Path, help="folder of infarct masks in MNI space (*_lesion.nii.gz)")
    cli.add_argument("--count", type=int, default=12, help="synthetic slices, and at most as many real ones")
    cli.add_argument("--seed", type=int, default=0, help="another seed, other heads (default: 0)")
    return cli


def main(arguments: list[str] | None = None) -> int:
    """Draw; 0 when done, 2 when there is nothing to draw from."""
    chosen = parser().parse_args(arguments)
    torch.set_num_threads(1)
    try:
        painted, seen = samples(chosen)
    except NeuroVigieError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    page = sheet([tile for one in (*painted, *seen) for tile in tiles(one)], columns=6)
    save(page, chosen.out / f"{chosen.task}_slices.png")
    figures = compared(painted, seen)
    charts = [Tile(chart(name, *curves)) for name, curves in figures.items()]
    save(sheet(charts, columns=len(charts)), chosen.out / f"{chosen.task}_figures.png")
    text = json.dumps({name: in_numbers(*curves) for name, curves in figures.items()}, indent=1)
    (chosen.out / f"{chosen.task}_figures.json").write_text(text + "\n")
    sys.stdout.write(text + "\n")
    return 0


def samples(chosen: argparse.Namespace) -> tuple[list[Sample], list[Sample]]:
    """Synthetic slices and, where a folder is given, real ones; raises `NeuroVigieError` where one holds none."""
    read = real.ct if TASKS[chosen.task] == "CT" else real.mr
    seen = read(chosen.real, chosen.count) if chosen.real else []
    folder = chosen.prior or chosen.out / "prior"
    ensure(folder, chosen.label_maps)
    anatomies = synthetic.anatomies(folder)
    if TASKS[chosen.task] == "CT":
        return synthetic.ct(anatomies, chosen.count, chosen.seed), seen
    return synthetic.mr(anatomies, chosen.lesion_masks, chosen.count, chosen.seed), seen


def tiles(one: Sample) -> tuple[Tile, Tile]:
    """The bare slice, and beside it the lesion outlined (MR: on its ADC); both cut to the head."""
    box = one.box()
    bare = fitted(grey(one.image[box], *WINDOWS[one.modality]), *TILE)
    beside = bare if one.adc is None else fitted(grey(one.adc[box], 0.0, 2.5), *TILE)
    outline = outlined(beside, fitted_mask(one.lesion[box], *TILE), TRUTH)
    return Tile(bare, one.name), Tile(outline, "ADC" if one.adc is not None else "")


def compared(painted: Sequence[Sample], seen: Sequence[Sample]) -> dict[str, tuple[Curve, Curve | None]]:
    """Curves of synthetic and real slices by name."""
    axes = ("HU",) if painted[0].modality == "CT" else ("DWI over brain", "ADC")
    found: dict[str, tuple[Curve, Curve | None]] = {
        f"{axis}, brain": (intensities(painted, axis), intensities(seen, axis) if seen else None) for axis in axes
    }
    found["power of noise"] = (noise_spectrum(painted), noise_spectrum(seen) if seen else None)
    return found


def in_numbers(synthetic_curve: Curve, real_curve: Curve | None) -> dict[str, Any]:
    """Mean and sd of both, and how far apart their curves are."""
    found: dict[str, Any] = {"unit": synthetic_curve.axis, "synthetic": _moments(synthetic_curve)}
    if real_curve is not None:
        found["real"] = _moments(real_curve)
        found["distance"] = round(distance(synthetic_curve, real_curve), 4)
    return found


def _moments(curve: Curve) -> dict[str, float]:
    return {"mean": round(curve.mean, 4), "sd": round(curve.spread, 4)}


if __name__ == "__main__":
    sys.exit(main())
