"""Make a bundle's probabilities mean what they say: `python -m benchmarks.calibration TASK --prior DIR [--write]`.

Fits the logistic curves of `models.inference.calibration.Calibration` (scan with what is marked in all, and lesion
with its volume and site) on synthetic heads of other seeds than the frozen ones, from the anatomies that are never
trained on, and, where folders are given, on real slices too. Prints the curves, and how logistic and isotonic ones do
on heads that they were not fitted on (five folds).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression, minimize
from scipy.special import expit

from benchmarks.accuracy import real, synthetic
from benchmarks.accuracy.figures import QUIET_ML
from benchmarks.accuracy.metrics import calibration_error
from benchmarks.accuracy.readers import BundleReader
from benchmarks.accuracy.run import Entry, evaluate
from benchmarks.accuracy.scoring import Score
from models.inference.calibration import Calibration, log_ml, logit
from models.training.export import edit_section
from pipeline.domain.errors import NeuroVigieError

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """Logits of uncalibrated scores, the logarithm of volumes in mL, whether each was true, which head it is of.

    The volume is a lesion's own, or all that is marked in a scan; ``sites`` is the name of a lesion's site, or nothing.
    """

    logits: Values
    log_ml: Values
    true: Values
    heads: NDArray[np.intp]
    sites: NDArray[np.str_]

    def only(self, chosen: NDArray[np.bool_]) -> Said:
        """Some of them."""
        parts = (self.logits, self.log_ml, self.true, self.heads, self.sites)
        return Said(*(part[chosen] for part in parts))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Row:
    """One score: uncalibrated, what volume goes with it, whether it was true, of which head and site."""

    score: float
    volume_ml: float
    true: bool
    head: int
    site: str = ""


def scans(scores: Sequence[Score]) -> Said:
    """The scan scores; a trace of less than 0.5 mL is neither yes nor no and left out."""
    clear = [(n, one) for n, one in enumerate(scores) if one.truth_ml == 0 or one.truth_ml >= QUIET_ML]
    return said([Row(one.probability, one.said_ml, one.truth_ml > 0, n) for n, one in clear])


def lesions(scores: Sequence[Score]) -> Said:
    """Every mark, true where it touches a true lesion."""
    return said([row for n, one in enumerate(scores) for row in _marks(n, one)])


def _marks(head: int, one: Score) -> Iterator[Row]:
    sites = one.said_site or ("",) * len(one.confidence)
    for score, volume, true, site in zip(one.confidence, one.said_lesion_ml, one.said_meets, sites, strict=True):
        yield Row(score, volume, true, head, site)


def said(rows: Sequence[Row]) -> Said:
    """Rows as columns."""
    return Said(
        np.array([logit(one.score) for one in rows]),
        np.array([log_ml(one.volume_ml) for one in rows]),
        np.array([one.true for one in rows], float),
        np.array([one.head for one in rows], np.intp),
        np.array([one.site for one in rows], np.str_),
    )


def fitted(rows: Said, *, by_volume: bool) -> Calibration:
    """The curve of least cross-entropy, its scale held positive; sites are drawn towards one another."""
    sites = sorted(set(rows.sites.tolist()) - {""})

    def loss(values: Values) -> float:
        logits = _linear(_curve(values, sites, by_volume=by_volume), rows)
        drawn = np.sum(np.delete(values, 1) ** 2)
        return float(np.mean(np.logaddexp(0, logits) - rows.true * logits) + 1e-3 * drawn)

    start = np.array([0.0, 0.0] + [-2.0] * by_volume + [0.0] * len(sites))
    return _curve(minimize(loss, start).x, sites, by_volume=by_volume)


def _curve(values: Values, sites: Sequence[str], *, by_volume: bool) -> Calibration:
    per_log_ml = float(np.exp(values[2])) if by_volume else 0.0
    per_site = dict(zip(sites, values[2 + by_volume :].tolist(), strict=True))
    return Calibration(float(np.exp(values[0])), float(values[1]), per_log_ml, per_site)


def logistic(learned: Said, asked: Said, *, by_volume: bool) -> Values:
    """Probabilities of some by the curve of others."""
    odds: Values = expit(_linear(fitted(learned, by_volume=by_volume), asked))
    return odds


def isotonic(learned: Said, asked: Said, *, by_volume: bool) -> Values:
    """The same by the steps that only ever rise (Zadrozny 2002), along the line that the logistic curve follows."""
    curve = fitted(learned, by_volume=by_volume)
    order = np.argsort(_linear(curve, learned), kind="stable")
    steps = isotonic_regression(learned.true[order]).x
    values: Values = np.interp(_linear(curve, asked), _linear(curve, learned)[order], steps)
    return values


def _linear(curve: Calibration, rows: Said) -> Values:
    shifts = np.array([curve.per_site.get(site, 0.0) for site in rows.sites.tolist()])
    line: Values = curve.scale * rows.logits + curve.shift + shifts + curve.per_log_ml * rows.log_ml
    return line


UNCALIBRATED = {
    f"operating::{which}::{name}": value
    for which in ("scan", "lesion")
    for name, value in dataclasses.asdict(Calibration()).items()
}
"""What the bundle says before any curve."""

FOLDS = 5
METHODS: dict[str, Callable[..., Values]] = {"logistic": logistic, "isotonic": isotonic}


def out_of_fold(rows: Said, method: Callable[..., Values], *, by_volume: bool) -> Values:
    """Probabilities of every head's scores by what was fitted on the heads of the other folds."""
    values = np.empty(len(rows.true))
    for fold in range(FOLDS):
        here = rows.heads % FOLDS == fold
        if here.any():
            values[here] = method(rows.only(~here), rows.only(here), by_volume=by_volume)
    return values


