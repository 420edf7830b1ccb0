"""Put the prior's tissues where a recipe's head has them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.synthesis.fields import Grid, blur, distance_to, rotation, step, turned
from models.synthesis.prior import Anatomy
from models.synthesis.recipe import Blob, Collection, HeadCTRecipe, Warp

CENTRE_MM = (0.0, 18.0, 8.0)
"""Middle of the head: rotations and scaling go about it."""


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
    skull_at = _posed(recipe, grid, device)
    depth = anatomy.sample(skull_at, ["depth"])["depth"] + recipe.tissue.margin_mm
    brain_at = skull_at + _warp(recipe.pose.brain_warp, grid, depth)
    shells = tuple(_shell(c, skull_at, grid) for c in recipe.collections)
    brain_at = _pushed_by_shells(brain_at, shells, recipe.collections, depth, grid)
    for haematoma in recipe.haematomas:
        brain_at = _pushed_by_blob(brain_at, haematoma.core, haematoma.push)
    for mass in recipe.masses:
        brain_at = _pushed_by_blob(brain_at, mass.core, mass.push)
    brain_at = _aged(brain_at, recipe, anatomy, grid)
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


def _posed(recipe: HeadCTRecipe, grid: Grid, device: torch.device) -> Tensor:
    pose = recipe.pose
    world = grid.coordinates(device)
    centre = tuple(c + s for c, s in zip(CENTRE_MM, pose.shift_mm, strict=True))
    turned_back = turned(rotation(pose.angles_rad), world, centre)
    scale = torch.tensor(pose.scale, device=device).view(3, 1, 1, 1)
    coordinates = turned_back / scale + torch.tensor(CENTRE_MM, device=device).view(3, 1, 1, 1)
    for warp in pose.warps:
        coordinates = coordinates + _warp(warp, grid, coordinates[0])
    if recipe.mirrored:
        coordinates = coordinates * torch.tensor([-1.0, 1.0, 1.0], device=device).view(3, 1, 1, 1)
    return coordinates


def _warp(warp: Warp, grid: Grid, like: Tensor) -> Tensor:
    return warp.noise.field(grid, like, channels=3) * warp.amplitude_mm


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


def _pushed_by_blob(at: Tensor, blob: Blob, push: float) -> Tensor:
    centre, radius = blob.centre_mm, blob.radius_mm
    away = at - torch.tensor(centre, device=at.device).view(3, 1, 1, 1)
    distance = distance_to(at, centre) + 1e-3
    fall = torch.exp(-(distance - radius).clamp(min=0) / (radius + 8.0)) * (distance / radius).clamp(0, 1)
    return at - away / distance * (radius * push * fall)


def _aged(at: Tensor, recipe: HeadCTRecipe, anatomy: Anatomy, grid: Grid) -> Tensor:
    """Ventricles grow along their distance field; an atrophic brain shrinks about its middle."""
    far = anatomy.sample(at, ["to_ventricle"])["to_ventricle"]
    dz, dy, dx = torch.gradient(far, spacing=grid.spacing_mm)
    outward = torch.stack((dx, dy, dz))
    outward = outward / (outward.square().sum(0).sqrt() + 0.3)
    grown = at - outward * (recipe.tissue.ventricle_growth_mm * torch.exp(-far.clamp(0, 60) / 14.0))
    centre = torch.tensor(CENTRE_MM, device=at.device).view(3, 1, 1, 1)
    return (grown - centre) * (1 + recipe.tissue.atrophy) + centre
