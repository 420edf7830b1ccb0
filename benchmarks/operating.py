"""Choose where a bundle draws the line: `python -m benchmarks.operating TASK --prior DIR [--cases DIR ...]`.

Tries threshold, peak, least volumes and least mean probability against each other on synthetic heads of other seeds
than the frozen ones and those of calibration, and, where folders are given, on real cases (say so in the card). Prints
a line for each, the best last; ``--write`` puts the numbers named into the bundle, ``--fit-voxels`` the curve of its
uncertainty map.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.accuracy import synthetic
from benchmarks.accuracy.entries import real_entries
from benchmarks.accuracy.metrics import dice
from benchmarks.accuracy.run import Entry
from benchmarks.accuracy.scoring import Case
from benchmarks.calibration import Said, fitted, write
from models.inference.calibration import logit
from models.inference.lesions import find_lesions, on_source
from models.inference.operating import Operating
from models.inference.slice_network import Looked, SliceNetwork
from models.predict import load
from models.registry import BundleInfo, find
from models.training.export import edit_section
from pipeline.domain.errors import ConfigurationError, NeuroVigieError
from pipeline.domain.finding import HaemorrhageSite

FIRST_SEED = 41_000_000
LEAST_ML = 1.0
QUIET_ML = 0.5
VOXELS_PER_HEAD = 4000
LIKELY = 0.02
"""Voxels less probable than this say nothing about the curve of those where anybody could be unsure."""


@dataclass(frozen=True, slots=True)
class Point:
    """One operating point."""

    threshold: float
    peak: float
    minimum_ml: float
    least_mean: float = 0.0
    sites: tuple[tuple[str, float], ...] = ()

    def values(self) -> dict[str, Any]:
        """As `Operating` has them."""
        numbers = dataclasses.asdict(self)
        numbers["site_minimum_ml"] = dict(numbers.pop("sites"))
        return numbers

    def of(self, operating: Operating) -> Operating:
        """The bundle's operating point with these numbers; sites are told apart only where one has a least volume."""
        return dataclasses.replace(operating, **self.values(), names_sites=bool(self.sites))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one point makes of one case."""

    sort: str
    dice: float
    truth_ml: float
    truth_cm2: float
    said_ml: float
    meets: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One point's figures over all cases; NaN where there is none."""

    point: Point
    real: float
    real_large: float
    real_false_ml: float
    heads: float
    sensitivity: float
    quiet: float
    showers: float

    @property
    def worth(self) -> float:
        """What is asked for, summed: each part counts up to its goal, and a fifth of what is beyond."""
        parts = ((self.real, 0.65), (self.heads, 0.75), (self.sensitivity, 0.97), (self.quiet, 0.95))
        return sum(min(value, goal) + 0.2 * max(0.0, value - goal) for value, goal in parts if not math.isnan(value))


def outcomes(
    looked: Looked, case: Case, operating: Operating, points: Sequence[Point]
) -> Iterator[tuple[Point, Outcome]]:
    """A case under every point."""
    truth, each = case.truth > 0, case.each_ml
    truth_ml, truth_cm2 = float(truth.sum()) * each, float(truth.sum(axis=(1, 2)).max()) * case.pixel_cm2
    for point in points:
        labels, _ = find_lesions(looked.field, looked.frame, point.of(operating))
        said = looked.frame.back(labels) > 0
        meets = bool((said & truth).any())
        yield point, Outcome(case.sort, dice(said, truth), truth_ml, truth_cm2, float(said.sum()) * each, meets)


def line(point: Point, found: Sequence[Outcome]) -> Line:
    """The figures of one point."""
    real = [one for one in found if one.sort == "real"]
    large = [one for one in found if one.sort == "lesion" and one.truth_ml >= LEAST_ML]
    return Line(
        point,
        real=_mean(one.dice for one in real),
        real_large=_mean(one.dice for one in real if one.truth_cm2 > 2),
        real_false_ml=max((one.said_ml for one in found if one.sort == "real negative"), default=float("nan")),
        heads=_mean(one.dice for one in large),
        sensitivity=_mean(float(one.meets) for one in large),
        quiet=_mean(float(one.said_ml <= QUIET_ML) for one in found if one.sort == "normal"),
        showers=_mean(one.dice for one in found if one.sort == "shower"),
    )


def _mean(values: Iterable[float]) -> float:
    kept = list(values)
    return float(np.mean(kept)) if kept else float("nan")


def said_of_voxels(looked: Looked, case: Case, rng: np.random.Generator) -> NDArray[np.float64]:
    """[n, 2]: logit of the probability and the truth of some voxels that anybody could be unsure of."""
    percent = (on_source(looked.field.lesion, looked.frame) * 255).round().to(torch.uint8)
    odds = looked.frame.back(percent.cpu().numpy()) / 255.0
    places = np.flatnonzero((odds > LIKELY) & (odds < 1))
    some = rng.choice(places, size=min(len(places), VOXELS_PER_HEAD), replace=False)
    true = case.truth.reshape(-1)[some] > 0
    logits = [logit(float(value)) for value in odds.reshape(-1)[some]]
    return np.stack((np.array(logits), true.astype(float)), axis=1)


