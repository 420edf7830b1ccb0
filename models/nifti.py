"""NIfTI files as volumes, and masks back as NIfTI: RAS on disk, LPS inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.filebasedimages import ImageFileError
from numpy.typing import NDArray

from pipeline.domain.errors import BadInput, UnreadableImage
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.volume import Volume, VoxelUnit

_OUTSIDE = {VoxelUnit.HU: "with -1000 for air", VoxelUnit.ARBITRARY: "with 0", VoxelUnit.ADC_1E6_MM2_S: "with 0"}

LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def read_volumes(file: Path, unit: VoxelUnit) -> tuple[Volume, ...]:
    """The volumes of a file, voxels [k, j, i]: one, or those along its fourth axis; a slice may be (x, y).

    Raises `UnreadableImage` with the remedy.
    """
    if not file.exists():
        raise UnreadableImage(f"There is no file {file}.")
    image = _opened(file)
    values = _values(image, file)
    # A sum is finite only where every value is, and needs no copy.
    if not np.isfinite(values.sum(dtype=np.float64)):
        raise UnreadableImage(f"{file} holds NaN or infinite values; replace them, {_OUTSIDE[unit]}, and try again.")
    try:
        affine = PatientFromVoxel(LPS_FROM_RAS @ np.asarray(image.affine, dtype=np.float64))
    except ValueError as error:
        raise UnreadableImage(f"The affine of {file} is not usable: {error}.") from error
    return tuple(Volume(np.ascontiguousarray(part), affine, unit) for part in values.transpose(3, 2, 1, 0))


def read_volume(file: Path, unit: VoxelUnit) -> Volume:
    """The one volume of a file; raises `UnreadableImage`."""
    volumes = read_volumes(file, unit)
    if len(volumes) > 1:
        raise UnreadableImage(f"{file} holds {len(volumes)} volumes; one (x, y, z) or one slice (x, y) is wanted.")
    return volumes[0]


def _opened(file: Path) -> Any:  # nibabel annotates its images only in part
    try:
        image = nibabel.load(file)
    except (ImageFileError, OSError, ValueError) as error:
        raise UnreadableImage(f"{file} is not a NIfTI file.") from error
    if not isinstance(image, nibabel.Nifti1Image):
        raise UnreadableImage(f"{file} is not a NIfTI file; convert it, for DICOM with dcm2niix.")
    return image


def _values(image: Any, file: Path) -> NDArray[np.float32]:
    """The file's values as (x, y, z, volume)."""
    shape = tuple(n for axis, n in enumerate(image.shape) if axis < 4 or n != 1)
    if len(shape) not in (2, 3, 4) or 0 in shape:
        raise UnreadableImage(f"{file} has shape {image.shape}; one volume (x, y, z) or one slice (x, y) is wanted.")
    try:
        values = np.asarray(image.get_fdata(dtype=np.float32, caching="unchanged"))
    except (OSError, ValueError, EOFError, TypeError) as error:
        raise UnreadableImage(f"{file} is cut short or damaged.") from error
    squared: NDArray[np.float32] = values.reshape((*shape, 1, 1)[:4])
    return squared


def write_map(values: NDArray[np.uint8], like: Path, file: Path) -> None:
    """A mask or map, uint8 [k, j, i], on the voxels of ``like``, with its shape and header geometry.

    Of a file with several volumes it takes the shape of one. Raises `BadInput` when it cannot be written.
    """
    source = _opened(like)
    header = source.header.copy()
    header.set_data_dtype(np.uint8)
    header.set_slope_inter(1, 0)
    header["cal_min"], header["cal_max"] = 0, 0
    shape = source.shape if np.prod(source.shape) == values.size else source.shape[:3]
    placed = values.transpose(2, 1, 0).reshape(shape)
    try:
        nibabel.save(type(source)(placed, source.affine, header), file)
    except (OSError, ImageFileError) as error:
        raise BadInput(f"The mask cannot be written to {file}: use a name that ends in .nii.gz.") from error
