"""What the figures are made of: overlap, lesions found, calibration, ranks, and how sure a mean is.

Pure functions of masks and numbers. Lesions are components that touch by a corner at least, as the
bundles number them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Mask = NDArray[np.bool_]
Labels = NDArray[np.integer]
Values = NDArray[np.float64]

TOUCHING = np.ones((3, 3, 3), bool)


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean (or another statistic) of ``count`` cases with its 95 % interval."""

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Matches:
    """Lesions of one scan: which true ones were met, which marked ones met something.

    A true lesion is met when any marked voxel lies on it (ISLES'22 counts so, Hernandez Petzsche 2022).
    ``dice`` of a true lesion is against all marked lesions that touch it.
    """

    truth_voxels: tuple[int, ...]
    met: tuple[bool, ...]
    dice: tuple[float, ...]
    said_voxels: tuple[int, ...]
    said_meets: tuple[bool, ...]


def dice(said: Mask, truth: Mask) -> float:
    """Twice the overlap over the sum of both; 1 when both are empty."""
    total = int(said.sum()) + int(truth.sum())
    return 2 * int((said & truth).sum()) / total if total else 1.0


def components(mask: Mask) -> tuple[NDArray[np.int32], int]:
    """Components of [k, j, i] that touch by a corner at least, numbered from 1, and how many."""
    parts, count = ndimage.label(mask, structure=TOUCHING)
    return parts, int(count)


def matches(said: Labels, truth: Mask) -> Matches:
    """Compare numbered lesions [k, j, i] with the components of the truth."""
    parts, count = components(truth)
    numbers = int(said.max(initial=0))
    pairs = np.zeros((count + 1, numbers + 1), np.int64)
    np.add.at(pairs, (parts.ravel(), said.ravel()), 1)
    sizes, marked = pairs.sum(1), pairs.sum(0)
    both = pairs[1:, 1:]
    touching = (both > 0) @ marked[1:] if numbers else np.zeros(count, np.int64)
    overlap = 2 * both.sum(1) / np.maximum(sizes[1:] + touching, 1)
    present = np.flatnonzero(marked[1:] > 0)
    return Matches(
        tuple(sizes[1:].tolist()),
        tuple((both.sum(1) > 0).tolist()),
        tuple(overlap.tolist()),
        tuple(marked[1:][present].tolist()),
        tuple((both.sum(0) > 0)[present].tolist()),
    )


def lesion_f1(met: Sequence[bool], said_meets: Sequence[bool]) -> float:
    """Harmonic mean of the lesions found and of the marks that are true; 1 when there is neither."""
    true_positive, missed, false = sum(met), len(met) - sum(met), len(said_meets) - sum(said_meets)
    total = 2 * true_positive + missed + false
    return 2 * true_positive / total if total else 1.0


def calibration_error(probability: Sequence[float], truth: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error over bins of equal width (Guo 2017, arXiv:1706.04599)."""
    said, true = np.asarray(probability, float), np.asarray(truth, float)
    if not len(said):
        return float("nan")
    which = np.minimum((said * bins).astype(int), bins - 1)
    shares = [(which == one).mean() for one in range(bins)]
    gaps = [abs(said[which == n].mean() - true[which == n].mean()) * share for n, share in enumerate(shares) if share]
    return float(sum(gaps))


def area_under_curve(higher: Sequence[float], lower: Sequence[float]) -> float:
    """Chance that one of the first is above one of the second; ties count half (Mann-Whitney)."""
    a, b = np.asarray(higher, float)[:, None], np.asarray(lower, float)[None]
    return float(((a > b) + (a == b) / 2).mean()) if a.size and b.size else float("nan")


def bootstrap(
    values: Sequence[float],
    groups: Sequence[str] | None = None,
    statistic: Callable[[Values], float] | None = None,
    draws: int = 2000,
) -> Interval:
    """A statistic (the mean) with its percentile interval, 2.5 to 97.5 %, the same every time.

    With ``groups``, such as patients, whole groups are drawn: slices of one head are not independent.
    A single case or patient has no interval (NaN).
    """
    numbers = np.asarray(values, float)
    if not len(numbers):
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    names = np.asarray(groups if groups is not None else range(len(numbers)))
    members = [np.flatnonzero(names == name) for name in dict.fromkeys(names.tolist())]
    if len(members) == 1:
        alone = numbers.mean() if statistic is None else statistic(numbers)
        return Interval(float(alone), float("nan"), float("nan"), len(numbers))
    rng = np.random.default_rng(20261122)
    picks = rng.integers(len(members), size=(draws, len(members)))
    if statistic is None:
        sums, counts = (np.array([part(numbers[one]) for one in members]) for part in (np.sum, len))
        found = sums[picks].sum(1) / counts[picks].sum(1)
    else:
        found = np.array([statistic(numbers[np.concatenate([members[n] for n in row])]) for row in picks])
    low, high = np.percentile(found, [2.5, 97.5])
    value = float(numbers.mean()) if statistic is None else float(statistic(numbers))
    return Interval(value, float(low), float(high), len(numbers))
