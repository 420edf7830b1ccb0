"""Where a phantom series' slices lie in the patient, true to its headers."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np

from pipeline.phantom.plane import Plane
from pipeline.phantom.spec import PhantomSeries

CENTRE_MM = (4.0, -148.0, 0.0)
"""Patient-frame position of the head's origin: a head is never at the frame's origin."""


@dataclass(frozen=True, slots=True)
class SlicePlace:
    """The place of one slice: PS3.3 C.7.6.2 values and the table height along z."""

    ImagePositionPatient: tuple[float, float, float]
    ImageOrientationPatient: tuple[float, float, float, float, float, float]
    SliceLocation: float
    pixel_mm: float
    rows: int

    def plane(self, scale: float) -> Plane:
        """Head-frame coordinates of the pixels, for a head ``scale`` times the ordinary size."""
        steps = np.arange(self.rows, dtype=np.float32) * np.float32(self.pixel_mm)
        x0, y0, z0 = (value - centre for value, centre in zip(self.ImagePositionPatient, CENTRE_MM, strict=True))
        down = self.ImageOrientationPatient[3:]
        x = (x0 + steps)[None, :] / np.float32(scale)
        y = (y0 + steps * np.float32(down[1]))[:, None] / np.float32(scale)
        z = (z0 + steps * np.float32(down[2]))[:, None] / np.float32(scale)
        return Plane(x, y, z)


def places(series: PhantomSeries) -> list[SlicePlace]:
    """The slices' places from the feet upwards."""
    return [_place(series, height) for height in _heights(series)]


def _heights(series: PhantomSeries) -> list[float]:
    gaps = [series.spacing_mm / (2 if k < series.fine_from else 1) for k in range(series.images - 1)]
    return [round(series.bottom_mm + float(sum(gaps[:k])), 4) for k in range(series.images)]


def _place(series: PhantomSeries, height: float) -> SlicePlace:
    """The slice's centre stays over the table's axis; the tilted gantry turns about x."""
    pixel, angle = series.field_mm / series.rows, radians(series.tilt_deg)
    down = (0.0, cos(angle), sin(angle))
    half = pixel * (series.rows - 1) / 2
    x, y, z = CENTRE_MM
    first = (x - half, y - half * down[1], z + height - half * down[2])
    position = (round(first[0], 6), round(first[1], 6), round(first[2], 6))
    orientation = (1.0, 0.0, 0.0, 0.0, round(down[1], 8), round(down[2], 8))
    return SlicePlace(position, orientation, height, pixel, series.rows)
