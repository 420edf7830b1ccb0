"""What the scanner does: thick slices, point-spread, streaks, noise, calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn import functional

from models.synthesis.draw_shape import Draw
from models.synthesis.fields import blur
from models.synthesis.paint import Painted

LEAST_WEIGHT = 1e-6
"""Painted slices that are less than this of any scanned one are left out."""

MOST_HU = 3071.0
METAL_HU = 1900.0
DROWNED_HU = 130.0
"""Clot of any haematocrit stays under 100 HU (New 1976); where a scan shows more, bone lies in the voxel."""

STAR_VOXELS = 25.0
"""Rays of metal fall to a third over this many pixels."""


@dataclass(frozen=True, slots=True)
class Streak:
    """One dark or bright band across the skull base."""

    slope: float
    offset_mm: float
    width_mm: float
    hu: float
    below_mm: float


@dataclass(frozen=True, slots=True)
class Scan:
    """How slices are taken; ``centres_mm`` are positions along z above the grid's first slice."""

    centres_mm: tuple[float, ...]
    thickness_mm: float
    turn_rad: float
    zoom: float
    shift_voxels: tuple[float, float]
    blur_voxels: float
    noise_hu: float
    noise_blur_voxels: float
    noise_seed: int
    gain: float
    offset_hu: float
    streaks: tuple[Streak, ...] = ()
    sharpening: float = 0.0
    star_rays: int = 6
    star_turn_rad: float = 0.0
    star_hu: float = 0.0
    ghost_voxels: tuple[int, int] | None = None


def draw_scan(rng: Generator, centres_mm: tuple[float, ...], thickness_mm: float, *, calm: bool = False) -> Scan:
    """A scan through the given positions; ``calm`` leaves pose and calibration as painted."""
    d = Draw(rng)
    streaks = tuple(_streak(d) for _ in range(int(rng.integers(1, 5)))) if d.chance(0.35) else ()
    recalibrated = not calm and d.chance(0.7)
    return Scan(
        centres_mm=centres_mm,
        thickness_mm=thickness_mm,
        turn_rad=0.0 if calm else d.normal(0.12),
        zoom=1.0 if calm else d.between(0.9, 1.1),
        shift_voxels=(0.0, 0.0) if calm else (d.normal(4), d.normal(4)),
        blur_voxels=d.between(0.25, 1.1),
        noise_hu=d.log_between(0.8, 7.5),
        noise_blur_voxels=d.between(0.0, 1.0),
        noise_seed=int(rng.integers(2**31)),
        gain=d.between(0.85, 1.2) if recalibrated else 1.0,
        offset_hu=d.between(-6, 6) if recalibrated else 0.0,
        streaks=streaks,
        sharpening=d.between(0.2, 1.4) if d.chance(0.25) else 0.0,
        star_rays=int(rng.integers(3, 9)),
        star_turn_rad=d.between(0, 6),
        star_hu=d.between(60, 400),
        ghost_voxels=(int(rng.integers(1, 4)), int(rng.integers(0, 2))) if d.chance(0.08) else None,
    )


def _streak(d: Draw) -> Streak:
    return Streak(d.between(-0.6, 0.6), d.between(-30, 70), d.between(1.5, 6), d.between(-14, 12), d.between(-45, -10))


@dataclass(frozen=True, slots=True, eq=False)
class Acquired:
    """Scanned slices [slice, j, i]: ``hu`` float32 and ``kind`` int64 (`Kind`).

    ``kind`` is 0 where less than half is lesion, and where bone drowns it.
    """

    hu: Tensor
    kind: Tensor


def acquire(painted: Painted, scan: Scan) -> Acquired:
    """The slices of a scan through a painted head."""
    weights = slab_weights(painted, scan)
    used = torch.nonzero(weights.max(0).values > LEAST_WEIGHT)[:, 0]
    slab = slice(int(used[0]), int(used[-1]) + 1)
    hu = torch.einsum("sk,kji->sji", weights[:, slab], painted.hu[slab].float().clamp(-1000, MOST_HU))
    kinds, fractions = _fractions(painted, weights, slab)
    hu, fractions = _moved(hu, fractions, scan)
    hu = hu + _streaked(painted, scan, hu) + _metal_star(scan, hu)
    if scan.ghost_voxels is not None:
        hu = 0.6 * hu + 0.4 * torch.roll(hu, scan.ghost_voxels, (1, 2))
    hu = blur(hu, (0, scan.blur_voxels, scan.blur_voxels))
    if scan.sharpening:
        hu = hu + scan.sharpening * (hu - blur(hu, (0, 1.3, 1.3))).clamp(-200, 200)
    noisy = (hu + _noise(scan, hu) - 35) * scan.gain + 35 + scan.offset_hu
    return Acquired(noisy, _labels(kinds, fractions, hu))


