"""Scalar fields on a grid: coordinates, smooth noise, blur, soft steps. All tensors are [k, j, i]."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Grid:
    """A regular grid in head space: DICOM's LPS directions, millimetres, origin at MNI's.

    ``shape`` and ``spacing_mm`` are in [k, j, i] order; ``first_mm`` is (x, y, z) of voxel (0, 0, 0).
    """

    shape: tuple[int, int, int]
    spacing_mm: Triple
    first_mm: Triple

    def coordinates(self, device: torch.device | str = "cpu") -> Tensor:
        """(x, y, z) in mm of every voxel: float32 [3, k, j, i]."""
        x0, y0, z0 = self.first_mm
        k, j, i = (torch.arange(n, device=device, dtype=torch.float32) for n in self.shape)
        dz, dy, dx = self.spacing_mm
        z, y, x = torch.meshgrid(z0 + dz * k, y0 + dy * j, x0 + dx * i, indexing="ij")
        return torch.stack((x, y, z))

    @property
    def voxel_volume_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return math.prod(self.spacing_mm) / 1000.0


@dataclass(frozen=True, slots=True)
class Noise:
    """Smooth unit noise: one random value every ``scale_mm``, interpolated between."""

    seed: int
    scale_mm: float

    def field(self, grid: Grid, like: Tensor, channels: int = 1) -> Tensor:
        """[channels, k, j, i] on the device of ``like``; the same numbers on every device."""
        sizes = [
            max(2, round(n * step / self.scale_mm) + 2) for n, step in zip(grid.shape, grid.spacing_mm, strict=True)
        ]
        generator = torch.Generator().manual_seed(self.seed)
        coarse = torch.randn(1, channels, *sizes, generator=generator).to(like.device)
        fine = functional.interpolate(coarse, size=grid.shape, mode="trilinear", align_corners=True)
        return fine[0]


def step(distance: Tensor, softness: float = 1.0) -> Tensor:
    """A soft step: 0 far below zero, 1 far above, ``softness`` in the units of ``distance``."""
    return torch.sigmoid(distance / softness)


def distance_to(coordinates: Tensor, point_mm: Sequence[float], stretch: Sequence[float] = (1, 1, 1)) -> Tensor:
    """Distance in mm of every voxel to a point, each axis divided by ``stretch`` first."""
    total = torch.zeros_like(coordinates[0])
    for axis in range(3):
        total += ((coordinates[axis] - point_mm[axis]) / stretch[axis]) ** 2
    return total.sqrt_()


def blur(image: Tensor, sigmas: Sequence[float]) -> Tensor:
    """Gaussian blur of [k, j, i] by ``sigmas`` in voxels of each axis; below 0.15 an axis is left alone."""
    out = image[None, None]
    for axis, sigma in enumerate(sigmas):
        if sigma >= 0.15:
            out = _blur_axis(out, axis, sigma)
    return out[0, 0]


def _blur_axis(image: Tensor, axis: int, sigma: float) -> Tensor:
    radius = min(max(1, round(3 * sigma)), image.shape[2 + axis] - 1)
    if radius < 1:
        return image
    steps = torch.arange(-radius, radius + 1, dtype=torch.float32, device=image.device)
    kernel = torch.exp(-(steps**2) / (2 * sigma * sigma))
    shape = [1, 1, 1, 1, 1]
    shape[2 + axis] = 2 * radius + 1
    padding = [0] * 6
    padding[2 * (2 - axis)] = padding[2 * (2 - axis) + 1] = radius
    padded = functional.pad(image, padding, mode="replicate")
    return functional.conv3d(padded, (kernel / kernel.sum()).view(shape))


def rotation(angles_rad: Sequence[float]) -> Tensor:
    """The 3 x 3 rotation about x, then y, then z."""
    (cx, sx), (cy, sy), (cz, sz) = ((math.cos(a), math.sin(a)) for a in angles_rad)
    about_x = torch.tensor([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = torch.tensor([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = torch.tensor([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def turned(matrix: Tensor, coordinates: Tensor, centre_mm: Sequence[float]) -> Tensor:
    """``matrix`` applied to the coordinates about a centre; the result is relative to the centre."""
    centre = torch.tensor(centre_mm, dtype=torch.float32, device=coordinates.device).view(3, 1, 1, 1)
    return torch.einsum("ab,bkji->akji", matrix.to(coordinates.device), coordinates - centre)
