"""How a head lies, how old its brain is, and how brain makes room: the same on CT and on MR.

Coordinates are [3, k, j, i], (x, y, z) in head space (LPS, mm).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from models.synthesis.draw_shape import Draw
from models.synthesis.fields import Grid, Triple, distance_to, rotation, turned
from models.synthesis.prior import Anatomy
from models.synthesis.recipe import Pose, Warp

CENTRE_MM = (0.0, 18.0, 8.0)
"""Middle of the head: rotations and scaling go about it."""

RADIANS = math.pi / 180


def draw_pose(d: Draw, turn_sd_degrees: Triple) -> Pose:
    """A head turned about each axis, of its own size and proportions."""
    turn = tuple(d.normal(sd) for sd in turn_sd_degrees)
    scale = d.between(0.92, 1.1)
    return Pose(
        angles_rad=(turn[0] * RADIANS, turn[1] * RADIANS, turn[2] * RADIANS),
        scale=(scale * d.between(0.95, 1.06), scale * d.between(0.95, 1.06), scale * d.between(0.95, 1.06)),
        shift_mm=(d.between(-5, 5), d.between(-6, 6), d.between(-10, 10)),
        warps=(Warp(d.noise(60), d.between(1, 4)), Warp(d.noise(28), d.between(0.4, 1.6))),
        brain_warp=Warp(d.noise(16), d.between(0.3, 1.6)),
    )


def posed(pose: Pose, grid: Grid, device: torch.device, *, mirrored: bool) -> Tensor:
    """Where in head space each voxel of the scanner's grid lies."""
    world = grid.coordinates(device)
    centre = tuple(c + s for c, s in zip(CENTRE_MM, pose.shift_mm, strict=True))
    scale = torch.tensor(pose.scale, device=device).view(3, 1, 1, 1)
    coordinates = turned(rotation(pose.angles_rad), world, centre) / scale + _column(CENTRE_MM, world)
    for warp in pose.warps:
        coordinates = coordinates + displacement(warp, grid, coordinates[0])
    if mirrored:
        coordinates = coordinates * _column((-1.0, 1.0, 1.0), world)
    return coordinates


def height_mm(pose: Pose, at_mm: Triple) -> float:
    """About how high in the scanner a point of head space lies: warps and mirroring, a few mm, are left out."""
    column, middle = torch.tensor(at_mm), torch.tensor(CENTRE_MM)
    scaled = (column - middle) * torch.tensor(pose.scale)
    return float((rotation(pose.angles_rad).T @ scaled + middle)[2]) + pose.shift_mm[2]


def displacement(warp: Warp, grid: Grid, like: Tensor) -> Tensor:
    """A warp's shift of each voxel in mm, [3, k, j, i]."""
    return warp.noise.field(grid, like, channels=3) * warp.amplitude_mm


def pushed(at: Tensor, centre_mm: Triple, radius_mm: float, push: float) -> Tensor:
    """Brain makes room for a mass, by ``push`` of its radius at its edge."""
    away = at - _column(centre_mm, at)
    distance = distance_to(at, centre_mm) + 1e-3
    fall = torch.exp(-(distance - radius_mm).clamp(min=0) / (radius_mm + 8.0)) * (distance / radius_mm).clamp(0, 1)
    return at - away / distance * (radius_mm * push * fall)


def aged(at: Tensor, ventricle_growth_mm: float, atrophy: float, anatomy: Anatomy, grid: Grid) -> Tensor:
    """Ventricles grow along their distance field; an atrophic brain shrinks about its middle."""
    far = anatomy.sample(at, ["to_ventricle"])["to_ventricle"]
    dz, dy, dx = torch.gradient(far, spacing=grid.spacing_mm)
    outward = torch.stack((dx, dy, dz))
    outward = outward / (outward.square().sum(0).sqrt() + 0.3)
    grown = at - outward * (ventricle_growth_mm * torch.exp(-far.clamp(0, 60) / 14.0))
    centre = _column(CENTRE_MM, at)
    return (grown - centre) * (1 + atrophy) + centre


def _column(values: Triple, like: Tensor) -> Tensor:
    return torch.tensor(values, device=like.device).view(3, 1, 1, 1)
