"""One slice as the gallery compares it: on the network's pixels, synthetic or real, CT or diffusion MR."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

Modality = Literal["CT", "MR"]
PIXEL_MM: dict[Modality, float] = {"CT": 1.25, "MR": 1.5}
"""Both sides are brought to the pixels that the networks see, so that resolution is not what differs."""

MARGIN_PIXELS = 14


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A slice [j, i]: HU, or DWI over the brain's median; ``tissue`` is where intensities are compared.

    ``lesion`` is outlined where it is known. ``adc`` is in 1e-3 mm2/s, for MR.
    """

    name: str
    modality: Modality
    image: Image
    tissue: Mask
    lesion: Mask
    adc: Image | None = field(default=None)

    @property
    def compared(self) -> Mask:
        """Tissue that is not lesion."""
        return self.tissue & ~self.lesion

    def box(self) -> tuple[slice, slice]:
        """Rows and columns that hold tissue, with a margin for skull and scalp; everything where there is none."""
        rows, columns = np.flatnonzero(self.tissue.any(1)), np.flatnonzero(self.tissue.any(0))
        if not len(rows):
            return slice(None), slice(None)
        return _span(rows), _span(columns)


def _span(places: NDArray[np.intp]) -> slice:
    return slice(max(0, int(places[0]) - MARGIN_PIXELS), int(places[-1]) + 1 + MARGIN_PIXELS)


def resized(image: NDArray[np.generic], pixel_mm: tuple[float, float], target_mm: float) -> Image:
    """A slice [j, i] of (row, column) pixels of so many mm on square pixels of ``target_mm``, area-averaged."""
    rows, columns = (max(8, round(n * mm / target_mm)) for n, mm in zip(image.shape, pixel_mm, strict=True))
    values = torch.from_numpy(np.ascontiguousarray(image, dtype=np.float32))[None, None]
    out: Image = functional.interpolate(values, size=(rows, columns), mode="bilinear", antialias=True)[0, 0].numpy()
    return out


def resized_mask(mask: Mask, pixel_mm: tuple[float, float], target_mm: float) -> Mask:
    """A mask resized as its slice is."""
    return resized(mask.astype(np.float32), pixel_mm, target_mm) > 0.5
