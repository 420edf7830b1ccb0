"""Blood and infarct of a given volume: a level field cut where it holds that many millilitres."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.finding import Side
from pipeline.phantom.plane import Ellipsoid, Field, Plane
from pipeline.phantom.skull import depth_mm
from pipeline.phantom.spec import BleedSite, Haemorrhage

_CENTRE_LEFT = {
    BleedSite.BASAL_GANGLIA: (30.0, -2.0, 13.0),
    BleedSite.THALAMUS: (13.0, 14.0, 14.0),
    BleedSite.LOBAR: (34.0, 38.0, 42.0),
    BleedSite.CEREBELLUM: (24.0, 52.0, -26.0),
    BleedSite.SUBDURAL: (66.0, -5.0, 40.0),
}
_INFARCT_CENTRE = (-42.0, 4.0, 26.0)
_STEPS = 44
"""Points along each side of the box in which the volume is counted."""

LevelField = Callable[[Plane], Field]


@dataclass(frozen=True, slots=True)
class Lesion:
    """A body bounded by ``level(plane) < threshold``; ``reach_mm`` bounds it around ``centre``."""

    level: LevelField
    threshold: float
    centre: tuple[float, float, float]
    reach_mm: float

    def box(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """Two opposite corners around it, in the head's frame."""
        (x, y, z), r = self.centre, self.reach_mm
        return (x - r, y - r, z - r), (x + r, y + r, z + r)


def bleed(haemorrhage: Haemorrhage, phase: Field, scale: float = 1.0) -> Lesion:
    """The blood of a haemorrhage in a head ``scale`` times the ordinary size, true in volume to a few per cent."""
    volume_ml = haemorrhage.volume_ml / scale**3
    x, y, z = _CENTRE_LEFT[haemorrhage.site]
    centre = (x if haemorrhage.side is Side.LEFT else -x, y, z)
    if haemorrhage.site is BleedSite.SUBDURAL:
        return _of_volume(lambda plane: _crescent(plane, centre), centre, volume_ml, reach=3.2)
    return _of_volume(lambda plane: _lump(plane, centre, (0.85, 1.2, 1.0), phase), centre, volume_ml)


def infarct(volume_ml: float, phase: Field, scale: float = 1.0) -> Lesion:
    """A fresh infarct in the right middle cerebral artery's territory."""
    centre, ratio = _INFARCT_CENTRE, (0.8, 1.4, 1.0)
    return _of_volume(lambda plane: _lump(plane, centre, ratio, phase), centre, volume_ml / scale**3)


def _lump(plane: Plane, centre: tuple[float, float, float], ratio: tuple[float, float, float], phase: Field) -> Field:
    """Distance from the centre in mm, uneven by about an eighth, and far outside the brain."""
    body = Ellipsoid(centre, ratio)
    dx, dy, dz = plane.x - centre[0], plane.y - centre[1], plane.z - centre[2]
    wobble = 0.07 * np.sin(dx * 0.35 + phase[7]) + 0.07 * np.sin(dy * 0.31 + dz * 0.27 + phase[8])
    level = np.sqrt(body.level(plane)) * (1 + wobble)
    inside: Field = np.where(depth_mm(plane) < -3.0, level, np.float32(1e6))
    return inside


def _crescent(plane: Plane, centre: tuple[float, float, float]) -> Field:
    """Along the inner table: thickest over the centre, thinning with distance from it."""
    depth = depth_mm(plane)
    away = np.sqrt((plane.x - centre[0]) ** 2 + ((plane.y - centre[1]) ** 2 + (plane.z - centre[2]) ** 2))
    level: Field = -depth * 3.2 + away * 0.45
    inside: Field = np.where((depth < 0) & (plane.x * centre[0] > 0), level, np.float32(1e6))
    return inside


def _of_volume(level: LevelField, centre: tuple[float, float, float], volume_ml: float, reach: float = 1.9) -> Lesion:
    radius_mm = (3000.0 * volume_ml / (4 * np.pi)) ** (1 / 3)
    reach_mm = reach * radius_mm
    step = 2 * reach_mm / _STEPS
    axis = ((np.arange(_STEPS) + 0.5) * step - reach_mm).astype(np.float32)
    levels = np.concatenate([_cut(level, centre, axis, height).ravel() for height in axis])
    wanted = min(round(volume_ml * 1000.0 / step**3), levels.size - 1)
    threshold = float(np.partition(levels, wanted)[wanted])
    return Lesion(level, threshold, centre, reach_mm)


def _cut(level: LevelField, centre: tuple[float, float, float], axis: NDArray[np.float32], height: float) -> Field:
    x, y, z = centre
    columns, rows = (axis + x)[None, :], (axis + y)[:, None]
    return level(Plane(columns, rows, np.full_like(rows, z + height)))
