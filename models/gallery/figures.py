"""What can be compared in numbers: the intensities of brain, and the spectrum of its noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from models.gallery.slices import PIXEL_MM, Modality, Sample

Values = NDArray[np.float64]

SPANS: dict[str, tuple[float, float]] = {"HU": (0.0, 90.0), "DWI over brain": (0.0, 3.0), "ADC": (0.0, 3.0)}
BINS = 45
PATCH = 16
"""Noise is looked at in squares of so many pixels that hold nothing but tissue."""

SMOOTH_PIXELS = 3.0
"""Anatomy is what is left after this much blur; noise is the rest."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A figure of some slices: ``x`` in the unit of ``axis``, ``y`` its share or power; ``spread`` is an sd."""

    axis: str
    x: Values
    y: Values
    mean: float
    spread: float


def intensities(samples: Sequence[Sample], axis: str) -> Curve:
    """Histogram of tissue without lesion, as a share of pixels; every slice counts the same."""
    low, high = SPANS[axis]
    edges = np.linspace(low, high, BINS + 1)
    values = [_values(one, axis) for one in samples]
    kept = [one for one in values if len(one) > PATCH**2]
    shares = [np.histogram(one, edges)[0] / len(one) for one in kept]
    every = np.concatenate(kept) if kept else np.zeros(1)
    mean = np.mean(shares, axis=0) if shares else np.zeros(BINS)
    return Curve(axis, (edges[1:] + edges[:-1]) / 2, mean, float(every.mean()), float(every.std()))


def _values(sample: Sample, axis: str) -> Values:
    image = sample.adc if axis == "ADC" else sample.image
    return np.asarray(image[sample.compared] if image is not None else [], float)


def noise_spectrum(samples: Sequence[Sample]) -> Curve:
    """Power of what is not anatomy, by spatial frequency (cycles per mm), scaled to sum to one.

    The radial mean of squared Fourier magnitudes of patches of nothing but tissue; ``spread`` is the sd
    of the noise itself.
    """
    modality: Modality = samples[0].modality if samples else "CT"
    patches = [patch for one in samples for patch in _patches(one)]
    frequency = np.hypot(*np.meshgrid(*(np.fft.fftfreq(PATCH, PIXEL_MM[modality]),) * 2))
    rings = np.rint(frequency * PATCH * PIXEL_MM[modality]).astype(int)
    x = np.arange(1, PATCH // 2 + 1) / (PATCH * PIXEL_MM[modality])
    if not patches:
        return Curve("cycles per mm", x, np.zeros(len(x)), 0.0, 0.0)
    window = np.outer(np.hanning(PATCH), np.hanning(PATCH))
    power = np.mean([np.abs(np.fft.fft2(patch * window)) ** 2 for patch in patches], axis=0)
    radial = np.array([power[rings == ring].mean() for ring in range(1, PATCH // 2 + 1)])
    sd = float(np.sqrt(np.mean([patch.var() for patch in patches])))
    return Curve("cycles per mm", x, radial / radial.sum(), float((x * radial).sum() / radial.sum()), sd)


def _patches(sample: Sample) -> list[Values]:
    rest = sample.image - ndimage.gaussian_filter(sample.image, SMOOTH_PIXELS)
    found = []
    for j in range(0, sample.image.shape[0] - PATCH + 1, PATCH // 2):
        for i in range(0, sample.image.shape[1] - PATCH + 1, PATCH // 2):
            here = (slice(j, j + PATCH), slice(i, i + PATCH))
            if sample.compared[here].all():
                found.append(np.asarray(rest[here] - rest[here].mean(), float))
    return found


def distance(a: Curve, b: Curve) -> float:
    """Area between two cumulated curves, in the unit of their axis (the earth mover's distance)."""
    step = float(a.x[1] - a.x[0])
    return float(np.abs(np.cumsum(a.y / max(a.y.sum(), 1e-12)) - np.cumsum(b.y / max(b.y.sum(), 1e-12))).sum() * step)