def quality(probability: Values, rows: Said) -> dict[str, float]:
    """Expected calibration error, and mean cross-entropy: what a step function overfits shows in the latter."""
    kept = np.clip(probability, 1e-3, 1 - 1e-3)
    loss = -np.mean(np.where(rows.true > 0, np.log(kept), np.log(1 - kept)))
    found = calibration_error(probability.tolist(), (rows.true > 0).tolist())
    return {"error": round(found, 4), "cross_entropy": round(float(loss), 4)}


def judged(rows: Said, *, by_volume: bool) -> dict[str, Any]:
    """The curve of all, and how either kind of curve does on heads that it was not fitted on."""
    curve = fitted(rows, by_volume=by_volume)
    unseen = {name: quality(out_of_fold(rows, method, by_volume=by_volume), rows) for name, method in METHODS.items()}
    return {"curve": dataclasses.asdict(curve), "count": len(rows.true), "unseen": unseen}


def write(bundle_folder: Path, which: str, curve: Calibration) -> None:
    """Put a curve into the bundle's inference.json."""
    named: dict[str, Any] = {"_target_": "models.inference.calibration.Calibration"}
    named |= {name: round(getattr(curve, name), 4) for name in ("scale", "shift", "per_log_ml")}
    named |= {"per_site": {site: round(shift, 4) for site, shift in curve.per_site.items()}} if curve.per_site else {}
    edit_section(bundle_folder / "configs/inference.json", "operating", {which: named})


def entries_of(chosen: argparse.Namespace) -> list[Entry]:
    """Heads to fit on, then real slices where folders are given."""
    cases = [*real.haemorrhage_slices(chosen.cases)] if chosen.cases else []
    cases += [*real.slices_without_blood(chosen.negatives)] if chosen.negatives else []
    heads = synthetic.other_heads(chosen.task, chosen.prior, chosen.lesion_masks, chosen.count)
    return heads + [Entry(case.name, lambda case=case: case) for case in cases]  # type: ignore[misc]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    cli = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    cli.add_argument("task", choices=["ich-ct", "infarct-dwi", "ischaemia-ct"])
    cli.add_argument("--prior", type=Path, required=True, help="folder of built anatomies")
    cli.add_argument("--lesion-masks", type=Path, help="folder of infarct masks in MNI space (for infarct-dwi)")
    cli.add_argument("--count", type=int, default=100, help="synthetic heads to fit on (default: 100)")
    cli.add_argument("--cases", type=Path, help="real slices with blood to fit on too (say so in the card)")
    cli.add_argument("--negatives", type=Path, help="real slices without blood to fit on too")
    cli.add_argument("--results", type=Path, metavar="DIR", help="keep scores here; a run cut short goes on")
    cli.add_argument("--write", action="store_true", help="put the curves into the bundle's inference.json")
    return cli


def main(arguments: list[str] | None = None) -> int:
    """Fit and print; 2 when heads or bundle are not to be had."""
    chosen = parser().parse_args(arguments)
    torch.set_num_threads(1)
    try:
        reader = BundleReader(chosen.task, UNCALIBRATED)
        scores = evaluate([reader], entries_of(chosen), chosen.results, sys.stderr)[reader.signature]
    except NeuroVigieError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    folder = reader.bundle.folder
    found = {
        "scan": judged(scans(scores), by_volume=True),
        "lesion": judged(lesions(scores), by_volume=True),
    }
    print(json.dumps(found, indent=1))
    if chosen.write:
        for which, one in found.items():
            write(folder, which, Calibration(**one["curve"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
