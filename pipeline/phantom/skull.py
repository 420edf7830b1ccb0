"""The hard and outer parts of the phantom head: vault, base, face, scalp and head-rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.phantom.plane import Body, Ellipsoid, Field, Plane, Tube, mirrored, paint
from pipeline.phantom.tissue import Tissue

Labels = NDArray[np.uint8]

BONE_MM = 6.5
SCALP_MM = 13.0
_VAULT_Z = 20.0

_FOSSA = Ellipsoid((0, 38, -28), (52, 43, 34))
_FACE = Ellipsoid((0, -26, -58), (62, 72, 78))
_NECK = Ellipsoid((0, 26, -110), (62, 60, 100))


def depth_mm(plane: Plane) -> Field:
    """Signed distance to the inner table, below 0 inside the skull, [row, column]; good near 0."""
    return np.minimum(_vault_mm(plane), fossa_mm(plane))


def fossa_mm(plane: Plane) -> Field:
    """Signed distance to the posterior fossa's wall, below 0 inside."""
    return _distance(_FOSSA, plane)


def draw_outside(labels: Labels, plane: Plane, depth: Field) -> None:
    """Head-rest, skin, fat, muscle and the skull's two tables, in place."""
    _draw_head_rest(labels, plane)
    outer = np.minimum(depth - SCALP_MM, np.minimum(_distance(_FACE, plane), _distance(_NECK, plane)))
    labels[outer < 0] = Tissue.SKIN
    labels[outer < -2.0] = Tissue.FAT
    labels[outer < -4.5] = Tissue.MUSCLE
    labels[(outer < -4.5) & (_marbling(plane) > 1.0)] = Tissue.FAT
    for body in (*mirrored(Ellipsoid((80, 12, -18), (6, 14, 24))), Ellipsoid((0, -100, -36), (11, 14, 18))):
        paint(labels, plane, body, Tissue.SKIN)
    labels[(depth >= 0) & (depth < BONE_MM)] = Tissue.COMPACT_BONE
    labels[(depth >= 1.6) & (depth < BONE_MM - 1.6)] = Tissue.SPONGY_BONE


def draw_base(labels: Labels, plane: Plane) -> None:
    """Skull base, orbits, sinuses, jaw and first vertebrae, over whatever was there."""
    for body, label in _BASE:
        paint(labels, plane, body, label)
    _draw_mastoid_cells(labels, plane)
    for body, label in _CANAL:
        paint(labels, plane, body, label)


def _vault_mm(plane: Plane) -> Field:
    """An egg, wider behind, flat below: half axes 67, 84, 68 up and 50 down."""
    a = 67.0 * (1 + 0.07 * plane.y / 85.0)
    z = plane.z - _VAULT_Z
    up = z > 0
    height = np.where(up, (z / 68.0) ** 2, (z / 50.0) ** 4)
    slope = np.where(up, 2 * z / 68.0**2, 4 * z**3 / 50.0**4)
    level = plane.x**2 * (1 / a**2) + ((plane.y / 84.0) ** 2 + height - 1)
    steep = (2 * plane.x) ** 2 * (1 / a**4) + ((2 * plane.y / 84.0**2) ** 2 + slope**2 + 1e-8)
    level /= np.sqrt(steep, out=steep)
    return level


def _distance(body: Ellipsoid, plane: Plane) -> Field:
    away = [axis - centre for axis, centre in zip((plane.x, plane.y, plane.z), body.centre, strict=True)]
    x, y, z = ((d / half) ** 2 for d, half in zip(away, body.half, strict=True))
    u, v, w = ((2 * d / half**2) ** 2 for d, half in zip(away, body.half, strict=True))
    level: Field = x + (y + z - 1)
    steep = u + (v + w + 1e-8)
    level /= np.sqrt(steep, out=steep)
    return level


def _marbling(plane: Plane) -> Field:
    """Fat between muscles: high where two slow waves meet."""
    field: Field = np.sin(plane.x * 0.21 + plane.z * 0.05) * np.cos(plane.y * 0.17)
    field += np.sin(plane.y * 0.11 - plane.z * 0.09)
    return field


