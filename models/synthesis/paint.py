"""Turn a recipe into a head: HU and blood on a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.synthesis.anatomy import head as head_of
from models.synthesis.brain import brain_fraction, brain_hu, cupping, tightened, with_calcium, with_dura
from models.synthesis.fields import Grid
from models.synthesis.foreign import with_devices, with_masses
from models.synthesis.haemorrhage import Bleeding, with_blood
from models.synthesis.kinds import Kind
from models.synthesis.prior import Anatomy
from models.synthesis.recipe import HeadCTRecipe
from models.synthesis.skull import outside_hu

HEAD_GRID = Grid(shape=(72, 176, 144), spacing_mm=(2.0, 1.25, 1.25), first_mm=(-89.4, -92.0, -66.0))
"""A head from the skull base up: fine in the slice, where thin blood is seen, 2 mm across it."""


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """A synthetic head, every tensor [k, j, i].

    ``hu`` and ``depth_mm`` (under the inner table) are float32, ``fraction`` is how much of a voxel is
    lesion, 0..1, and ``kind`` (uint8, `Kind`) which lesion that is.
    """

    grid: Grid
    hu: Tensor
    fraction: Tensor
    kind: Tensor
    depth_mm: Tensor

    @property
    def blood(self) -> Tensor:
        """How much of each voxel is blood of any kind, 0..1."""
        return self.fraction * ((self.kind > 0) & (self.kind < Kind.ISCHAEMIA))

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
    healthy, ischaemia = brain_hu(head, brain, recipe)
    hu = with_dura(healthy, head, recipe.dura, veins)
    hu = with_calcium(hu, head, recipe.calcifications)
    bleeding = with_blood(with_masses(hu, brain, head, recipe.masses), brain, head, recipe)
    hu = tightened(bleeding.hu, head, recipe.tissue, bleeding.blood)
    hu = hu + cupping(head, recipe.tissue) * (1 - bleeding.blood)
    hu = with_devices(outside * (1 - head.inside) + hu * head.inside, head, recipe)
    fraction, kind = _labelled(bleeding, ischaemia * brain)
    inside = head.inside > 0.5
    return Painted(grid, hu, fraction * inside, kind * inside, head.depth_mm)


def _labelled(bleeding: Bleeding, ischaemia: Tensor) -> tuple[Tensor, Tensor]:
    """Fraction and kind; blood goes before ischaemia where both lie."""
    kind = bleeding.kind.clone()
    kind[(bleeding.blood < 0.5) & (ischaemia > 0.5)] = int(Kind.ISCHAEMIA)
    fraction = torch.where(kind == Kind.ISCHAEMIA, ischaemia, bleeding.blood)
    return fraction, kind
