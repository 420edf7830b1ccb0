"""Real infarct masks in MNI space, from a folder of NIfTI files that a user brings.

The project uses the 1,449 masks of OpenNeuro ds004889 (github.com/neurolabusc/StrokeOutcomeOptimizationProjectDemo,
BSD-2). A fifth of any such folder is never trained on: see `held_out`.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import nibabel
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from models.synthesis.fields import Triple
from models.synthesis.mr.recipe import MaskUse
from pipeline.domain.errors import ConfigurationError

SUFFIX = "_lesion.nii.gz"


@dataclass(frozen=True, slots=True, eq=False)
class LesionMask:
    """A mask: float32 [i, j, k] as NIfTI has it, cut to its box, and its voxels' places (LPS mm, 4 x 4)."""

    voxels: Tensor
    head_from_voxel: Tensor
    volume_ml: float


@dataclass(frozen=True, slots=True)
class MaskLibrary:
    """Names of the masks of a folder that may be used; each is read when asked for."""

    folder: Path
    names: tuple[str, ...]

    def read(self, name: str) -> LesionMask:
        """One mask; a few are kept in memory."""
        return _read(self.folder / f"{name}{SUFFIX}")


def library(folder: Path, *, kept: bool) -> MaskLibrary:
    """The masks to learn from or, ``kept``, those to judge by.

    Raises `ConfigurationError` when the folder holds none.
    """
    names = sorted(file.name.removesuffix(SUFFIX) for file in folder.glob(f"*{SUFFIX}"))
    chosen = tuple(name for name in names if held_out(name) == kept)
    if not chosen:
        raise ConfigurationError(f"{folder} holds no *{SUFFIX} to use; models/README.md says where to get them.")
    return MaskLibrary(folder, chosen)


def held_out(name: str) -> bool:
    """Whether a mask is kept to judge by: SHA-256 of its name without suffix, first byte divisible by five."""
    return hashlib.sha256(name.encode()).digest()[0] % 5 == 0


def placed(mask: LesionMask, use: MaskUse, coordinates: Tensor) -> Tensor:
    """How much of each voxel [k, j, i] at head coordinates [3, k, j, i] the mask covers, 0..1."""
    affine, at = mask.head_from_voxel, coordinates
    anchor = _anchor(mask, use)
    if use.mirrored:
        at = at * torch.tensor([-1.0, 1.0, 1.0], device=at.device).view(3, 1, 1, 1)
    inverse = torch.linalg.inv(affine)
    turn = (inverse[:3, :3] / use.scale).to(at.device)
    shift = (inverse[:3, :3] @ (anchor * (1 - 1 / use.scale)) + inverse[:3, 3]).to(at.device)
    voxel = torch.einsum("ab,bkji->akji", turn, at) + shift.view(3, 1, 1, 1)
    size = torch.tensor(mask.voxels.shape, device=at.device).view(3, 1, 1, 1)
    places = (voxel / (size - 1) * 2 - 1).flip(0).permute(1, 2, 3, 0)[None]
    values = mask.voxels.to(at.device)[None, None]
    return functional.grid_sample(values, places, align_corners=True, padding_mode="zeros")[0, 0]


def middle_mm(mask: LesionMask, use: MaskUse) -> Triple:
    """(x, y, z) in head space of the middle of a mask as it is used."""
    affine = mask.head_from_voxel
    middle = affine[:3, :3] @ torch.nonzero(mask.voxels > 0.5).float().mean(0) + affine[:3, 3]
    anchor = _anchor(mask, use)
    x, y, z = (anchor + (middle - anchor) * use.scale).tolist()
    return (-x if use.mirrored else x, y, z)


def _anchor(mask: LesionMask, use: MaskUse) -> Tensor:
    """The voxel that a mask is scaled about, (x, y, z) in head space before any mirroring."""
    points = torch.nonzero(mask.voxels > 0.5)
    corner = points[int(use.anchor * (len(points) - 1))].float()
    return mask.head_from_voxel[:3, :3] @ corner + mask.head_from_voxel[:3, 3]


@functools.lru_cache(maxsize=64)
def _read(file: Path) -> LesionMask:
    image = cast("nibabel.Nifti1Image", nibabel.load(file))
    whole = np.asarray(image.dataobj) > 0.5
    places = np.argwhere(whole)
    if not len(places):
        raise ConfigurationError(f"{file.name} marks no voxel.")
    first, last = np.maximum(places.min(0) - 1, 0), places.max(0) + 2
    cut = whole[first[0] : last[0], first[1] : last[1], first[2] : last[2]]
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine
    affine[:3, 3] += affine[:3, :3] @ first
    volume = len(places) * abs(np.linalg.det(affine[:3, :3])) / 1000
    return LesionMask(
        torch.from_numpy(cut.astype(np.float32)), torch.from_numpy(affine.astype(np.float32)), float(volume)
    )
