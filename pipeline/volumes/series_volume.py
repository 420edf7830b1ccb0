"""A series as one volume on an even grid, with the way back to its own slices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.volume import Volume
from pipeline.volumes.arrange import Arrangement


@dataclass(frozen=True, slots=True, eq=False)
class SeriesVolume:
    """What a model is given, and what is needed to bring its mask home.

    ``volume`` lies on the even grid of ``arrangement``; the source slices are
    ``arrangement.frames``, in order along the slice normal. ``given`` counts the images that came,
    ``unreadable`` those of them that could not be used; ``notes`` say what was done or left out.
    """

    volume: Volume
    arrangement: Arrangement
    given: int
    unreadable: int
    notes: tuple[str, ...]

    @property
    def incomplete(self) -> bool:
        """Whether images are missing or had to be left out because they could not be read."""
        return self.arrangement.missing > 0 or self.unreadable > 0

    def labels_on_source_slices(self, labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A mask on the even grid, ``[k, j, i]``, brought to the source slices in their order."""
        if self.arrangement.even:
            return labels
        nearest = np.clip(np.rint(self.arrangement.model_k).astype(int), 0, len(labels) - 1)
        mapped: NDArray[np.uint8] = labels[nearest]
        return mapped


def on_even_grid(slices: NDArray[Any], arrangement: Arrangement) -> NDArray[Any]:
    """Source slices ``[k, j, i]`` brought to the even grid by linear interpolation along k."""
    if arrangement.even:
        return slices
    source_k = arrangement.model_k
    filled = np.empty((arrangement.slices, *slices.shape[1:]), dtype=slices.dtype)
    for k in range(arrangement.slices):
        above = int(np.clip(np.searchsorted(source_k, k), 1, len(source_k) - 1))
        share = float(np.clip((k - source_k[above - 1]) / (source_k[above] - source_k[above - 1]), 0, 1))
        blended = (1 - share) * slices[above - 1] + share * slices[above]
        filled[k] = np.rint(blended) if np.issubdtype(slices.dtype, np.integer) else blended
    return filled