def of_voxels(voxels: NDArray[np.float64]) -> Said:
    """Rows of `said_of_voxels` as what a curve is fitted on."""
    none = np.zeros(len(voxels))
    return Said(voxels[:, 0], none, voxels[:, 1], none.astype(np.intp), np.full(len(voxels), ""))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    cli = argparse.ArgumentParser(prog="python -m benchmarks.operating", description=__doc__)
    cli.add_argument("task", choices=["ich-ct", "infarct-dwi", "ischaemia-ct"])
    cli.add_argument("--prior", type=Path, required=True, help="folder of built anatomies")
    cli.add_argument("--lesion-masks", type=Path, help="folder of infarct masks in MNI space (for infarct-dwi)")
    cli.add_argument("--count", type=int, default=72, help="synthetic heads to choose on (default: 72)")
    cli.add_argument("--cases", type=Path, help="real cases to choose on too")
    cli.add_argument("--negatives", type=Path, help="real slices without the finding to choose on too")
    cli.add_argument("--thresholds", type=_numbers, default=(0.25, 0.35, 0.45, 0.55))
    cli.add_argument("--peaks", type=_numbers, default=(0.7, 0.8, 0.9, 0.95, 0.98))
    cli.add_argument("--least-ml", type=_numbers, default=(0.05, 0.15, 0.3, 0.5))
    cli.add_argument("--least-mean", type=_numbers, default=(0.0,), help="mean probability of a lesion")
    cli.add_argument("--site-ml", type=_sites, nargs="*", default=[()], metavar="IVH=1,SDH=2", help="least of a site")
    cli.add_argument("--write", type=_numbers, metavar="T,P,M,A", help="only put these, and --site-ml, into the bundle")
    cli.add_argument("--fit-voxels", action="store_true", help="put the uncertainty map's curve into the bundle too")
    return cli


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))


def _sites(text: str) -> tuple[tuple[str, float], ...]:
    pairs = (part.split("=") for part in text.split(",") if part)
    return tuple((str(HaemorrhageSite(name)), float(least)) for name, least in pairs)


def main(arguments: list[str] | None = None) -> int:
    """Try, print, write where asked; 2 when heads or bundle are not to be had."""
    chosen = parser().parse_args(arguments)
    torch.set_num_threads(1)
    bundle = find(chosen.task)
    if chosen.write:
        put(bundle, Point(*chosen.write, sites=chosen.site_ml[0]))
        return 0
    tried_for_each = (chosen.thresholds, chosen.peaks, chosen.least_ml, chosen.least_mean, chosen.site_ml)
    points = [Point(*five) for five in itertools.product(*tried_for_each)]
    try:
        found, voxels = tried(bundle, entries_of(chosen), points)
    except NeuroVigieError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    lines = [line(point, made) for point, made in found.items()]
    for one in sorted(lines, key=lambda one: one.worth):
        sys.stdout.write(f"{_text(one)}\n")
    curve = fitted(of_voxels(voxels), by_volume=False)
    sys.stdout.write(f"voxels {curve}\n")
    if chosen.fit_voxels:
        write(bundle.folder, "voxel", curve)
    return 0


def tried(
    bundle: BundleInfo, entries: Sequence[Entry], points: Sequence[Point]
) -> tuple[dict[Point, list[Outcome]], NDArray[np.float64]]:
    """Every case under every point, and some voxels of every synthetic one."""
    network = load(bundle, "cpu").segmenter
    if not isinstance(network, SliceNetwork):
        raise ConfigurationError(f"{bundle.id} is no network: it has no probabilities to draw a line through.")
    rng = np.random.default_rng(0)
    found: dict[Point, list[Outcome]] = {point: [] for point in points}
    voxels = [np.empty((0, 2))]
    for number, entry in enumerate(entries, 1):
        case = entry.make()
        looked = network.looked(case.volume, case.companions)
        for point, outcome in outcomes(looked, case, network.operating, points):
            found[point].append(outcome)
        if not case.sort.startswith("real"):
            voxels.append(said_of_voxels(looked, case, rng))
        sys.stderr.write(f"{number} of {len(entries)}  {case.name}\n")
    return found, np.concatenate(voxels)


def entries_of(chosen: argparse.Namespace) -> list[Entry]:
    """Real cases where folders are given, then synthetic heads."""
    heads = synthetic.other_heads(chosen.task, chosen.prior, chosen.lesion_masks, chosen.count, FIRST_SEED)
    return real_entries(chosen.task, chosen.cases, chosen.negatives) + heads


def put(bundle: BundleInfo, point: Point) -> None:
    """Write a point into the bundle's inference.json."""
    edit_section(bundle.folder / "configs/inference.json", "operating", point.values())


def _text(one: Line) -> str:
    values = dataclasses.asdict(one)
    values = values.pop("point") | values
    sites = ",".join(f"{name}={least:g}" for name, least in values.pop("sites")) or "any"
    known = (f"{name} {value:.3f}" for name, value in values.items() if not math.isnan(value))
    return "  ".join((*known, f"sites {sites}", f"worth {one.worth:.3f}"))


if __name__ == "__main__":
    sys.exit(main())
