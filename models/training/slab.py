"""Which part of a head is painted for training: a slab, since painting a whole head is what training waits for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from numpy.random import Generator

from models.synthesis.fields import Grid
from models.synthesis.mr.masks import MaskLibrary, middle_mm
from models.synthesis.mr.recipe import HeadMRRecipe, Infarct
from models.synthesis.pose import height_mm
from models.synthesis.recipe import HeadCTRecipe
from pipeline.domain.errors import ConfigurationError

SLICES = 26
"""52 mm: three slices of 8.5 mm with gaps between them, and some room to move."""

ABOUT_A_LESION = 0.7
AT_AN_END = 0.3
"""Of the slabs that are not about a lesion."""

_VENTRICLES_Z_MM = 12.0
_REACH_MM = 60.0
"""From the middle of the head to where a collection lies, along its direction."""


def slab(
    whole: Grid, heights_mm: Sequence[float], end: Literal["top", "bottom"], rng: Generator, slices: int = SLICES
) -> Grid:
    """A part of ``whole`` of so many slices: mostly about one of the heights, else often at an end, else anywhere.

    ``end`` is where healthy heads mislead most: the vertex on CT, where bone lies in the plane of the slice; the
    skull base on diffusion MR, where air bends it.
    """
    dz, count = whole.spacing_mm[0], whole.shape[0]
    last = max(0, count - slices)
    if heights_mm and rng.random() < ABOUT_A_LESION:
        middle = float(rng.choice(heights_mm)) + float(rng.normal(0, 12)) - whole.first_mm[2]
        first = round(middle / dz - slices / 2)
    elif rng.random() < AT_AN_END:
        off = int(rng.integers(0, max(1, slices // 2)))
        first = last - off if end == "top" else off
    else:
        first = int(rng.integers(0, last + 1))
    return whole.slab(min(max(first, 0), last), min(slices, count))


def lesions_z_mm(recipe: HeadCTRecipe) -> list[float]:
    """About how high each lesion lies in head space."""
    blobs = [one.core.centre_mm[2] for one in recipe.haematomas] + [one.centre_mm[2] for one in recipe.infarcts]
    spills = [_VENTRICLES_Z_MM if one.where == "ventricle" else one.centre_mm[2] for one in recipe.spills]
    shells = [5.0 + _REACH_MM * one.direction[2] for one in recipe.collections]
    return blobs + spills + shells


def infarcts_z_mm(recipe: HeadMRRecipe, masks: MaskLibrary | None) -> list[float]:
    """About how high each infarct lies in the scanner; where there is none, whatever could be taken for one."""
    if not recipe.infarcts:
        return [height_mm(recipe.pose, one.shape.centre_mm) for one in recipe.lookalikes]
    return [_height_mm(recipe, one, masks) for one in recipe.infarcts]


def _height_mm(recipe: HeadMRRecipe, infarct: Infarct, masks: MaskLibrary | None) -> float:
    if infarct.shape is not None:
        return height_mm(recipe.pose, infarct.shape.centre_mm)
    if infarct.mask is None or masks is None:
        raise ConfigurationError("this head was drawn with real infarct masks: give their folder (--lesion-masks).")
    return height_mm(recipe.pose, middle_mm(masks.read(infarct.mask.name), infarct.mask))
