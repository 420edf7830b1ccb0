"""Exact quantiles on the device where the values lie."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor


def quantiles(values: Tensor, shares: Sequence[float]) -> list[float]:
    """The values below which these shares (0 to 1) of ``values`` lie, interpolated linearly, as numpy's are.

    ``values`` holds at least one. torch's own quantile takes no more than 16 million and sorts them all.
    """
    return [_quantile(values.flatten(), share) for share in shares]


def median(values: Tensor) -> float:
    """The middle value, or the mean of the two middle ones."""
    return _quantile(values.flatten(), 0.5)


def _quantile(values: Tensor, share: float) -> float:
    place = share * (len(values) - 1)
    below = int(place)
    low = float(values.kthvalue(below + 1).values)
    if place == below:
        return low
    return low + (place - below) * (float(values.kthvalue(below + 2).values) - low)
