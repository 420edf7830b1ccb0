"""Real slices for the gallery, from a folder the caller names.

CT: PNG slices whose grey is HU clipped to 0..255, as in BHSD and CPAISD (0.45 mm pixels are assumed), or NIfTI
in HU. MR: ``*_dwi.nii.gz`` with ``*_adc.nii.gz`` beside, as in ISLES'22.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from models.gallery.slices import PIXEL_MM, Sample, resized, resized_mask
from models.gallery.synthetic import diffusion_sample
from models.inference.adc import from_map
from models.inference.orientation import Upright, upright
from models.inference.skull import intracranial
from models.nifti import read_volume
from pipeline.domain.errors import BadInput
from pipeline.domain.volume import VoxelUnit

PNG_PIXEL_MM = 0.45
COLOURED = 100
SLICES_A_VOLUME = 4


def ct(folder: Path, count: int) -> list[Sample]:
    """Up to ``count`` CT slices, evenly chosen; raises `BadInput` where there is none."""
    images = folder / "images" if (folder / "images").is_dir() else folder
    pictures = sorted(images.glob("*.png"))
    volumes = [] if pictures else sorted(folder.rglob("*.nii.gz"))
    if not pictures and not volumes:
        raise BadInput(f"{folder} holds neither PNG slices nor NIfTI images.")
    found = [_png(file) for file in evenly(pictures, count)]
    for file in evenly(volumes, max(1, count // SLICES_A_VOLUME)):
        found += _ct_volume(file)
    return found[:count]


def mr(folder: Path, count: int) -> list[Sample]:
    """Up to ``count`` diffusion slices; raises `BadInput` where there is none."""
    files = sorted(folder.rglob("*_dwi.nii.gz"))
    if not files:
        raise BadInput(f"{folder} holds no *_dwi.nii.gz.")
    each = -(-count // len(files))
    return [sample for file in evenly(files, count) for sample in _mr_volume(file, each)][:count]


def evenly(items: list[Path], count: int) -> list[Path]:
    """So many of them, spread over the list."""
    return items if count >= len(items) else [items[n * len(items) // count] for n in range(count)]


def _png(file: Path) -> Sample:
    hu = np.asarray(Image.open(file).convert("L")).astype(np.float32)
    mask = file.parents[1] / "masks" / file.name
    coloured = np.asarray(Image.open(mask).convert("RGB")).max(-1) > COLOURED if mask.exists() else hu < -1
    return _ct_slice(file.stem, hu, coloured, (PNG_PIXEL_MM, PNG_PIXEL_MM))


def _ct_slice(name: str, hu: NDArray[np.float32], lesion: NDArray[np.bool_], pixel_mm: tuple[float, float]) -> Sample:
    target = PIXEL_MM["CT"]
    image = resized(hu, pixel_mm, target)
    tissue = intracranial(torch.from_numpy(image[None]), target)[0].numpy()
    return Sample(name, "CT", image, tissue, resized_mask(lesion, pixel_mm, target))


def _ct_volume(file: Path) -> list[Sample]:
    whole = upright(read_volume(file, VoxelUnit.HU))
    dx, dy, _ = whole.patient_from_voxel.spacing_mm
    slices = [np.asarray(whole.voxels[k], np.float32) for k in _through(whole)]
    name = file.name.split(".")[0]
    return [_ct_slice(f"{name} {n}", hu, np.zeros(hu.shape, bool), (dy, dx)) for n, hu in enumerate(slices)]


def _mr_volume(file: Path, count: int) -> list[Sample]:
    dwi = upright(read_volume(file, VoxelUnit.ARBITRARY))
    adc_file = file.with_name(file.name.replace("_dwi.", "_adc."))
    mask_file = file.with_name(file.name.replace("_dwi.", "_msk."))
    given = upright(read_volume(adc_file, VoxelUnit.ADC_1E6_MM2_S)).voxels
    # In whatever unit the map was written.
    adc = from_map(_tensor(dwi.voxels), _tensor(given)).adc.numpy()
    lesion = upright(read_volume(mask_file, VoxelUnit.ARBITRARY)).voxels > 0.5 if mask_file.exists() else adc < -1
    dx, dy, _ = dwi.patient_from_voxel.spacing_mm
    target, name = PIXEL_MM["MR"], file.name.split("_")[0]
    return [
        diffusion_sample(
            f"{name} {k}",
            resized(dwi.voxels[k], (dy, dx), target),
            resized(adc[k], (dy, dx), target),
            resized_mask(lesion[k], (dy, dx), target),
        )
        for k in _through(dwi, count)
    ]


def _tensor(voxels: NDArray[Any]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(voxels, dtype=np.float32))


def _through(whole: Upright, count: int = SLICES_A_VOLUME) -> list[int]:
    """Slices between the lower third and the upper quarter."""
    n = len(whole.voxels)
    return [int(k) for k in np.linspace(n * 0.33, n * 0.75, count).round()] if n > 1 else [0]
