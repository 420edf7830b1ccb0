"""Noise and texture of slices [k, j, i]: what a photograph of a brain has and a drawing lacks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

TEXTURE_PIXELS = 2.0
GAUSSIAN_MAD = 0.6745


def noise(values: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
    """Robust standard deviation of what a plane through each 3 x 3 patch does not explain (Immerkaer 1996)."""
    beside = _neighbour_mean(values, 1)
    rough = values - beside
    rough -= _neighbour_mean(rough, 2)
    # White noise of deviation 1 leaves 1.5 in this difference of differences.
    return float(np.median(np.abs(rough[where]))) / GAUSSIAN_MAD / 1.5


def texture(values: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
    """Median slope, per pixel, of the slices smoothed by `TEXTURE_PIXELS`."""
    slopes = np.hypot(*(_smoothed_slope(values, axis) for axis in (1, 2)))
    return float(np.median(slopes[where]))


def _smoothed_slope(values: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    order = [0, 0, 0]
    order[axis] = 1
    slope: NDArray[np.float32] = ndimage.gaussian_filter(values, (0, TEXTURE_PIXELS, TEXTURE_PIXELS), order)
    return slope


def _neighbour_mean(values: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    mean: NDArray[np.float32] = ndimage.correlate1d(values, np.array([0.5, 0, 0.5], np.float32), axis=axis)
    return mean
