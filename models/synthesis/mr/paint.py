"""Turn a recipe into a head that a diffusion sequence can be run on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.synthesis.fields import Grid, blur, distance_to
from models.synthesis.mr.anatomy import Head
from models.synthesis.mr.anatomy import head as head_of
from models.synthesis.mr.masks import MaskLibrary
from models.synthesis.mr.outside import outside_signal
from models.synthesis.mr.recipe import HeadMRRecipe
from models.synthesis.mr.tissue import Parenchyma, changed, healthy, infarcted
from models.synthesis.prior import Anatomy

MR_GRID = Grid(shape=(72, 144, 120), spacing_mm=(2.0, 1.5, 1.5), first_mm=(-89.25, -92.0, -66.0))
"""A head from the skull base up, in the pixels that the network sees."""


@dataclass(frozen=True, slots=True, eq=False)
class PaintedMR:
    """What a scanner finds in a head; every tensor float32 [k, j, i].

    ``tissue`` is the signal at b = 0 of what diffuses with ``adc`` (1e-3 mm2/s), healthy grey matter
    being about 1; ``fluid`` that of cerebrospinal fluid and eyes, which diffuse with ``fluid_adc``.
    ``infarct`` is how much of a voxel is infarcted, 0..1; ``shift_mm`` how far echo-planar imaging
    moves its signal along +y; ``flair`` the signal of a FLAIR of the same head, where it is wanted.
    """

    grid: Grid
    tissue: Tensor
    adc: Tensor
    fluid: Tensor
    fluid_adc: float
    infarct: Tensor
    shift_mm: Tensor
    depth_mm: Tensor
    flair: Tensor | None = None

    @property
    def infarct_ml(self) -> float:
        """Volume of the voxels that are at least half infarct."""
        return float((self.infarct > 0.5).sum()) * self.grid.voxel_volume_ml


def paint(
    recipe: HeadMRRecipe,
    prior: Sequence[Anatomy],
    masks: MaskLibrary | None = None,
    device: torch.device | str = "cpu",
    grid: Grid = MR_GRID,
) -> PaintedMR:
    """Paint the recipe's head, without scanner: sharp, noiseless, the same every time."""
    anatomy = prior[recipe.anatomy]
    head = head_of(recipe, anatomy, grid, torch.device(device))
    parenchyma = healthy(head, recipe)
    for patch in (*recipe.bright, *recipe.lookalikes):
        changed(parenchyma, patch, head)
    infarct = infarcted(parenchyma, recipe.infarcts, head, masks)
    tissue, fluid, flair = _signals(parenchyma, head, recipe)
    outside = outside_signal(head, anatomy, recipe.outside)
    loss, shift = _field(head, recipe)
    beyond = 1 - head.inside
    adc = parenchyma.adc * head.inside + outside.adc * beyond
    tissue = (tissue * head.inside + outside.tissue * beyond) * loss
    fluid = (fluid * head.inside + outside.fluid * beyond) * loss
    infarct = infarct * parenchyma.brain * (head.inside > 0.5)
    return PaintedMR(grid, tissue, adc, fluid, recipe.tissue.fluid_adc, infarct, shift, head.depth_mm, flair)


def _signals(parenchyma: Parenchyma, head: Head, recipe: HeadMRRecipe) -> tuple[Tensor, Tensor, Tensor]:
    """Signal at b = 0 of brain and of fluid, and the FLAIR signal of both: grey matter is 1 at b = 0."""
    tissue = recipe.tissue
    decay = torch.exp(-tissue.echo_ms / parenchyma.t2_ms)
    grey = torch.exp(torch.tensor(-tissue.echo_ms / tissue.grey_t2_ms))
    brain = parenchyma.brain * parenchyma.signal * parenchyma.density * decay / grey
    water = torch.exp(torch.tensor(-tissue.echo_ms / tissue.fluid_t2_ms)) / 0.85
    fluid = (1 - parenchyma.brain) * (water / grey)
    flair_decay = torch.exp(-FLAIR_ECHO_MS / parenchyma.t2_ms)
    flair = parenchyma.brain * parenchyma.signal * parenchyma.density * flair_decay * head.inside
    return brain, fluid, flair


FLAIR_ECHO_MS = 115.0
"""Inversion nulls fluid; what is left follows T2."""


def _field(head: Head, recipe: HeadMRRecipe) -> tuple[Tensor, Tensor]:
    """Signal left by susceptibility, 0..1, and how far signal is shifted, mm along +y."""
    shift = recipe.field_noise.field(head.grid, head.depth_mm)[0] * recipe.field_mm
    loss = torch.ones_like(shift)
    wobble = 1 + 0.4 * blur(recipe.outside.noise.field(head.grid, shift)[0], (1, 1, 1))
    for dipole in recipe.dipoles:
        near = torch.exp(-((distance_to(head.skull_at, dipole.centre_mm) / dipole.radius_mm) ** 2)) * wobble
        shift = shift + dipole.shift_mm * near
        loss = loss * (1 - dipole.loss * near.clamp(0, 1))
    return loss, shift
