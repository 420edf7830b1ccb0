"""Make a bundle's probabilities mean what they say: `python -m benchmarks.calibration TASK --prior DIR [--write]`.

Fits the logistic curves of `models.inference.calibration.Calibration` (scan, and lesion with its volume) on synthetic
heads of other seeds than the frozen ones, from the anatomies that are never trained on, and, where folders are given,
on real slices too. Prints the curves, and how logistic and isotonic curves do on
heads that they were not fitted on (five folds).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression, minimize

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
    """Logits of uncalibrated scores, the logarithm of volumes in mL, whether each was true, and of which head it is.

    The volume is a lesion's own, or all that is marked in a scan.
    """

    logits: Values
    log_ml: Values
    true: Values
    heads: NDArray[np.intp]

    def only(self, chosen: NDArray[np.bool_]) -> Said:
        """Some of them."""
        return Said(self.logits[chosen], self.log_ml[chosen], self.true[chosen], self.heads[chosen])


def scans(scores: Sequence[Score], now: Calibration) -> Said:
    """The scan scores; a trace of less than 0.5 mL is neither yes nor no and left out."""
    clear = [(n, one) for n, one in enumerate(scores) if one.truth_ml == 0 or one.truth_ml >= QUIET_ML]
    return _said([(one.probability, one.said_ml, one.truth_ml > 0, n) for n, one in clear], now)


def lesions(scores: Sequence[Score], now: Calibration) -> Said:
    """Every mark, true where it touches a true lesion."""
    return _said([(*row, n) for n, one in enumerate(scores) for row in _marks(one)], now)


def _marks(one: Score) -> Iterator[tuple[float, float, bool]]:
    return zip(one.confidence, one.said_lesion_ml, one.said_meets, strict=True)


def _said(rows: Sequence[tuple[float, float, bool, int]], now: Calibration) -> Said:
    """Probabilities and volumes back to what they were before the bundle's present calibration."""
    sizes = np.array([log_ml(volume) for _, volume, _, _ in rows])
    logits = np.array([logit(probability) for probability, _, _, _ in rows])
    before = (logits - now.shift - now.per_log_ml * sizes) / now.scale
    return Said(before, sizes, np.array([row[2] for row in rows], float), np.array([row[3] for row in rows], np.intp))


def fitted(said: Said, *, by_volume: bool) -> Calibration:
    """The curve of least cross-entropy, its scale held positive; volume only ever speaks for a lesion."""

    def loss(values: Values) -> float:
        curve = _curve(values, by_volume=by_volume)
        logits = _linear(curve, said)
        return float(np.mean(np.logaddexp(0, logits) - said.true * logits) + 1e-3 * np.sum(values[::2] ** 2))

    best = minimize(loss, np.array([0.0, 0.0, -2.0])[: 2 + by_volume], method="Nelder-Mead", options={"maxiter": 4000})
    return _curve(best.x, by_volume=by_volume)


def _curve(values: Values, *, by_volume: bool) -> Calibration:
    per_log_ml = float(np.exp(values[2])) if by_volume else 0.0
    return Calibration(float(np.exp(values[0])), float(values[1]), per_log_ml)


def logistic(learned: Said, asked: Said, *, by_volume: bool) -> Values:
    """Probabilities of some by the curve of others."""
    curve = fitted(learned, by_volume=by_volume)
    return np.array([1 / (1 + math.exp(-x)) for x in np.clip(_linear(curve, asked), -700, 700)])


def isotonic(learned: Said, asked: Said, *, by_volume: bool) -> Values:
    """The same by the steps that only ever rise (Zadrozny 2002), along the line that the logistic curve follows."""
    curve = fitted(learned, by_volume=by_volume)
    order = np.argsort(_linear(curve, learned), kind="stable")
    steps = isotonic_regression(learned.true[order]).x
    values: Values = np.interp(_linear(curve, asked), _linear(curve, learned)[order], steps)
    return values


def _linear(curve: Calibration, said: Said) -> Values:
    line: Values = curve.scale * said.logits + curve.shift + curve.per_log_ml * said.log_ml
    return line


EVERY_MARK = {"operating::least_confidence": 0.0}
"""The curve is fitted on what is hardly a lesion too, since it then says which of it is said."""

FOLDS = 5
METHODS: dict[str, Callable[..., Values]] = {"logistic": logistic, "isotonic": isotonic}


def out_of_fold(said: Said, method: Callable[..., Values], *, by_volume: bool) -> Values:
    """Probabilities of every head's scores by what was fitted on the heads of the other folds."""
    values = np.empty(len(said.true))
    for fold in range(FOLDS):
        here = said.heads % FOLDS == fold
        if here.any():
            values[here] = method(said.only(~here), said.only(here), by_volume=by_volume)
    return values


def quality(probability: Values, said: Said) -> dict[str, float]:
    """Expected calibration error, and mean cross-entropy: what a step function overfits shows in the latter."""
    kept = np.clip(probability, 1e-3, 1 - 1e-3)
    loss = -np.mean(np.where(said.true > 0, np.log(kept), np.log(1 - kept)))
    found = calibration_error(probability.tolist(), (said.true > 0).tolist())
    return {"error": round(found, 4), "cross_entropy": round(float(loss), 4)}


def judged(said: Said, *, by_volume: bool) -> dict[str, Any]:
    """The curve of all, and how either kind of curve does on heads that it was not fitted on."""
    curve = fitted(said, by_volume=by_volume)
    unseen = {name: quality(out_of_fold(said, method, by_volume=by_volume), said) for name, method in METHODS.items()}
    return {"curve": dataclasses.asdict(curve), "count": len(said.true), "unseen": unseen}


def present(bundle_folder: Path, which: str) -> Calibration:
    """The calibration that a bundle's inference.json holds now."""
    operating = json.loads((bundle_folder / "configs/inference.json").read_text())["operating"]
    return Calibration(**{name: value for name, value in operating.get(which, {}).items() if name != "_target_"})


def write(bundle_folder: Path, which: str, curve: Calibration) -> None:
    """Put a curve into the bundle's inference.json."""
    rounded = {name: round(value, 4) for name, value in dataclasses.asdict(curve).items()}
    named = {"_target_": "models.inference.calibration.Calibration"} | rounded
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
        reader = BundleReader(chosen.task, EVERY_MARK)
        scores = evaluate([reader], entries_of(chosen), chosen.results, sys.stderr)[reader.signature]
    except NeuroVigieError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    folder = reader.bundle.folder
    found = {
        "scan": judged(scans(scores, present(folder, "scan")), by_volume=False),
        "lesion": judged(lesions(scores, present(folder, "lesion")), by_volume=True),
    }
    print(json.dumps(found, indent=1))
    if chosen.write:
        for which, one in found.items():
            write(folder, which, Calibration(**one["curve"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
