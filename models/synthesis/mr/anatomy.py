"""Put the prior's tissues where a diffusion recipe's head has them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.synthesis.anatomy import CENTRE_MM
from models.synthesis.fields import Grid, distance_to, rotation, step, turned
from models.synthesis.mr.recipe import HeadMRRecipe, Patch
from models.synthesis.prior import Anatomy
from models.synthesis.recipe import Warp


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
    skull_at = _posed(recipe, grid, device)
    depth = anatomy.sample(skull_at, ["depth"])["depth"] + recipe.tissue.margin_mm
    brain_at = skull_at + _warp(recipe.pose.brain_warp, grid, depth)
    for patch in recipe.lookalikes:
        if patch.push:
            brain_at = _pushed(brain_at, patch)
    brain_at = _aged(brain_at, recipe, anatomy, grid)
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


def _posed(recipe: HeadMRRecipe, grid: Grid, device: torch.device) -> Tensor:
    pose = recipe.pose
    world = grid.coordinates(device)
    centre = tuple(c + s for c, s in zip(CENTRE_MM, pose.shift_mm, strict=True))
    scale = torch.tensor(pose.scale, device=device).view(3, 1, 1, 1)
    middle = torch.tensor(CENTRE_MM, device=device).view(3, 1, 1, 1)
    coordinates = turned(rotation(pose.angles_rad), world, centre) / scale + middle
    for warp in pose.warps:
        coordinates = coordinates + _warp(warp, grid, coordinates[0])
    if recipe.mirrored:
        coordinates = coordinates * torch.tensor([-1.0, 1.0, 1.0], device=device).view(3, 1, 1, 1)
    return coordinates


def _warp(warp: Warp, grid: Grid, like: Tensor) -> Tensor:
    return warp.noise.field(grid, like, channels=3) * warp.amplitude_mm


def _pushed(at: Tensor, patch: Patch) -> Tensor:
    """Brain makes room for a mass."""
    centre, radius = patch.shape.centre_mm, patch.shape.radius_mm
    distance = distance_to(at, centre) + 1e-3
    fall = torch.exp(-(distance - radius).clamp(min=0) / (radius + 8.0)) * (distance / radius).clamp(0, 1)
    away = at - torch.tensor(centre, device=at.device).view(3, 1, 1, 1)
    return at - away / distance * (radius * patch.push * fall)


def _aged(at: Tensor, recipe: HeadMRRecipe, anatomy: Anatomy, grid: Grid) -> Tensor:
    """Ventricles grow along their distance field; an atrophic brain shrinks about its middle."""
    far = anatomy.sample(at, ["to_ventricle"])["to_ventricle"]
    dz, dy, dx = torch.gradient(far, spacing=grid.spacing_mm)
    outward = torch.stack((dx, dy, dz))
    outward = outward / (outward.square().sum(0).sqrt() + 0.3)
    grown = at - outward * (recipe.tissue.ventricle_growth_mm * torch.exp(-far.clamp(0, 60) / 14.0))
    centre = torch.tensor(CENTRE_MM, device=at.device).view(3, 1, 1, 1)
    return (grown - centre) * (1 + recipe.tissue.atrophy) + centre
