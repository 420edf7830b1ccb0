"""From a network's score to a probability that means what it says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

NEAREST = 1e-6
"""Scores are kept this far from 0 and 1, where a logit has no value."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic curve over the score's logit (Platt 1999; ``scale`` is one over the temperature).

    ``per_log_ml`` lets a lesion's size speak too, or all that is marked in a scan: what is larger is
    rarer an error. ``per_site`` adds to the shift where a site of blood is named. The values come from
    `benchmarks.calibration` and stand in the bundle's inference.json.
    """

    scale: float = 1.0
    shift: float = 0.0
    per_log_ml: float = 0.0
    per_site: Mapping[str, float] = field(default_factory=dict)

    def probability(self, score: float, volume_ml: float = 1.0, site: str | None = None) -> float:
        """Calibrated probability, 0 to 1, of a score from 0 to 1."""
        shift = self.shift + self.per_site.get(site or "", 0.0)
        value = self.scale * logit(score) + shift + self.per_log_ml * log_ml(volume_ml)
        return 1 / (1 + math.exp(-max(-700.0, min(700.0, value))))


def logit(score: float) -> float:
    """Log odds of a score, held away from 0 and 1."""
    kept = min(1 - NEAREST, max(NEAREST, score))
    return math.log(kept / (1 - kept))


def log_ml(volume_ml: float) -> float:
    """Natural logarithm of a volume in mL, held between 0.01 and 1000 mL."""
    return math.log(min(1000.0, max(0.01, volume_ml)))
