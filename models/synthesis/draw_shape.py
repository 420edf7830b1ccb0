"""Shared drawing: named ways to spend chance, and the places where blood is found."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from numpy.random import Generator

from models.synthesis.fields import Noise, Triple
from models.synthesis.recipe import Blob

DEEP_MM: tuple[Triple, ...] = (
    (27, 0, 2), (30, 8, 4), (14, 20, 6), (24, -8, 4), (12, -12, 8),
    (4, 30, -32), (16, 62, -38), (0, 60, -30), (22, 20, 18), (2, 28, -24),
)  # fmt: skip
"""Putamen, external capsule, thalamus, lentiform, caudate, pons, cerebellum, vermis, corona radiata, midbrain."""


@dataclass(frozen=True, slots=True)
class Odds:
    """How often a head bleeds, has an infarct or a tumour, and the weight of each kind of blood."""

    haemorrhage: float = 0.72
    infarct: float = 0.2
    mass: float = 0.06
    kinds: Mapping[str, float] = field(
        default_factory=lambda: {
            "haematoma": 0.29,
            "contusions": 0.08,
            "ventricle": 0.13,
            "cistern": 0.1,
            "sulci": 0.11,
            "crescent": 0.2,
            "lens": 0.07,
            "falx": 0.03,
            "tentorium": 0.03,
        }
    )


@dataclass(frozen=True, slots=True)
class Draw:
    """A random generator with short names for what a recipe needs."""

    rng: Generator

    def between(self, low: float, high: float) -> float:
        """Uniform."""
        return float(self.rng.uniform(low, high))

    def log_between(self, low: float, high: float) -> float:
        """Uniform in the logarithm."""
        return math.exp(self.between(math.log(low), math.log(high)))

    def normal(self, sd: float) -> float:
        """Centred normal, cut at 2.5 sd."""
        return float(max(-2.5, min(2.5, self.rng.normal()))) * sd

    def chance(self, probability: float) -> bool:
        """True that often."""
        return bool(self.rng.random() < probability)

    def sign(self) -> int:
        """-1 or 1."""
        return 1 if self.chance(0.5) else -1

    def choice(self, names: Sequence[str], weights: Sequence[float]) -> str:
        """One name, by weight."""
        total = sum(weights)
        return str(self.rng.choice(list(names), p=[w / total for w in weights]))

    def choice_of(self, values: Sequence[float]) -> float:
        """One of the values."""
        return float(values[int(self.rng.integers(len(values)))])

    def noise(self, scale_mm: float) -> Noise:
        """A fresh smooth noise."""
        return Noise(int(self.rng.integers(2**31)), scale_mm)

    def inside_brain(self) -> Triple:
        """A point somewhere in the cerebrum or cerebellum."""
        return (self.between(-55, 55), self.between(-55, 90), self.between(-40, 60))


def blob(d: Draw, centre_mm: Triple, radius_mm: float, *, hu: float, softness_mm: float = 0.8) -> Blob:
    """An irregular ellipsoid with random axes and roughness."""
    return Blob(
        centre_mm=centre_mm,
        radius_mm=radius_mm,
        axes=(d.between(0.65, 1.35), d.between(0.65, 1.35), d.between(0.65, 1.35)),
        angles_rad=(d.between(-3, 3), d.between(-3, 3), d.between(-3, 3)),
        roughness=d.between(0.1, 0.5),
        noise=d.noise(max(5.0, radius_mm * 0.7)),
        hu=hu,
        softness_mm=softness_mm,
    )
