"""A head of ellipsoids to paint from: no data of others, a fraction of a second to make."""

from __future__ import annotations

from dataclasses import dataclass

import nibabel
import numpy as np
import pytest
import torch

from models.synthesis.fields import Grid
from models.synthesis.mr.masks import MaskLibrary, library
from models.synthesis.prior import CHANNELS, Anatomy, encoded
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.volume import Volume, VoxelUnit

BALL_GRID = Grid(shape=(48, 60, 48), spacing_mm=(4.0, 4.0, 4.0), first_mm=(-94.0, -105.0, -86.0))


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Tiny networks are slower on two threads than on one."""
    torch.set_num_threads(1)


def _ball(radii: tuple[float, float, float], centre: tuple[float, float, float]) -> np.ndarray:
    """Roughly the distance in mm inside an ellipsoid, [k, j, i]."""
    points = BALL_GRID.coordinates().numpy()
    inside = np.zeros(BALL_GRID.shape, np.float32)
    for axis in range(3):
        inside += ((points[axis] - centre[axis]) / radii[axis]) ** 2
    return (1 - np.sqrt(inside)) * min(radii)


@pytest.fixture(scope="session")
def ball_head() -> Anatomy:
    """Grey matter round white round one ventricle, a cerebellum, a skull, a scalp."""
    depth = _ball((66, 80, 66), (0, 15, 8))
    ventricle = _ball((12, 25, 10), (0, 10, 10))
    fields = {
        "grey": (depth > 2) & (depth < 7) & (ventricle < 0),
        "white": (depth >= 7) & (ventricle < 0),
        "ventricle": ventricle >= 0,
        "bone": (depth < 0) & (depth > -7),
        "soft": (depth <= -7) & (depth > -14),
        "depth": depth,
        "cerebellum": _ball((45, 30, 22), (0, 60, -30)),
        "to_ventricle": -ventricle,
    }
    empty = np.zeros(BALL_GRID.shape, np.float32)
    maps = [encoded(name, np.asarray(fields.get(name, empty), np.float32)) for name in CHANNELS]
    return Anatomy("ball", torch.from_numpy(np.stack(maps)), BALL_GRID)


@pytest.fixture(scope="session")
def coarse_grid() -> Grid:
    """A head's box in voxels of 4 mm."""
    return Grid(shape=(36, 55, 45), spacing_mm=(4.0, 4.0, 4.0), first_mm=(-88.0, -92.0, -66.0))


@pytest.fixture(scope="session")
def ball_masks(tmp_path_factory: pytest.TempPathFactory) -> MaskLibrary:
    """Twenty balls of 15 mm as if they were patients' infarcts, 1 mm voxels in MNI space."""
    folder = tmp_path_factory.mktemp("masks")
    ball = np.indices((40, 40, 40)) - 20
    voxels = ((ball**2).sum(0) < 15**2).astype(np.uint8)
    affine = np.diag([-1.0, 1.0, 1.0, 1.0])
    affine[:3, 3] = [-10.0, -30.0, 0.0]
    for n in range(20):
        nibabel.save(nibabel.Nifti1Image(voxels, affine), folder / f"sub-{n}_lesion.nii.gz")
    return library(folder, kept=False)


@dataclass(frozen=True, slots=True, eq=False)
class DiffusionHead:
    """A brain with a ventricle and an infarct on the patient's left: DWI, ADC (1e-3 mm2/s), b0, and the infarct."""

    dwi: np.ndarray
    adc: np.ndarray
    b0: np.ndarray
    infarct: np.ndarray
    affine: PatientFromVoxel

    def volume(self, name: str = "dwi", scale: float = 1.0) -> Volume:
        """One of its images, multiplied."""
        return Volume((getattr(self, name) * scale).astype(np.float32), self.affine, VoxelUnit.ARBITRARY)


@pytest.fixture(scope="session")
def diffusion_head() -> DiffusionHead:
    """Twelve slices of 5 mm, 2 mm pixels, LPS; noise as scanners have it."""
    k, j, i = np.indices((12, 90, 80), dtype=np.float32)
    rng = np.random.default_rng(3)
    radius = np.hypot((i - 40) / 34, (j - 45) / 40)
    ventricle = np.hypot((i - 40) / 8, (j - 45) / 18) < 1
    infarct = (np.hypot((i - 58) / 7, (j - 40) / 9) < 1) & (k > 2) & (k < 9)
    adc = np.where(ventricle, 3.0, np.where(infarct, 0.5, 0.8 + 0.05 * np.sin(i / 3)))
    tissue = np.where(ventricle, 2.4, np.where(infarct, 1.15, 1.0)) * (radius < 1)
    b0 = 700 * tissue + np.abs(rng.normal(0, 6, k.shape))
    dwi = 700 * tissue * np.exp(-adc) + np.abs(rng.normal(0, 6, k.shape))
    affine = np.diag([2.0, 2.0, 5.0, 1.0])
    affine[:3, 3] = (-79, -90, -30)
    return DiffusionHead(dwi, adc * (radius < 1), b0, infarct, PatientFromVoxel(affine))
