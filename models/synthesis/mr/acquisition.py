"""What the scanner does: slices, diffusion weighting, echo-planar distortion, coil, ghost, motion, noise, ADC."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn import functional

from models.synthesis.draw_shape import Draw
from models.synthesis.fields import blur
from models.synthesis.mr.paint import PaintedMR

LEAST_WEIGHT = 1e-6

MOST_SQUEEZE = 4.5
"""Signal that echo-planar imaging piles up is seen up to about this bright, as a multiple."""

MARKED = 0.4
"""A reader marks what is bright: in thick slices a pixel that is a little less than half infarct still is."""


@dataclass(frozen=True, slots=True)
class DiffusionScan:
    """How slices are taken; ``centres_mm`` are positions along z above the grid's first slice.

    ``b`` is in ms/um2 (1 is 1000 s/mm2). ``gains`` is what motion leaves of each slice's diffusion
    signal. ``stripped_mm`` is the depth under the inner table from which anything is kept, or none.
    """

    centres_mm: tuple[float, ...]
    thickness_mm: float
    b: float
    turn_rad: float
    zoom: float
    shift_voxels: tuple[float, float]
    distortion: float
    blur_voxels: float
    noise: float
    noise_blur_voxels: float
    noise_seed: int
    coil: float
    ghost: float
    gains: tuple[float, ...]
    adc_shift_voxels: tuple[int, int]
    adc_floor: float
    adc_smooth_voxels: float
    stripped_mm: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Acquired:
    """Scanned slices [slice, j, i]: ``dwi``, ``b0`` and ``flair`` in grey values, ``adc`` in 1e-3 mm2/s.

    ``infarct`` is the share of each pixel that is infarcted, as the diffusion image shows it.
    """

    dwi: Tensor
    adc: Tensor
    b0: Tensor
    infarct: Tensor
    flair: Tensor | None = None

    @property
    def marked(self) -> Tensor:
        """The pixels that a reader would mark: bool [slice, j, i]."""
        return self.infarct > MARKED


def draw_scan(
    rng: Generator, centres_mm: tuple[float, ...], thickness_mm: float, *, calm: bool = False
) -> DiffusionScan:
    """A scan through the given positions; ``calm`` leaves the pose as painted."""
    d = Draw(rng)
    moved = d.chance(0.08)
    return DiffusionScan(
        centres_mm=centres_mm,
        thickness_mm=thickness_mm,
        b=1.0 if d.chance(0.6) else d.between(0.75, 1.6),
        turn_rad=0.0 if calm else d.normal(0.1),
        zoom=1.0 if calm else d.between(0.92, 1.08),
        shift_voxels=(0.0, 0.0) if calm else (d.normal(3), d.normal(3)),
        distortion=d.between(0.2, 1.6),
        blur_voxels=d.between(0.3, 1.0),
        noise=d.log_between(0.004, 0.035),
        noise_blur_voxels=d.between(0.0, 0.9),
        noise_seed=int(rng.integers(2**31)),
        coil=d.between(0, 0.3),
        ghost=d.between(0.01, 0.1) if d.chance(0.25) else 0.0,
        gains=tuple(d.between(0.5, 1.0) if moved and d.chance(0.3) else 1 + d.normal(0.015) for _ in centres_mm),
        adc_shift_voxels=(int(rng.integers(-1, 2)), int(rng.integers(-1, 2))) if d.chance(0.15) else (0, 0),
        adc_floor=d.between(1.5, 5) if d.chance(0.5) else 0.0,
        adc_smooth_voxels=d.between(0.4, 0.8) if d.chance(0.25) else 0.0,
        stripped_mm=d.between(-1.0, 2.5) if d.chance(0.4) else None,
    )


def acquire(painted: PaintedMR, scan: DiffusionScan) -> Acquired:
    """The slices of a scan through a painted head."""
    weights, slab = slab_weights(painted, scan)
    tissue, fluid = painted.tissue[slab].float(), painted.fluid[slab].float()
    dwi = tissue * torch.exp(-scan.b * painted.adc[slab].float()) + fluid * math.exp(-scan.b * painted.fluid_adc)
    others = [part[slab].float() for part in (painted.infarct, painted.depth_mm, painted.flair) if part is not None]
    slices = torch.einsum("sk,pkji->psji", weights, torch.stack((dwi, tissue + fluid, *others)))
    shift = torch.einsum("sk,kji->sji", weights, painted.shift_mm[slab].float())
    moved = _moved(slices, shift * (scan.distortion / painted.grid.spacing_mm[1]), scan)
    signal = _received(moved[0], moved[1], scan)
    dwi, b0 = _noisy(signal, scan)
    adc = _diffusion(dwi, b0, scan)
    kept = torch.ones_like(dwi) if scan.stripped_mm is None else (moved[3] > scan.stripped_mm).float()
    flair = None if painted.flair is None else moved[4] * kept
    return Acquired(dwi * kept, adc * kept, b0 * kept, moved[2] * kept, flair)


def slab_weights(painted: PaintedMR, scan: DiffusionScan) -> tuple[Tensor, slice]:
    """How much of each painted slice is in each scanned one [slice, k], and the painted slices that count."""
    dz, n = painted.grid.spacing_mm[0], painted.grid.shape[0]
    device = painted.tissue.device
    centres = torch.tensor(scan.centres_mm, dtype=torch.float32, device=device)[:, None]
    edges = torch.arange(n, device=device)[None] * dz
    half = max(scan.thickness_mm, dz) / 2
    overlap = torch.minimum(edges + dz / 2, centres + half) - torch.maximum(edges - dz / 2, centres - half)
    weights = overlap.clamp(min=0) + 1e-9
    weights = weights / weights.sum(1, keepdim=True)
    used = torch.nonzero(weights.max(0).values > LEAST_WEIGHT)[:, 0]
    slab = slice(int(used[0]), int(used[-1]) + 1)
    return weights[:, slab], slab


def _moved(slices: Tensor, shift: Tensor, scan: DiffusionScan) -> Tensor:
    """Slices [part, slice, j, i] distorted along j, turned and scaled; signal piles up where it is squeezed."""
    rows, columns = slices.shape[2:]
    device = slices.device
    c, s = math.cos(scan.turn_rad) / scan.zoom, math.sin(scan.turn_rad) / scan.zoom
    ratio = rows / columns
    matrix = torch.tensor(
        [[c, -s * ratio, 2 * scan.shift_voxels[1] / columns], [s / ratio, c, 2 * scan.shift_voxels[0] / rows]],
        device=device,
    )
    grid = functional.affine_grid(matrix[None], [1, 1, rows, columns], align_corners=False)
    turned = functional.grid_sample(shift[:, None], grid.expand(len(shift), -1, -1, -1), align_corners=False)[:, 0]
    places = grid.repeat(len(shift), 1, 1, 1)
    places[..., 1] = places[..., 1] - turned * (2 / rows)
    moved = functional.grid_sample(slices.transpose(0, 1), places, align_corners=False, padding_mode="zeros")
    squeeze = (1 - torch.gradient(turned, dim=1)[0]).clamp(0.3, MOST_SQUEEZE)
    result = moved.transpose(0, 1).clone()
    result[:2] = result[:2] * squeeze
    # Outside the grid there is no head.
    result[3] = torch.where(places.abs().amax(-1) <= 1, result[3], torch.full_like(result[3], -99.0))
    return result


def _received(dwi: Tensor, b0: Tensor, scan: DiffusionScan) -> Tensor:
    """DWI and b0 [2, slice, j, i] after motion, ghost, point spread and the coil's sensitivity."""
    gains = torch.tensor(scan.gains, dtype=torch.float32, device=dwi.device).view(-1, 1, 1)
    both = torch.cat((dwi * gains, b0))
    if scan.ghost:
        both = both + scan.ghost * torch.roll(both, both.shape[1] // 2, 1)
    both = blur(both, (0, scan.blur_voxels, scan.blur_voxels))
    generator = torch.Generator().manual_seed(scan.noise_seed)
    bumps = torch.randn(1, 1, 4, 4, generator=generator).to(dwi.device)
    field = functional.interpolate(bumps, size=dwi.shape[1:], mode="bicubic", align_corners=True)[0]
    return (both * torch.exp(field * scan.coil * 0.5)).view(2, *dwi.shape)


def _noisy(signal: Tensor, scan: DiffusionScan) -> tuple[Tensor, Tensor]:
    """Rician: the magnitude of a signal with noise in both of its parts."""
    generator = torch.Generator().manual_seed(scan.noise_seed + 1)
    white = torch.randn((2, *signal.shape), generator=generator).to(signal.device)
    flat = blur(white.flatten(0, 2), (0, scan.noise_blur_voxels, scan.noise_blur_voxels)).view_as(white)
    real, imaginary = flat / flat.std() * scan.noise
    both = torch.sqrt((signal + real) ** 2 + imaginary**2)
    return both[0], both[1]


def _diffusion(dwi: Tensor, b0: Tensor, scan: DiffusionScan) -> Tensor:
    """ADC as the scanner computes it from its own two noisy images."""
    if any(scan.adc_shift_voxels):
        b0 = torch.roll(b0, scan.adc_shift_voxels, (1, 2))
    adc = torch.log((b0 / dwi.clamp(min=1e-4)).clamp(1e-3, 1e3)) / scan.b
    if scan.adc_smooth_voxels:
        adc = blur(adc, (0, scan.adc_smooth_voxels, scan.adc_smooth_voxels))
    seen = dwi > scan.adc_floor * scan.noise
    return adc.clamp(0, 4) * seen
