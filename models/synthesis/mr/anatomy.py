"""Put the prior's tissues where a diffusion recipe's head has them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.synthesis.fields import Grid, step
from models.synthesis.mr.recipe import HeadMRRecipe
from models.synthesis.pose import aged, displacement, posed, pushed
from models.synthesis.prior import Anatomy


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """One head's geometry: tensors [k, j, i], coordinates [3, k, j, i] of bone and of brain in head space.

    ``brain`` is how much of a voxel is brain and not fluid, ``white`` how much of that is white matter.
    """

    grid: Grid
    skull_at: Tensor
    brain_at: Tensor
    depth_mm: Tensor
    inside: Tensor
    brain: Tensor
    white: Tensor
    ventricle: Tensor
    cerebellum_mm: Tensor


def head(recipe: HeadMRRecipe, anatomy: Anatomy, grid: Grid, device: torch.device) -> Head:
    """Warp the prior as the recipe says."""
    skull_at = posed(recipe.pose, grid, device, mirrored=recipe.mirrored)
    depth = anatomy.sample(skull_at, ["depth"])["depth"] + recipe.tissue.margin_mm
    brain_at = skull_at + displacement(recipe.pose.brain_warp, grid, depth)
    for patch in recipe.lookalikes:
        if patch.push:
            brain_at = pushed(brain_at, patch.shape.centre_mm, patch.shape.radius_mm, patch.push)
    brain_at = aged(brain_at, recipe.tissue.ventricle_growth_mm, recipe.tissue.atrophy, anatomy, grid)
    tissue = anatomy.sample(brain_at, ["grey", "white", "ventricle", "cerebellum"])
    inside = step(depth, 0.7)
    both = (tissue["grey"] + tissue["white"]).clamp(0, 1)
    white = (tissue["white"] / (tissue["grey"] + tissue["white"] + 1e-3)).clamp(0, 1)
    brain = _opened(both, tissue["ventricle"], recipe, grid) * inside
    return Head(grid, skull_at, brain_at, depth, inside, brain, white, tissue["ventricle"], tissue["cerebellum"])


def _opened(both: Tensor, ventricle: Tensor, recipe: HeadMRRecipe, grid: Grid) -> Tensor:
    """Brain with its sulci opened or closed."""
    tissue = recipe.tissue
    wobble = tissue.sulcus_noise.field(grid, both)[0] * 0.16
    sharp = torch.sigmoid((both - tissue.sulcus_threshold - wobble) * tissue.sulcus_sharpness)
    return torch.where(ventricle > 0.3, torch.minimum(both, sharp), sharp)
