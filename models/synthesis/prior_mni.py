"""The default anatomy: the ICBM152 tissue maps that the nilearn package ships, with a skull drawn around them.

One average brain teaches less than several real ones (`prior_labels`); it is what anybody can build
without a download. ``pip install neurovigie[train]`` brings nilearn.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import cast

import nibabel
import numpy as np
from scipy import ndimage

from models.synthesis.prior import PRIOR_GRID, Anatomy
from models.synthesis.prior_build import Field, Mask, assemble, signed_distance_mm
from pipeline.domain.errors import ConfigurationError

PATTERN = "mni_icbm152_{}_tal_nlin_sym_09a_converted.nii.gz"
DURA_MM = 1.5
"""The inner table lies about this far outside the smoothed brain."""


def build() -> Anatomy:
    """The ICBM152 head; raises `ConfigurationError` when nilearn is not installed."""
    folder = _data_folder()
    template, grey, white = (_on_grid(folder / PATTERN.format(name)) for name in ("t1", "gm", "wm"))
    brain = _largest(ndimage.binary_opening(ndimage.binary_fill_holes(template > 0.02), iterations=2))
    intracranial = _inner_table(brain)
    ventricle = _ventricles(grey, white, brain, intracranial)
    outside = _drawn_skull(signed_distance_mm(intracranial))
    tissue = {"grey": grey * brain, "white": white * brain, "ventricle": ventricle, **outside}
    return assemble("mni152", tissue, intracranial, _cerebellum(brain))


def _data_folder() -> Path:
    found = find_spec("nilearn")
    if found is None or found.origin is None:
        raise ConfigurationError(
            "The default prior needs nilearn: pip install neurovigie[train], or give --label-maps."
        )
    return Path(found.origin).parent / "datasets" / "data"


def _on_grid(file: Path) -> Field:
    image = cast("nibabel.Nifti1Image", nibabel.load(file))
    values = np.asarray(image.dataobj, dtype=np.float32)
    head = PRIOR_GRID.coordinates().numpy().reshape(3, -1) * np.array([[-1.0], [-1.0], [1.0]])
    inverse = np.linalg.inv(image.affine)
    voxels = inverse[:3, :3] @ head + inverse[:3, 3:]
    sampled: Field = ndimage.map_coordinates(values / values.max(), voxels, order=1).reshape(PRIOR_GRID.shape)
    return sampled


def _largest(mask: Mask) -> Mask:
    parts, _ = ndimage.label(mask)
    largest: Mask = parts == 1 + np.argmax(np.bincount(parts.ravel())[1:])
    return largest


def _inner_table(brain: Mask) -> Mask:
    """The brain closed over its sulci and grown by the dura."""
    grown = signed_distance_mm(brain) > -14
    closed: Mask = ndimage.binary_fill_holes((signed_distance_mm(grown) > 14 - DURA_MM) | brain)
    return closed


def _ventricles(grey: Field, white: Field, brain: Mask, intracranial: Mask) -> Field:
    """Fluid deep in the brain, inside the boxes where the ventricles of ICBM152 lie (LPS mm)."""
    x, y, z = PRIOR_GRID.coordinates().numpy()
    fluid = (np.clip(1 - grey - white, 0, 1) > 0.35) & brain & (signed_distance_mm(intracranial) > 18)
    lateral = (np.abs(x) < 40) & (y > -42) & (y < 70) & (z > -20) & (z < 36) & ~((np.abs(x) > 24) & (y < 22))
    fourth = (np.abs(x) < 9) & (y > 30) & (y < 55) & (z > -45) & (z <= -18)
    sulci = (np.abs(x) < 9) & (z > 18) & (y > 38) | (np.abs(x) < 4) & (z > 22) | (np.abs(x) > 12) & (y < 5) & (z < -3)
    kept: Field = ndimage.gaussian_filter((fluid & (lateral | fourth) & ~sulci).astype(np.float32), 0.5)
    return kept


def _cerebellum(brain: Mask) -> Mask:
    """Behind the brainstem and under the tentorium, drawn as a sloping roof."""
    x, y, z = PRIOR_GRID.coordinates().numpy()
    roof = -8 - 0.28 * np.abs(x) - 0.3 * np.clip(y - 45, 0, None)
    mask: Mask = brain & (y > 36) & (z < roof) & (np.abs(x) < 58)
    return mask


def _drawn_skull(depth_mm: Field) -> dict[str, Field]:
    """Two tables with diploe between, scalp, a base and orbits: enough to frame the brain."""
    x, y, z = PRIOR_GRID.coordinates().numpy()
    out = -depth_mm
    table = 6.5 + 1.5 * np.sin(x / 17) * np.cos(y / 23)
    face = (z < -20 + 12 * (y > -20) * -1) & (out > 0) & (out < 48) & (np.abs(x) < 66) & (y < 75)
    pattern = np.sin(x / 7.3) * np.sin(y / 8.9) * np.sin(z / 6.1)
    bone = (out > 0) & (out < table) | face & (pattern > 0.25)
    spongy = (out > 2) & (out < table - 2)
    air = face & (pattern < -0.35) & (out > 6)
    eye = (np.abs(x) - 32) ** 2 + (y + 66) ** 2 + (z + 34) ** 2 < 12**2
    soft = ((out > 0) & (out < table + 7) | face) & ~bone & ~air & ~eye
    masks = {"bone": bone & ~spongy & ~eye, "spongy": spongy & bone & ~eye, "soft": soft, "eye": eye}
    return {name: ndimage.gaussian_filter(mask.astype(np.float32), 0.5) for name, mask in masks.items()}
