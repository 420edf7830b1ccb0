"""Which part of a head is painted for training: a slab, since painting a whole head is what training waits for."""

from __future__ import annotations

import dataclasses

from numpy.random import Generator

from models.synthesis.fields import Grid
from models.synthesis.recipe import HeadCTRecipe

SLICES = 26
"""52 mm: three slices of 8.5 mm with gaps between them, and some room to move."""

_VENTRICLES_Z_MM = 12.0
_REACH_MM = 60.0
"""From the middle of the head to where a collection lies, along its direction."""


def slab(whole: Grid, recipe: HeadCTRecipe, rng: Generator, slices: int = SLICES) -> Grid:
    """A part of ``whole`` of so many slices: mostly about a lesion, else often at the vertex, else anywhere."""
    dz, count = whole.spacing_mm[0], whole.shape[0]
    last = max(0, count - slices)
    lesions = lesions_z_mm(recipe)
    if lesions and rng.random() < 0.7:
        middle = float(rng.choice(lesions)) + float(rng.normal(0, 12)) - whole.first_mm[2]
        first = round(middle / dz - slices / 2)
    elif rng.random() < 0.3:
        # Bone lies in the plane of the slice there, and mimics blood.
        first = last - int(rng.integers(0, max(1, slices // 2)))
    else:
        first = int(rng.integers(0, last + 1))
    first = min(max(first, 0), last)
    x, y, z = whole.first_mm
    shape = (min(slices, count), *whole.shape[1:])
    return dataclasses.replace(whole, shape=shape, first_mm=(x, y, z + first * dz))


def lesions_z_mm(recipe: HeadCTRecipe) -> list[float]:
    """About how high each lesion lies in head space."""
    blobs = [one.core.centre_mm[2] for one in recipe.haematomas] + [one.centre_mm[2] for one in recipe.infarcts]
    spills = [_VENTRICLES_Z_MM if one.where == "ventricle" else one.centre_mm[2] for one in recipe.spills]
    shells = [5.0 + _REACH_MM * one.direction[2] for one in recipe.collections]
    return blobs + spills + shells