def _draw_head_rest(labels: Labels, plane: Plane) -> None:
    radius = np.sqrt(plane.x**2 + (plane.y + 5.0) ** 2)
    behind = plane.y > 0.62 * radius
    labels[behind & (radius > 100) & (radius < 113)] = Tissue.FOAM
    labels[behind & (radius >= 113) & (radius < 115.5)] = Tissue.PLASTIC


def _draw_mastoid_cells(labels: Labels, plane: Plane) -> None:
    for body in mirrored(Ellipsoid((57, 24, -36), (10, 13, 15))):
        window = plane.window(*body.box())
        part = plane.part(window)
        if not (part.x.size and part.y.size):
            continue
        inside = body.level(part) < 1
        cells = np.sin(part.x * 1.7) * np.sin(part.y * 1.5) + np.sin(part.z * 1.3 + part.x) > 0.1
        labels[window][inside] = Tissue.SPONGY_BONE
        labels[window][inside & cells] = Tissue.AIR


def _both(body: Body, label: Tissue) -> list[tuple[Body, Tissue]]:
    return [(half, label) for half in mirrored(body)]


_BASE: tuple[tuple[Body, Tissue], ...] = (
    *_both(Tube((60, 22, -28), (16, -2, -26), 7.5), Tissue.COMPACT_BONE),  # petrous pyramids
    *_both(Tube((60, -30, -14), (12, -22, -8), 2.2), Tissue.COMPACT_BONE),  # sphenoid wings
    (Ellipsoid((0, -20, -30), (18, 20, 13)), Tissue.COMPACT_BONE),
    (Ellipsoid((0, -24, -29), (14, 15, 10)), Tissue.AIR),  # sphenoid sinus
    (Tube((0, 2, -24), (0, 14, -52), 7.0), Tissue.SPONGY_BONE),  # clivus
    *_both(Ellipsoid((33, -58, -12), (19, 25, 18)), Tissue.COMPACT_BONE),
    *_both(Ellipsoid((33, -59, -12), (17, 24, 16)), Tissue.FAT),  # orbits
    *_both(Tube((33, -62, -12), (16, -34, -11), 2.0), Tissue.MUSCLE),  # optic nerves
    *_both(Ellipsoid((33, -73, -12), (12, 12, 12)), Tissue.EYE),
    (Ellipsoid((0, -56, -20), (15, 28, 17)), Tissue.COMPACT_BONE),
    (Ellipsoid((-6, -56, -20), (5.5, 25, 14)), Tissue.AIR),  # ethmoid
    (Ellipsoid((6, -56, -20), (5.5, 25, 14)), Tissue.AIR),
    *_both(Ellipsoid((11, -88, 3), (11, 6, 12)), Tissue.COMPACT_BONE),
    *_both(Ellipsoid((11, -88, 3), (9, 3.6, 9)), Tissue.AIR),  # frontal sinus
    *_both(Ellipsoid((29, -58, -46), (16, 18, 19)), Tissue.COMPACT_BONE),
    *_both(Ellipsoid((29, -58, -46), (14.2, 16.2, 17.2)), Tissue.AIR),  # maxillary sinuses
    *_both(Ellipsoid((5.5, -62, -50), (4.2, 30, 17)), Tissue.AIR),  # nose
    (Ellipsoid((0, -14, -56), (12, 9, 20)), Tissue.AIR),  # pharynx
    *_both(Tube((52, -56, -36), (67, -8, -32), 2.8), Tissue.COMPACT_BONE),  # cheek bones
    *_both(Tube((50, -14, -42), (46, -44, -92), 5.5), Tissue.COMPACT_BONE),  # jaw
)
_CANAL: tuple[tuple[Body, Tissue], ...] = (
    (Ellipsoid((0, 30, -64), (24, 20, 7)), Tissue.COMPACT_BONE),  # atlas
    (Tube((0, 31, -38), (0, 34, -130), 12.0), Tissue.FLUID),
    (Tube((0, 30, -38), (0, 34, -130), 6.5), Tissue.WHITE),
)
