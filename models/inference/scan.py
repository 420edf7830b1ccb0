"""What a network is given: the seam between kinds of image and the network that looks at slices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from models.inference.frame import Frame
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """A patient's images on the network's voxels.

    ``images`` is float32 [image, k, j, i] on ``frame.plan.network_kji``; ``inside`` is bool [k, j, i],
    where a lesion can lie; both on the device asked for. ``box`` are the rows and columns that hold anything.
    ``out_of_distribution`` is as in `pipeline.domain.ports.Prediction`.
    """

    frame: Frame
    images: Tensor
    inside: Tensor
    box: tuple[slice, slice]
    flags: tuple[str, ...] = ()
    out_of_distribution: float | None = None


class ScanReader(Protocol):
    """One kind of image: what is refused, what is said about it, and how the network sees it."""

    def read(self, volume: Volume, companions: Mapping[SeriesRole, Volume], device: torch.device) -> Scan:
        """The scan; raises `OutsideDeclaredInputs` with the reason."""
        ...

    def channels(self, images: Tensor) -> Tensor:
        """Network input [n, channel, j, i] of ``n + 2`` slices in a row, [image, n + 2, j, i]."""
        ...


def neighbours(stack: Tensor, first: int, last: int) -> Tensor:
    """Slices ``first`` to ``last`` of [image, k, j, i] with one more at each end, the ends repeated."""
    places = torch.arange(first - 1, last + 1).clamp(0, stack.shape[1] - 1).to(stack.device)
    return stack[:, places]


def box_around(used: Tensor, margin: int) -> tuple[slice, slice]:
    """Rows and columns of [k, j, i] in which anything is used, with a margin; all of them where nothing is."""
    flat = used.any(0)
    if not bool(flat.any()):
        return slice(0, used.shape[1]), slice(0, used.shape[2])
    return _span(flat.any(1), margin), _span(flat.any(0), margin)


def _span(used: Tensor, margin: int) -> slice:
    places = torch.nonzero(used)[:, 0]
    return slice(max(0, int(places[0]) - margin), min(len(used), int(places[-1]) + 1 + margin))