def _fractions(painted: Painted, weights: Tensor, slab: slice) -> tuple[list[int], Tensor]:
    """The kinds that a slab holds, and how much of each voxel is each: [kind, slice, j, i]."""
    kind, fraction = painted.kind[slab], painted.fraction[slab].float()
    present = [int(k) for k in torch.unique(kind) if k]
    parts = [torch.einsum("sk,kji->sji", weights[:, slab], fraction * (kind == k)) for k in present]
    empty = torch.zeros(0, len(weights), *kind.shape[1:], device=kind.device)
    return present, torch.stack(parts) if parts else empty


def _labels(kinds: list[int], fractions: Tensor, hu: Tensor) -> Tensor:
    """What somebody could mark: a rim of blood that the scanner drowned in bone is truth that nobody finds."""
    labels = torch.zeros(hu.shape, dtype=torch.int64, device=hu.device)
    if kinds:
        most = torch.tensor(kinds, device=hu.device)[fractions.argmax(0)]
        labels = torch.where((fractions.sum(0) > 0.5) & (hu < DROWNED_HU), most, labels)
    return labels


def slab_weights(painted: Painted, scan: Scan) -> Tensor:
    """How much of each painted slice is in each scanned one: [slice, k], rows sum to one."""
    dz, n = painted.grid.spacing_mm[0], painted.grid.shape[0]
    centres = torch.tensor(scan.centres_mm, dtype=torch.float32, device=painted.hu.device)[:, None]
    edges = torch.arange(n, device=painted.hu.device)[None] * dz
    half = max(scan.thickness_mm, dz) / 2
    overlap = torch.minimum(edges + dz / 2, centres + half) - torch.maximum(edges - dz / 2, centres - half)
    weights = overlap.clamp(min=0) + 1e-9
    return weights / weights.sum(1, keepdim=True)


def _moved(hu: Tensor, fractions: Tensor, scan: Scan) -> tuple[Tensor, Tensor]:
    if scan.turn_rad == 0 and scan.zoom == 1 and scan.shift_voxels == (0.0, 0.0):
        return hu, fractions
    rows, columns = hu.shape[1:]
    c, s = np.cos(scan.turn_rad) / scan.zoom, np.sin(scan.turn_rad) / scan.zoom
    ratio = rows / columns
    matrix = torch.tensor(
        [
            [c, -s * ratio, 2 * scan.shift_voxels[1] / columns],
            [s / ratio, c, 2 * scan.shift_voxels[0] / rows],
        ],
        dtype=torch.float32,
        device=hu.device,
    )
    places = functional.affine_grid(matrix[None], [1, 1, rows, columns], align_corners=False)
    stack = torch.cat((hu + 1000, fractions.flatten(0, 1)))[None]
    moved = functional.grid_sample(stack, places, align_corners=False)[0]
    return moved[: len(hu)] - 1000, moved[len(hu) :].view_as(fractions)


def _streaked(painted: Painted, scan: Scan, like: Tensor) -> Tensor:
    out = torch.zeros_like(like)
    _, dy, dx = painted.grid.spacing_mm
    x0, y0, z0 = painted.grid.first_mm
    y = (y0 + dy * torch.arange(like.shape[1], device=like.device))[:, None]
    x = (x0 + dx * torch.arange(like.shape[2], device=like.device))[None]
    z = z0 + torch.tensor(scan.centres_mm, dtype=torch.float32, device=like.device)
    for streak in scan.streaks:
        band = torch.exp(-(((y - streak.offset_mm - streak.slope * x) / streak.width_mm) ** 2))
        out = out + streak.hu * torch.sigmoid((streak.below_mm - z) / 4)[:, None, None] * band
    return torch.where(like > -300, out, torch.zeros_like(out))


def _metal_star(scan: Scan, hu: Tensor) -> Tensor:
    """Bright and dark rays from metal, fading with distance."""
    out = torch.zeros_like(hu)
    for n, plane in enumerate(hu):
        places = torch.nonzero(plane > METAL_HU)
        if len(places) > 2:
            row, column = places.float().mean(0)
            y = torch.arange(hu.shape[1], device=hu.device)[:, None] - row
            x = torch.arange(hu.shape[2], device=hu.device)[None] - column
            rays = torch.cos(scan.star_rays * torch.atan2(y, x) + scan.star_turn_rad)
            out[n] = scan.star_hu * rays.abs().pow(3) * rays.sign() * torch.exp(-(x**2 + y**2).sqrt() / STAR_VOXELS)
    return torch.where(hu > -300, out, torch.zeros_like(out))


def _noise(scan: Scan, like: Tensor) -> Tensor:
    generator = torch.Generator().manual_seed(scan.noise_seed)
    white = torch.randn(like.shape, generator=generator).to(like.device)
    correlated = blur(white, (0, scan.noise_blur_voxels, scan.noise_blur_voxels))
    if scan.sharpening:
        # A sharp kernel raises the high frequencies of the noise as it does the image's.
        correlated = correlated + scan.sharpening * (correlated - blur(correlated, (0, 1.3, 1.3)))
    return correlated / correlated.std() * scan.noise_hu
