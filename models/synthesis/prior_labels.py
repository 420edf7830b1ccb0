"""Anatomies from whole-head label maps (SynthSeg's `training_seg_*.nii.gz`, github.com/BBillot/SynthSeg).

Label values are FreeSurfer's inside the brain and SimNIBS charm's + 500 outside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import nibabel
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from models.synthesis.prior import PRIOR_GRID, Anatomy
from models.synthesis.prior_build import Field, Mask, assemble

GREY = (3, 8, 10, 11, 12, 13, 17, 18, 26, 28, 42, 47, 49, 50, 51, 52, 53, 54, 58, 60, 136, 137, 163, 164)
WHITE = (2, 7, 16, 41, 46, 85, 25, 57, 30, 62, 512)
VENTRICLE = (4, 5, 14, 15, 43, 44, 72)
FLUID = (24,)
CEREBELLUM = (7, 8, 46, 47)
OUTSIDE = {"bone": (515,), "spongy": (516,), "soft": (507, 508, 509, 511), "fat": (502,), "eye": (506,)}
VEIN = (514,)

LANDMARKS_MM = {
    10: (11, 18, 8), 49: (-11, 18, 8), 11: (13, -10, 10), 50: (-13, -10, 10), 12: (25, -1, 1), 51: (-25, -1, 1),
    17: (26, 21, -14), 53: (-26, 21, -14), 18: (23, 4, -19), 54: (-23, 4, -19), 8: (25, 63, -36),
    47: (-25, 63, -36), 3: (32, 20, 17), 42: (-32, 20, 17),
}  # fmt: skip
"""Centroids of structures in MNI space, LPS mm, rounded from the ICBM152 template: enough to align a head."""


def build(files: Sequence[Path]) -> tuple[Anatomy, ...]:
    """One anatomy per label map."""
    return tuple(anatomy_of(file) for file in files)


def anatomy_of(file: Path) -> Anatomy:
    """Align one label map to head space and turn its labels into channels."""
    labels = _resampled(cast("nibabel.Nifti1Image", nibabel.load(file)))
    intracranial = _intracranial(labels)
    fractions = {
        "grey": _fraction(labels, GREY),
        "white": _fraction(labels, WHITE),
        "ventricle": _fraction(labels, VENTRICLE),
        "sinus": _fraction(labels, VEIN),
    }
    for name, values in OUTSIDE.items():
        fractions[name] = _fraction(labels, values)
    return assemble(file.name.split(".")[0], fractions, intracranial, np.isin(labels, CEREBELLUM))


def _fraction(labels: NDArray[np.int16], values: Sequence[int]) -> Field:
    smooth: Field = ndimage.gaussian_filter(np.isin(labels, values).astype(np.float32), 0.5)
    return smooth


def _intracranial(labels: NDArray[np.int16]) -> Mask:
    inside = np.isin(labels, GREY + WHITE + VENTRICLE + FLUID)
    opened = ndimage.binary_opening(inside, iterations=2)
    parts, _ = ndimage.label(opened)
    largest = parts == 1 + np.argmax(np.bincount(parts.ravel())[1:])
    closed: Mask = ndimage.binary_fill_holes(ndimage.binary_closing(largest, iterations=4) | (largest & inside))
    return closed


def _resampled(image: nibabel.Nifti1Image) -> NDArray[np.int16]:
    """The labels on the prior's grid, the head aligned by a similarity of its landmarks."""
    labels = np.asarray(image.dataobj).astype(np.int16)
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine
    native_from_head = _similarity(labels, lps)
    grid = PRIOR_GRID.coordinates().numpy().reshape(3, -1)
    native = native_from_head[:3, :3] @ grid + native_from_head[:3, 3:]
    inverse = np.linalg.inv(lps)
    voxels = inverse[:3, :3] @ native + inverse[:3, 3:]
    sampled: NDArray[np.int16] = ndimage.map_coordinates(labels, voxels, order=0, mode="constant", cval=0)
    return sampled.reshape(PRIOR_GRID.shape)


def _similarity(labels: NDArray[np.int16], lps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotation, one scale and shift from head space to the label map's own (Umeyama 1991)."""
    ours, theirs = [], []
    for label, point in LANDMARKS_MM.items():
        voxels = np.argwhere(labels == label)
        if len(voxels) > 50:
            theirs.append(lps[:3, :3] @ voxels.mean(0) + lps[:3, 3])
            ours.append(point)
    source, target = np.array(ours, float), np.array(theirs, float)
    a, b = source - source.mean(0), target - target.mean(0)
    u, s, vt = np.linalg.svd(b.T @ a)
    sign = np.diag([1, 1, np.sign(np.linalg.det(u @ vt))])
    turn = u @ sign @ vt
    scale = (s * np.diag(sign)).sum() / (a**2).sum()
    matrix = np.eye(4)
    matrix[:3, :3] = scale * turn
    matrix[:3, 3] = target.mean(0) - scale * turn @ source.mean(0)
    return matrix
