"""Anatomies to paint from: tissue maps in head space (LPS, mm, MNI origin), kept as compressed uint8."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.synthesis.fields import Grid

PRIOR_GRID = Grid(shape=(148, 188, 148), spacing_mm=(1.25, 1.25, 1.25), first_mm=(-92.0, -110.0, -84.0))
"""Holds a whole head above the teeth; 1.25 mm keeps twenty anatomies in one gigabyte."""

CHANNELS = (
    "grey", "white", "ventricle", "depth", "cerebellum", "to_ventricle",
    "bone", "spongy", "soft", "fat", "eye", "sinus",
)  # fmt: skip
WORTH_CUTTING = 0.7
LEAST_SLICES = 2

_SCALE = {"depth": (3.0, 120.0), "cerebellum": (4.0, 128.0), "to_ventricle": (4.0, 40.0)}
"""Distances in mm are stored as ``mm * scale + offset``; the other channels are fractions * 255."""


@dataclass(frozen=True, slots=True, eq=False)
class Anatomy:
    """One head: uint8 ``maps`` [channel, k, j, i] on ``grid``, channels as in `CHANNELS`."""

    name: str
    maps: Tensor
    grid: Grid = PRIOR_GRID

    def sample(self, coordinates: Tensor, channels: Sequence[str]) -> dict[str, Tensor]:
        """Channels at head coordinates [3, k, j, i] in mm: fractions 0..1, distances in mm."""
        index = [CHANNELS.index(name) for name in channels]
        part, grid = self._reached(coordinates[2])
        stack = self.maps[index, part].to(coordinates.device, torch.float32)[None]
        values = functional.grid_sample(
            stack, _normalised(coordinates, grid), align_corners=True, padding_mode="border"
        )
        return {name: _decoded(name, values[0, n]) for n, name in enumerate(channels)}

    def thinned(self) -> Anatomy:
        """Every second voxel along each axis: an eighth of the work where a few places are looked at."""
        maps = self.maps[:, ::2, ::2, ::2].contiguous()
        dz, dy, dx = self.grid.spacing_mm
        k, j, i = maps.shape[1:]
        return Anatomy(self.name, maps, Grid((k, j, i), (2 * dz, 2 * dy, 2 * dx), self.grid.first_mm))

    def _reached(self, heights_mm: Tensor) -> tuple[slice, Grid]:
        """The slices that some heights lie between, and their grid: a slab would pay for maps it does not look at."""
        count = self.grid.shape[0]
        low, high = ((float(end) - self.grid.first_mm[2]) / self.grid.spacing_mm[0] for end in heights_mm.aminmax())
        first, last = max(0, math.floor(low) - 1), min(count, math.ceil(high) + 2)
        if last - first > WORTH_CUTTING * count or last - first < LEAST_SLICES:
            return slice(None), self.grid
        return slice(first, last), self.grid.slab(first, last - first)


def _normalised(coordinates: Tensor, grid: Grid) -> Tensor:
    axes = []
    for axis, (n, step) in enumerate(zip(reversed(grid.shape), reversed(grid.spacing_mm), strict=True)):
        axes.append((coordinates[axis] - grid.first_mm[axis]) / (step * (n - 1)) * 2 - 1)
    return torch.stack(axes, dim=-1)[None]


def _decoded(name: str, values: Tensor) -> Tensor:
    scale, offset = _SCALE.get(name, (255.0, 0.0))
    return (values - offset) / scale


def encoded(name: str, values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Fractions or mm of a channel as the uint8 that `Anatomy.maps` holds."""
    scale, offset = _SCALE.get(name, (255.0, 0.0))
    stored: NDArray[np.uint8] = np.clip(np.rint(values * scale + offset), 0, 255).astype(np.uint8)
    return stored


def save(anatomies: Sequence[Anatomy], folder: Path) -> None:
    """Write each anatomy to ``folder`` as one compressed file."""
    folder.mkdir(parents=True, exist_ok=True)
    for anatomy in anatomies:
        np.savez_compressed(folder / f"{anatomy.name}.npz", maps=anatomy.maps.numpy())


def load(folder: Path, names: Sequence[str] | None = None, device: torch.device | str = "cpu") -> tuple[Anatomy, ...]:
    """Read the anatomies of a folder, sorted by name, or only those named, onto a device."""
    files = sorted(folder.glob("*.npz"))
    chosen = [file for file in files if names is None or file.stem in names]
    return tuple(Anatomy(file.stem, torch.from_numpy(np.load(file)["maps"]).to(device)) for file in chosen)
