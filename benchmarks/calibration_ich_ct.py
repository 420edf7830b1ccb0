"""Fit the scan probability of a bundle on synthetic scans: `python -m benchmarks.calibration_ich_ct --prior DIR`.

Prints the ``scan_scale`` and ``scan_shift`` to write into the bundle's inference.json, and the expected
calibration error on the other half of the scans.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.synthetic_heads import scans
from models.predict import load, predict
from models.registry import find

LEAST_ML = 0.5
"""A synthetic scan with less blood than this, but some, is left out: neither answer is wrong."""

Values = NDArray[np.float64]


def scores(bundle_id: str, prior: Path, count: int) -> tuple[Values, Values]:
    """Logit of the uncalibrated score, and 1 where the scan holds blood."""
    bundle = find(bundle_id)
    operating = json.loads((bundle.folder / "configs/inference.json").read_text())["operating"]
    predictor = load(bundle, "cpu")
    logits, truths = [], []
    for scan in scans(prior, count, haemorrhage=0.5):
        if 0 < scan.blood_ml < LEAST_ML:
            continue
        probability = np.clip(predict(predictor, scan.volume).scan_probability, 1e-9, 1 - 1e-9)
        logits.append((np.log(probability / (1 - probability)) - operating["scan_shift"]) / operating["scan_scale"])
        truths.append(scan.blood_ml > 0)
    return np.array(logits), np.array(truths, float)


def fitted(logits: Values, truths: Values) -> tuple[float, float]:
    """Scale and shift of the logistic curve with the least cross-entropy, scale held positive."""

    def loss(parameters: Values) -> float:
        value = np.exp(parameters[0]) * logits + parameters[1]
        return float(np.mean(np.logaddexp(0, value) - truths * value) + 1e-3 * parameters[0] ** 2)

    best = minimize(loss, np.zeros(2), method="Nelder-Mead").x
    return float(np.exp(best[0])), float(best[1])


def calibration_error(logits: Values, truths: Values, scale: float, shift: float, bins: int = 5) -> float:
    """Expected calibration error over equal-width bins."""
    probability = 1 / (1 + np.exp(-(scale * logits + shift)))
    which = np.minimum((probability * bins).astype(int), bins - 1)
    gaps = [abs(probability[which == b].mean() - truths[which == b].mean()) * (which == b).mean() for b in set(which)]
    return float(sum(gaps))


def main(arguments: list[str] | None = None) -> int:
    """Fit on even scans, judge on odd ones."""
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--prior", type=Path, required=True)
    cli.add_argument("--bundle", default="ich-ct")
    cli.add_argument("--count", type=int, default=60)
    chosen = cli.parse_args(arguments)
    torch.set_num_threads(1)
    logits, truths = scores(chosen.bundle, chosen.prior, chosen.count)
    scale, shift = fitted(logits[::2], truths[::2])
    error = calibration_error(logits[1::2], truths[1::2], scale, shift)
    print(json.dumps({"scan_scale": scale, "scan_shift": shift, "scans": len(logits), "calibration_error": error}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
