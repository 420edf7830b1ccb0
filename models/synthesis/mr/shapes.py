"""Irregular ellipsoids painted in their own box only: a shower of thirty costs little more than one."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from models.synthesis.fields import distance_to, rotation, step, turned
from models.synthesis.mr.recipe import Shape

Box = tuple[slice, slice, slice]
COARSE = 4
NOISE_CELLS = 6
"""Bumps along a shape's width."""


def covered(shape: Shape, coordinates: Tensor) -> tuple[Box, Tensor] | None:
    """The box [k, j, i] that a shape lies in and how much of each voxel there it covers; none when outside."""
    box = _box(shape, coordinates)
    if box is None:
        return None
    at = coordinates[(slice(None), *box)]
    relative = turned(rotation(shape.angles_rad), at, shape.centre_mm)
    level = shape.radius_mm - distance_to(relative, (0.0, 0.0, 0.0), shape.axes)
    level = level + _bumps(shape, relative) * (shape.radius_mm * shape.roughness)
    return box, step(level, shape.softness_mm * 0.5)


def _box(shape: Shape, coordinates: Tensor) -> Box | None:
    coarse = coordinates[:, ::COARSE, ::COARSE, ::COARSE]
    reach = shape.radius_mm * max(shape.axes) * (1 + 1.5 * shape.roughness) + 3 * shape.softness_mm + 8
    places = torch.nonzero(distance_to(coarse, shape.centre_mm) < reach)
    if not len(places):
        return None
    first, last = places.min(0).values * COARSE, places.max(0).values * COARSE
    spans = [
        slice(max(0, int(a) - COARSE), min(n, int(b) + COARSE + 1))
        for a, b, n in zip(first, last, coordinates.shape[1:], strict=True)
    ]
    return (spans[0], spans[1], spans[2])


def _bumps(shape: Shape, relative: Tensor) -> Tensor:
    """Smooth noise in the shape's own coordinates."""
    generator = torch.Generator().manual_seed(shape.noise_seed)
    cells = torch.randn(1, 1, NOISE_CELLS, NOISE_CELLS, NOISE_CELLS, generator=generator).to(relative.device)
    places = (relative / (1.8 * shape.radius_mm)).permute(1, 2, 3, 0)[None]
    return functional.grid_sample(cells, places, align_corners=True, padding_mode="border")[0, 0]
