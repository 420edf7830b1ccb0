"""Noise and texture of slices [k, j, i]: what a photograph of a brain has and a drawing lacks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from models.inference.quantiles import median

TEXTURE_PIXELS = 2.0
GAUSSIAN_MAD = 0.6745

Filter = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def noise(values: Tensor, where: Tensor) -> float:
    """Robust standard deviation of what a plane through each 3 x 3 patch does not explain (Immerkaer 1996)."""
    beside = values - filtered(values, rows=_neighbour_mean)
    rough = beside - filtered(beside, columns=_neighbour_mean)
    # White noise of deviation 1 leaves 1.5 in this difference of differences.
    return median(rough[where].abs()) / GAUSSIAN_MAD / 1.5


def texture(values: Tensor, where: Tensor) -> float:
    """Median slope, per pixel, of the slices smoothed by `TEXTURE_PIXELS`."""
    smooth, slope = gaussian(TEXTURE_PIXELS), gaussian(TEXTURE_PIXELS, order=1)
    slopes = torch.hypot(filtered(values, rows=slope, columns=smooth), filtered(values, rows=smooth, columns=slope))
    return median(slopes[where])


def gaussian(pixels: float, order: int = 0) -> Filter:
    """Smoothing by a normal curve of this deviation, or its first derivative."""
    return lambda lines: ndimage.gaussian_filter1d(lines, pixels, axis=0, order=order)


def filtered(values: Tensor, rows: Filter | None = None, columns: Filter | None = None) -> Tensor:
    """Slices [k, j, i] with a linear filter along each column (over rows) and each row (over columns).

    Each filter acts as a matrix, which on any device is one product, edges included.
    """
    if rows is not None:
        values = _matrix(rows, values.shape[1], values.device) @ values
    if columns is not None:
        values = values @ _matrix(columns, values.shape[2], values.device).T
    return values


def _matrix(one: Filter, count: int, device: torch.device) -> Tensor:
    """What a filter over the first axis makes of every unit vector: [count, count]."""
    return torch.from_numpy(one(np.eye(count)).astype(np.float32)).to(device)


def _neighbour_mean(lines: NDArray[np.float64]) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = ndimage.correlate1d(lines, [0.5, 0.0, 0.5], axis=0)
    return mean
