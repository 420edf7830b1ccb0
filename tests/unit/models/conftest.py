"""A head of ellipsoids to paint from: no data of others, a fraction of a second to make."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.synthesis.fields import Grid
from models.synthesis.prior import CHANNELS, Anatomy, encoded

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
