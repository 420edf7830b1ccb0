"""Scalar fields on a grid: coordinates, smooth noise, blur, soft steps. All tensors are [k, j, i]."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Grid:
    """A regular grid in head space: DICOM's LPS directions, millimetres, origin at MNI's.

    ``shape`` and ``spacing_mm`` are in [k, j, i] order; ``first_mm`` is (x, y, z) of voxel (0, 0, 0).
    A slab knows its ``place``: the slices of the whole grid below it, and how many that one has.
    """

    shape: tuple[int, int, int]
    spacing_mm: Triple
    first_mm: Triple
    place: tuple[int, int] | None = None

    def slab(self, first: int, slices: int) -> Grid:
        """So many slices of it from one on; what is painted there is what the whole would hold."""
        x, y, z = self.first_mm
        shape = (slices, *self.shape[1:])
        return Grid(shape, self.spacing_mm, (x, y, z + first * self.spacing_mm[0]), (first, self.shape[0]))

    def box(self, shape: tuple[int, int, int]) -> Grid:
        """A grid of its own with the same voxels."""
        return Grid(shape, self.spacing_mm, self.first_mm)

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
        first, slices = grid.place or (0, grid.shape[0])
        counts = (slices, *grid.shape[1:])
        sizes = [max(2, round(n * step / self.scale_mm) + 2) for n, step in zip(counts, grid.spacing_mm, strict=True)]
        generator = torch.Generator().manual_seed(self.seed)
        coarse = torch.randn(1, channels, *sizes, generator=generator).to(like.device)
        k, j, i = (_between(n, m, like.device) for n, m in zip(counts, sizes, strict=True))
        return along(k[first : first + grid.shape[0]], along(j, along(i, coarse[0], 2), 1), 0)


def along(matrix: Tensor, image: Tensor, axis: int) -> Tensor:
    """``matrix`` [out, in] applied to one axis (0 k, 1 j, 2 i) of [channels, k, j, i]: sums as matrix products."""
    if axis == 2:
        return image @ matrix.T
    if axis == 1:
        return matrix @ image
    channels, _, rows, columns = image.shape
    return (matrix @ image.flatten(2)).view(channels, len(matrix), rows, columns)


def _between(n: int, m: int, device: torch.device) -> Tensor:
    """Linear interpolation of ``n`` places among ``m`` values, first and last included: [n, m]."""
    place = torch.linspace(0, m - 1, n, device=device)[:, None]
    return (1 - (place - torch.arange(m, device=device)).abs()).clamp(min=0)


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
    out = image[None]
    for axis, sigma in enumerate(sigmas):
        if sigma >= 0.15 and image.shape[axis] > 1:
            out = along(_gaussian(image.shape[axis], sigma, image.device), out, axis)
    return out[0]


def _gaussian(n: int, sigma: float, device: torch.device) -> Tensor:
    """The blur of ``n`` values as a matrix; beyond the edge the last value goes on."""
    radius = min(max(1, round(3 * sigma)), n - 1)
    reach = torch.arange(-radius, radius + 1, device=device)
    weight = torch.exp(-(reach.float() ** 2) / (2 * sigma * sigma))
    source = (torch.arange(n, device=device)[:, None] + reach).clamp(0, n - 1)
    matrix = torch.zeros(n, n, device=device)
    return matrix.scatter_add_(1, source, (weight / weight.sum()).expand(n, -1).contiguous())


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
