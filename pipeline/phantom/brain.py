"""The soft inside of the phantom skull: cortex with sulci, white matter, nuclei, ventricles, cerebellum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.phantom.plane import Body, Ellipsoid, Field, Mask, Plane, Tube, mirrored, paint
from pipeline.phantom.skull import fossa_mm
from pipeline.phantom.tissue import Tissue

Labels = NDArray[np.uint8]

_GYRUS_MM = 21.0
"""Period of the folds: two gyri of about 10 mm."""
_FOLDED_MM = 23.0
"""How deep sulci reach."""
_STEM_CISTERN = Ellipsoid((0, 10, -28), (24, 21, 40))


def draw_brain(labels: Labels, plane: Plane, depth: Field, phase: Field) -> None:
    """Everything inside the skull, in place; ``phase`` (9 angles) makes one brain unlike another."""
    inside = depth < 0
    below = -depth
    labels[inside] = Tissue.FLUID
    _draw_cerebrum(labels, plane, below, phase)
    _draw_cerebellum(labels, plane, inside)
    for body, label in _DEEP:
        paint(labels, plane, body, label)
    _draw_falx(labels, plane, below)


def _draw_cerebrum(labels: Labels, plane: Plane, below: Field, phase: Field) -> None:
    folds = np.abs(_folds(plane, phase)) * np.float32(_GYRUS_MM / (2 * np.pi * 1.2))
    folded = np.clip(1 - below / _FOLDED_MM, 0, 1)
    brain = below > 2.4
    labels[brain] = Tissue.WHITE
    labels[brain & (below < 5.5)] = Tissue.GREY
    labels[brain & (folds < 0.4 + 3.2 * np.sqrt(folded)) & (below < _FOLDED_MM)] = Tissue.GREY
    labels[brain & (folds < 1.3 * folded)] = Tissue.SULCUS


def _folds(plane: Plane, phase: Field) -> Field:
    """A warped gyroid: its zero surface winds through the cortex as sulci do.

    Each warped wave is a product of a row and a column, so that no sine is taken per pixel.
    """
    k = np.float32(2 * np.pi / _GYRUS_MM)
    bend = 1.3 * np.sin(plane.y * 0.047 + phase[1]) + 0.9 * np.sin(plane.z * 0.06 + phase[2])
    across = _wave(plane.x * k + phase[0], bend)
    back = _wave(1.4 * np.sin(plane.x * 0.052 + phase[3]), plane.y * k + 0.8 * np.sin(plane.z * 0.05 + phase[4]))
    up = _wave(1.5 * np.sin(plane.x * 0.061 + phase[5]), plane.z * k + 1.1 * np.sin(plane.y * 0.058 + phase[6]))
    field: Field = across[0] * back[1]
    field += back[0] * up[1]
    field += up[0] * across[1]
    return field


def _wave(columns: Field, rows: Field) -> tuple[Field, Field]:
    """Sine and cosine of ``columns + rows``."""
    sc, cc, sr, cr = np.sin(columns), np.cos(columns), np.sin(rows), np.cos(rows)
    return sc * cr + cc * sr, cc * cr - sc * sr


def _draw_cerebellum(labels: Labels, plane: Plane, inside: Mask) -> None:
    tent = -9.0 + 0.32 * (68.0 - plane.y)
    under = inside & (plane.z < tent)
    wall = fossa_mm(plane)
    labels[under & (wall < 0.3) & (plane.y > 0)] = Tissue.FLUID
    lobe = under & (wall < -1.2) & (plane.z < tent - 1.0) & (_STEM_CISTERN.level(plane) > 1) & (plane.y > 6)
    labels[lobe] = Tissue.GREY
    folia = np.sin(plane.z * 1.25 + 0.10 * plane.y + 0.0008 * plane.x**2)
    labels[lobe & ((wall < -13.0) | ((folia > 0.55) & (wall < -4.0)))] = Tissue.WHITE


def _draw_falx(labels: Labels, plane: Plane, below: Field) -> None:
    cleft = (np.abs(plane.x) < 1.7) & (below > 0) & (below < 30) & (plane.z > -5)
    labels[cleft] = Tissue.FLUID
    labels[cleft & (np.abs(plane.x) < 0.7) & ((plane.y < -30) | (plane.y > 20) | (plane.z > 45))] = Tissue.FALX


def _both(body: Body, label: Tissue) -> list[tuple[Body, Tissue]]:
    return [(half, label) for half in mirrored(body)]


_DEEP: tuple[tuple[Body, Tissue], ...] = (
    # Sylvian fissure and insula
    *_both(Ellipsoid((50, -12, 8), (12, 2.6, 9)), Tissue.SULCUS),
    *_both(Ellipsoid((39, -6, 12), (4.6, 19, 15)), Tissue.GREY),
    *_both(Ellipsoid((40.5, -6, 12), (1.7, 17, 13)), Tissue.SULCUS),
    # cisterns
    (Ellipsoid((0, -6, -11), (15, 11, 6)), Tissue.FLUID),
    (Ellipsoid((0, 33, -1), (14, 4, 7)), Tissue.FLUID),
    (Ellipsoid((0, 14, -26), (17, 14, 18)), Tissue.FLUID),
    # brainstem
    (Ellipsoid((0, 16, -3), (17, 12, 10)), Tissue.WHITE),
    (Ellipsoid((0, 20, -24), (15, 12, 15)), Tissue.WHITE),
    (Tube((0, 26, -36), (0, 31, -60), 8.0), Tissue.WHITE),
    # nuclei
    *_both(Ellipsoid((14, -15, 20), (5, 12, 9)), Tissue.GREY),
    *_both(Ellipsoid((27, -3, 12), (6.5, 16, 12)), Tissue.GREY),
    *_both(Ellipsoid((11, 13, 14), (8.5, 13, 10)), Tissue.GREY),
    # ventricles
    *_both(Tube((7, -28, 18), (9, -6, 29), 4.6), Tissue.FLUID),
    *_both(Tube((9, -6, 30), (15, 24, 31), 4.8), Tissue.FLUID),
    *_both(Tube((16, 24, 30), (26, 36, 16), 5.6), Tissue.FLUID),
    *_both(Tube((26, 36, 16), (22, 56, 13), 3.4), Tissue.FLUID),
    *_both(Tube((27, 32, 10), (33, 2, -10), 2.4), Tissue.FLUID),
    (Ellipsoid((0, 5, 11), (2.2, 14, 10)), Tissue.FLUID),
    (Ellipsoid((0, 37, -24), (7, 5.5, 9)), Tissue.FLUID),
)
