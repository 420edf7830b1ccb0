"""The first study on a graphics processor as fast as the next: every model reads a made-up head at start."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.errors import NeuroVigieError
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.ports import NO_COMPANIONS
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume, VoxelUnit
from pipeline.inference.analyse import MODEL_ERRORS
from pipeline.inference.ready import ReadyModel, ReadyModels

_PIXELS, _PIXEL_MM = 512, 0.45
_CT_SLICES, _MR_SLICES = 200, 24
_HEIGHT_MM = 160.0


def warm(models: ReadyModels) -> None:
    """Run every model once, so that code is loaded and memory taken before a patient waits for it.

    What goes wrong here goes wrong again, and is told, with the first study.
    """
    for model in models.models:
        volume, companions = _head_ct() if model.role is SeriesRole.NCCT else _diffusion(model)
        try:
            for _ in model.predictor.steps(volume, companions):
                pass
        except (NeuroVigieError, *MODEL_ERRORS):
            continue


def _head_ct() -> tuple[Volume, Mapping[SeriesRole, Volume]]:
    """A cylinder of brain with blood in it, in bone, in scalp, in air."""
    radius, grain = _radius(0, 0), np.random.default_rng(0).normal(0, 3, (_PIXELS, _PIXELS))
    hu = np.select([radius < 0.8, radius < 0.9, radius < 1], [32 + grain, 900, 40], -1000)
    hu[_radius(90, 0) < 0.2] = 65
    return _volume(hu.astype(np.int16), _CT_SLICES, VoxelUnit.HU), NO_COMPANIONS


def _diffusion(model: ReadyModel) -> tuple[Volume, Mapping[SeriesRole, Volume]]:
    """A cylinder of brain with an infarct in it, and the same as every companion that the model reads."""
    inside, infarct = _radius(0, 0) < 0.9, _radius(90, 0) < 0.2
    dwi = np.where(infarct, 500, 200) * inside
    beside = {role: np.where(infarct, 400, 800) * inside for role in model.companions}
    companions = {role: _volume(values, _MR_SLICES, VoxelUnit.ARBITRARY) for role, values in beside.items()}
    return _volume(dwi, _MR_SLICES, VoxelUnit.ARBITRARY), companions


def _radius(right: int, down: int) -> NDArray[np.float64]:
    """Distance of each pixel of a slice from a point beside its middle, 1 at the edge of a head."""
    j, i = np.indices((_PIXELS, _PIXELS)) - _PIXELS / 2
    radius: NDArray[np.float64] = np.hypot((i - right) / 170, (j - down) / 205)
    return radius


def _volume(image: NDArray[np.int16], slices: int, unit: VoxelUnit) -> Volume:
    """One slice again and again, as float32 where it is no CT."""
    voxels = np.broadcast_to(image if unit is VoxelUnit.HU else image.astype(np.float32), (slices, *image.shape))
    affine = PatientFromVoxel(np.diag([_PIXEL_MM, _PIXEL_MM, _HEIGHT_MM / slices, 1.0]))
    return Volume(voxels, affine, unit)
