"""Put the prior's tissues where a recipe's head has them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.synthesis.fields import Grid, blur, distance_to, rotation, step, turned
from models.synthesis.pose import aged, displacement, posed, pushed
from models.synthesis.prior import Anatomy
from models.synthesis.recipe import Blob, Collection, HeadCTRecipe


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """One head's geometry: every tensor is [k, j, i], coordinates [3, k, j, i].

    ``depth_mm`` is the distance inside the inner table, ``skull_at`` and ``brain_at`` the head-space
    coordinates of bone and of brain (which a lesion may have pushed), ``shell_mm`` the thickness of
    each extra-axial collection.
    """

    grid: Grid
    skull_at: Tensor
    brain_at: Tensor
    depth_mm: Tensor
    inside: Tensor
    grey: Tensor
    white: Tensor
    ventricle: Tensor
    cerebellum_mm: Tensor
    shells_mm: tuple[Tensor, ...]


def head(recipe: HeadCTRecipe, anatomy: Anatomy, grid: Grid, device: torch.device) -> Head:
    """Warp the prior as the recipe says."""
    skull_at = posed(recipe.pose, grid, device, mirrored=recipe.mirrored)
    depth = anatomy.sample(skull_at, ["depth"])["depth"] + recipe.tissue.margin_mm
    brain_at = skull_at + displacement(recipe.pose.brain_warp, grid, depth)
    shells = tuple(_shell(c, skull_at, grid) for c in recipe.collections)
    brain_at = _pushed_by_shells(brain_at, shells, recipe.collections, depth, grid)
    rooms = [(one.core, one.push) for one in recipe.haematomas] + [(one.core, one.push) for one in recipe.masses]
    for core, push in rooms:
        brain_at = pushed(brain_at, core.centre_mm, core.radius_mm, push)
    brain_at = aged(brain_at, recipe.tissue.ventricle_growth_mm, recipe.tissue.atrophy, anatomy, grid)
    tissue = anatomy.sample(brain_at, ["grey", "white", "ventricle", "cerebellum"])
    return Head(
        grid, skull_at, brain_at, depth, step(depth, 0.7),
        tissue["grey"], tissue["white"], tissue["ventricle"], tissue["cerebellum"], shells,
    )  # fmt: skip


def irregular(blob: Blob, coordinates: Tensor, grid: Grid) -> Tensor:
    """Signed distance-like level of a blob, positive inside, in mm."""
    relative = turned(rotation(blob.angles_rad), coordinates, blob.centre_mm)
    level = blob.radius_mm - distance_to(relative, (0.0, 0.0, 0.0), blob.axes)
    return level + blob.noise.field(grid, level)[0] * (blob.radius_mm * blob.roughness)


def _shell(collection: Collection, skull_at: Tensor, grid: Grid) -> Tensor:
    """Thickness in mm of a collection under each direction of the inner table."""
    centre = (0.0, 18.0, 5.0)
    radius = distance_to(skull_at, centre) + 1e-3
    cosine = sum((skull_at[a] - centre[a]) * collection.direction[a] for a in range(3)) / radius
    angle = torch.arccos(torch.as_tensor(cosine).clamp(-0.999, 0.999))
    profile = (1 - (angle / collection.width_rad) ** collection.power).clamp(0, 1)
    if collection.shape == "crescent":
        profile = profile * step(collection.side * skull_at[0] - 1.0, 0.7)
    wobble = 1 + 0.15 * collection.thickness_noise.field(grid, profile)[0]
    return (collection.thickness_mm * profile * wobble).clamp(0, 40)


def _inward(depth: Tensor, grid: Grid) -> Tensor:
    """Unit vectors [3, k, j, i], (x, y, z), pointing to the middle of the head."""
    dz, dy, dx = torch.gradient(blur(depth, (1.5, 2.5, 2.5)), spacing=grid.spacing_mm)
    vector = torch.stack((dx, dy, dz))
    return vector / (vector.square().sum(0).sqrt() + 1e-3)


def _pushed_by_shells(
    at: Tensor, shells: tuple[Tensor, ...], collections: tuple[Collection, ...], depth: Tensor, grid: Grid
) -> Tensor:
    if not shells:
        return at
    push = sum(blur(t, (2, 3, 3)) * c.push for t, c in zip(shells, collections, strict=True))
    return at - _inward(depth, grid) * (push * torch.exp(-depth.clamp(min=0) / 35.0))[None]
