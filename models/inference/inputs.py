"""Is this a head CT in HU, or diffusion MR? Refuse what cannot be, flag what is unusual."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipeline.domain.errors import OutsideDeclaredInputs
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume, Voxels, VoxelUnit

WIDEST_FIELD_MM = 600.0
SAMPLED_VOXELS = 2_000_000


def check_ct(volume: Volume) -> tuple[str, ...]:
    """Flags in words; raises `OutsideDeclaredInputs` for what no bundle for CT can read."""
    if volume.unit is not VoxelUnit.HU:
        raise OutsideDeclaredInputs("This bundle reads CT in Hounsfield units, and the volume is not CT.")
    sample = _sampled(volume.voxels)
    if not np.isfinite(sample).all():
        raise OutsideDeclaredInputs("The image holds NaN or infinite values; replace them and try again.")
    _refuse_other_units(sample)
    return (*_unusual_values(sample), *_unusual_geometry(volume))


def check_diffusion(volume: Volume, companions: Mapping[SeriesRole, Volume]) -> tuple[str, ...]:
    """Flags in words; raises `OutsideDeclaredInputs` for what no bundle for diffusion MR can read."""
    if volume.unit is VoxelUnit.HU:
        raise OutsideDeclaredInputs("This bundle reads diffusion MR, and the volume is CT.")
    for name, one in ((SeriesRole.DWI, volume), *companions.items()):
        sample = _sampled(one.voxels)
        if not np.isfinite(sample).all():
            raise OutsideDeclaredInputs(f"The {name.upper()} image holds NaN or infinite values; replace them with 0.")
        low, high = float(sample.min()), float(sample.max())
        # Interpolation and noise make small negative values.
        if low < -0.25 * abs(high):
            raise OutsideDeclaredInputs(
                f"The {name.upper()} image goes from {low:.3g} to {high:.3g}: signal and diffusivity are not negative."
            )
        if high <= 0 or high == low:
            raise OutsideDeclaredInputs(f"The {name.upper()} image is constant or empty.")
    unread = ("FLAIR was given; this model does not read it",) if SeriesRole.FLAIR in companions else ()
    return (*unread, *_unusual_geometry(volume))


def _sampled(voxels: Voxels) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    # A NaN anywhere matters, so floating-point volumes are summed whole before being thinned out.
    if np.issubdtype(voxels.dtype, np.floating) and not np.isfinite(np.sum(voxels, dtype=np.float64)):
        return np.array([np.nan], np.float32)
    step = max(1, voxels.size // SAMPLED_VOXELS)
    return voxels.reshape(-1)[::step].astype(np.float32)


def _refuse_other_units(sample: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> None:
    low, high = float(sample.min()), float(sample.max())
    if high - low < 2 or (low >= 0 and high <= 1.5):
        raise OutsideDeclaredInputs("The values are constant or between 0 and 1: not Hounsfield units.")
    if low < -9000 or high > 70000:
        raise OutsideDeclaredInputs(f"Values from {low:.0f} to {high:.0f} cannot be Hounsfield units.")
    tissue = sample[(sample > 3) & (sample < 250)]
    if low >= 0 and high <= 255 and tissue.size and float(np.median(tissue)) > 85:
        raise OutsideDeclaredInputs(
            "The image looks like an 8-bit display of CT, not Hounsfield units; export the original values."
        )
    if low >= 0 and high > 1200 and float(np.mean((sample > 950) & (sample < 1150))) > 0.05:
        raise OutsideDeclaredInputs(
            "The values look like stored CT numbers before rescale; apply the rescale slope and intercept."
        )


def _unusual_values(sample: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> tuple[str, ...]:
    flags = []
    if float(sample.min()) > -200:
        flags.append("values are cut to a display range: air is missing")
    brain = float(np.mean((sample > 5) & (sample < 60)))
    if brain < 0.02:
        flags.append("hardly any tissue of brain density: this may not be a head")
    if float(np.mean(sample > 2800)) > 0.002:
        flags.append("much metal: streaks may hide or mimic blood")
    return tuple(flags)


def _unusual_geometry(volume: Volume) -> tuple[str, ...]:
    flags = []
    dx, dy, dz = volume.patient_from_voxel.spacing_mm
    k, j, i = volume.shape_kji
    if k == 1:
        flags.append("a single slice: no neighbouring slice confirms what is seen")
    elif dz > 8.5 and min(dx, dy) < 3:
        flags.append(f"slices are {dz:.1f} mm apart, thicker than the model was taught")
    extents = sorted((k * dz, j * dy, i * dx))
    if extents[1] < 90 or extents[2] > WIDEST_FIELD_MM:
        flags.append("the field of view is not a head's")
    return tuple(flags)
