"""BLAST-CT v1 (Monteiro 2020, Lancet Digital Health 2:e314) on single slices, to compare with.

The network is written anew from its published description (DeepMedic, Kamnitsas 2017, three scales,
pre-activation blocks) and its weights' shapes; the weights are those of github.com/biomedia-mira/blast-ct
(Apache-2.0): a folder of ``model_*.pt``. A lone slice stands for itself at every height, so each 3D kernel
acts as its sum over height and the whole runs in 2D: exact, and a hundred times faster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

LOWEST_HU, HIGHEST_HU = -15.0, 100.0
PIXEL_MM = 1.0
SCALES = (5, 3, 1)
"""Every path sees the slice at one of these steps."""

MAPS = (30, 30, 40, 40, 40, 40, 50, 50)
JOINED = (150, 250, 250, 5)
BLOOD = (1, 2, 4)
"""Channels of the softmax that are blood: IPH, EAH, IVH; 0 is background and 3 oedema."""

Mask = NDArray[np.bool_]


class Block(nn.Module):
    """Normalise, bend, convolve; added to its input where the number of channels allows."""

    def __init__(self, before: int, after: int, width: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(before)
        self.prelu = nn.PReLU()
        self.conv = nn.Conv2d(before, after, width, bias=False)
        self._cut = width // 2

    def forward(self, image: Tensor) -> Tensor:
        """[n, before, j, i] to [n, after, j - 2, i - 2], or the same size where the kernel is one wide."""
        out: Tensor = self.conv(self.prelu(self.bn(image)))
        if image.shape[1] != out.shape[1]:
            return out
        rows, columns = (slice(self._cut, n - self._cut) for n in image.shape[2:])
        return out + image[:, :, rows, columns]


class DeepMedic(nn.Module):
    """Three paths of eight blocks at three scales, joined by three blocks one pixel wide."""

    def __init__(self) -> None:
        super().__init__()
        channels = (1, *MAPS)
        path = [(channels[n], channels[n + 1]) for n in range(len(MAPS))]
        self.paths = nn.ModuleList(nn.Sequential(*(Block(a, b, 3) for a, b in path)) for _ in SCALES)
        joined = [(JOINED[n], JOINED[n + 1]) for n in range(len(JOINED) - 1)]
        self.joined = nn.Sequential(*(Block(a, b, 1) for a, b in joined))

    def forward(self, image: Tensor) -> Tensor:
        """[1, 1, j, i], both multiples of 15, to the logits [1, 5, j, i]; beyond the image lies air."""
        seen = [self._seen(image, path, scale) for path, scale in zip(self.paths, SCALES, strict=True)]
        logits: Tensor = self.joined(torch.cat(seen, 1))
        return logits

    @staticmethod
    def _seen(image: Tensor, path: nn.Module, scale: int) -> Tensor:
        margin = len(MAPS) * scale
        padded = functional.pad(image, (margin,) * 4, value=-1.0)
        coarse: Tensor = path(padded[:, :, scale // 2 :: scale, scale // 2 :: scale])
        return coarse.repeat_interleave(scale, 2).repeat_interleave(scale, 3)


def load(weights: Path, networks: int | None = None) -> list[DeepMedic]:
    """The ensemble, or its first few networks, from a folder of ``model_*.pt``."""
    files = sorted(weights.glob("model_*.pt"), key=lambda file: int(file.stem.split("_")[1]))
    return [_network(torch.load(file, map_location="cpu", weights_only=True)) for file in files[:networks]]


def _network(state: Mapping[str, Tensor]) -> DeepMedic:
    network = DeepMedic()
    network.load_state_dict({_renamed(name): _flat(value) for name, value in state.items()})
    return network.eval()


def _renamed(name: str) -> str:
    """`path(5, 5, 5)0.path.1.bn.weight` is `paths.0.0.bn.weight` here."""
    if not name.startswith("path("):
        return name.replace("fully_connected", "joined")
    _, _, rest = name.partition(")")
    number, _, block, *what = rest.split(".")
    return ".".join(("paths", number, str(int(block) - 1), *what))


def _flat(value: Tensor) -> Tensor:
    return value.sum(2) if value.ndim == 5 else value


@torch.no_grad()
def blood_of_slice(networks: Sequence[DeepMedic], hu: NDArray[np.generic], pixel_mm: float) -> tuple[Mask, float]:
    """Where the ensemble says blood in one slice [j, i], and its highest probability of blood."""
    image = torch.from_numpy(np.ascontiguousarray(hu, dtype=np.float32))[None, None]
    size = [max(1, round(n * pixel_mm / PIXEL_MM)) for n in hu.shape]
    resized = functional.interpolate(image, size=size, mode="bilinear", antialias=True, align_corners=False)
    normal = (2 * resized.clamp(LOWEST_HU, HIGHEST_HU) - LOWEST_HU - HIGHEST_HU) / (HIGHEST_HU - LOWEST_HU)
    step = max(SCALES) * sorted(SCALES)[1]
    padded = functional.pad(normal, (0, -size[1] % step, 0, -size[0] % step), value=-1.0)
    mean = torch.stack([network(padded).softmax(1) for network in networks]).mean(0)[:, :, : size[0], : size[1]]
    back = functional.interpolate(mean, size=hu.shape, mode="bilinear", align_corners=False)[0]
    blood: Mask = torch.isin(back.argmax(0), torch.tensor(BLOOD)).numpy()
    return blood, float(back[list(BLOOD)].sum(0).max())
