"""Real cases from folders the caller names; none of them is in this repository.

PNG slices as in BHSD (github.com/White65534/BHSD, MIT) and CPAISD (Zenodo 10892316, CC BY 4.0): ``images/``
and ``masks/`` with the same names, grey is HU clipped to 0..255, colour in a mask is the finding. Their
spacing is not in the files: 0.45 mm in the plane and 5 mm slices are assumed.
ISLES'22 (CC BY 4.0): a folder a case with ``*_dwi``, ``*_adc``, ``*_flair`` and ``*_msk`` NIfTI files.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.accuracy.scoring import SITES, Case
from models.nifti import LPS_FROM_RAS
from pipeline.domain.finding import HaemorrhageSite
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume, VoxelUnit

PIXEL_MM = 0.45
SLICE_MM = 5.0
COLOURED = 100
"""A colour channel above this is on: masks were saved with smoothed edges."""

SITE_OF_COLOUR = {
    (1, 0, 0): HaemorrhageSite.EPIDURAL,
    (0, 0, 1): HaemorrhageSite.INTRAPARENCHYMAL,
    (1, 1, 0): HaemorrhageSite.INTRAVENTRICULAR,
    (0, 1, 1): HaemorrhageSite.SUBARACHNOID,
    (0, 1, 0): HaemorrhageSite.SUBDURAL,
}
"""BHSD's colours (Wu 2023), red, green, blue."""

COMPANIONS = {"adc": SeriesRole.ADC, "flair": SeriesRole.FLAIR}


def haemorrhage_slices(folder: Path) -> Iterator[Case]:
    """BHSD: the file's number is 100000 + 1000 x patient + slice."""
    for image in _images(folder):
        numbers = _site_numbers(folder / "masks" / image.name)
        volume = _volume(image)
        yield Case(f"blood {image.stem}", "real", volume, numbers, patient=image.stem[:3], knows_sites=True)


def slices_without_blood(folder: Path) -> Iterator[Case]:
    """CT slices of something else: whatever is marked as blood is wrong."""
    for image in _images(folder):
        volume = _volume(image)
        yield Case(f"without {image.stem}", "real negative", volume, np.zeros(volume.shape_kji, np.uint8))


def ischaemia_slices(folder: Path) -> Iterator[Case]:
    """CPAISD: core and penumbra together are early ischaemic change."""
    for image in _images(folder):
        truth = np.any(_coloured(folder / "masks" / image.name), axis=-1)
        yield Case(f"ischaemia {image.stem}", "real", _volume(image), np.asarray(truth, np.uint8)[None])


def diffusion_cases(folder: Path) -> Iterator[Case]:
    """ISLES'22: every case under a folder that has DWI and a mask."""
    for file in sorted(folder.rglob("*_dwi.nii.gz")):
        stem = file.name.removesuffix("_dwi.nii.gz")
        mask = file.with_name(f"{stem}_msk.nii.gz")
        if mask.exists():
            beside = {role: file.with_name(f"{stem}_{name}.nii.gz") for name, role in COMPANIONS.items()}
            companions = {role: _mr(other, role) for role, other in beside.items() if other.exists()}
            truth = (_mr(mask, SeriesRole.DWI).voxels > 0.5).astype(np.uint8)
            yield Case(stem, "real", _mr(file, SeriesRole.DWI), truth, companions)


def _images(folder: Path) -> list[Path]:
    return sorted((folder / "images").glob("*.png"))


def _volume(image: Path) -> Volume:
    grey = np.asarray(Image.open(image).convert("L")).astype(np.int16)
    affine = PatientFromVoxel(np.diag([PIXEL_MM, PIXEL_MM, SLICE_MM, 1.0]))
    return Volume(grey[None], affine, VoxelUnit.HU)


def _coloured(mask: Path) -> NDArray[np.bool_]:
    on: NDArray[np.bool_] = np.asarray(Image.open(mask).convert("RGB")) > COLOURED
    return on


def _site_numbers(mask: Path) -> NDArray[np.uint8]:
    """[1, j, i]: 0, or 1 + the index in `SITES`; a colour of no site is the nearest kind, parenchymal."""
    on = _coloured(mask)
    numbers = np.asarray(on.any(-1), np.uint8)
    for colour, site in SITE_OF_COLOUR.items():
        numbers[(on == np.array(colour, bool)).all(-1)] = SITES.index(site) + 1
    return numbers[None]


def _mr(file: Path, role: SeriesRole) -> Volume:
    image: Any = nibabel.load(file)  # nibabel annotates its images only in part
    values = np.asarray(image.get_fdata(dtype=np.float32)).transpose(2, 1, 0)
    affine = PatientFromVoxel(LPS_FROM_RAS @ np.asarray(image.affine, float))
    if role is not SeriesRole.ADC:
        return Volume(np.ascontiguousarray(values), affine, VoxelUnit.ARBITRARY)
    # ISLES'22 keeps ADC in 1e-3 mm2/s.
    return Volume(np.ascontiguousarray(values * 1000), affine, VoxelUnit.ADC_1E6_MM2_S)
