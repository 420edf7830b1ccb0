"""Turn a recipe into a head: HU and blood on a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.synthesis.anatomy import head as head_of
from models.synthesis.brain import brain_fraction, brain_hu, cupping, tightened, with_calcium, with_dura
from models.synthesis.fields import Grid
from models.synthesis.haemorrhage import with_blood
from models.synthesis.prior import Anatomy
from models.synthesis.recipe import HeadCTRecipe
from models.synthesis.skull import outside_hu

HEAD_GRID = Grid(shape=(72, 176, 144), spacing_mm=(2.0, 1.25, 1.25), first_mm=(-89.4, -92.0, -66.0))
"""A head from the skull base up: fine in the slice, where thin blood is seen, 2 mm across it."""


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """A synthetic head: ``hu`` float32 [k, j, i], ``blood`` fraction 0..1, ``depth_mm`` under the inner table."""

    grid: Grid
    hu: Tensor
    blood: Tensor
    depth_mm: Tensor

    @property
    def blood_ml(self) -> float:
        """Volume of the voxels that are at least half blood."""
        return float((self.blood > 0.5).sum()) * self.grid.voxel_volume_ml


def paint(
    recipe: HeadCTRecipe,
    prior: Sequence[Anatomy],
    device: torch.device | str = "cpu",
    grid: Grid = HEAD_GRID,
) -> Painted:
    """Paint the recipe's head, without scanner: sharp, noiseless, the same every time."""
    anatomy = prior[recipe.anatomy]
    head = head_of(recipe, anatomy, grid, torch.device(device))
    outside, veins = outside_hu(head, anatomy, recipe.skull)
    brain = brain_fraction(head, recipe.tissue)
    hu = with_dura(brain_hu(head, brain, recipe), head, recipe.dura, veins)
    hu = with_calcium(hu, head, recipe.calcifications)
    hu, blood = with_blood(hu, brain, head, recipe)
    hu = tightened(hu, head, recipe.tissue, blood) + cupping(head, recipe.tissue) * (1 - blood)
    hu = outside * (1 - head.inside) + hu * head.inside
    return Painted(grid, hu, blood * (head.inside > 0.5), head.depth_mm)
