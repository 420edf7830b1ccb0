"""The lesion mask of one analysis as a file, on the series' own slices."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.errors import BadInput, InferenceFailed
from pipeline.volumes.series_volume import SeriesVolume

MASK_NAME = "mask.npz"


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """The marked slices of a series, in order along its normal.

    ``labels`` is uint8 ``[k, j, i]``; for each k the instance and the frame (from 1) it lies on.
    """

    labels: NDArray[np.uint8]
    SOPInstanceUIDs: tuple[str, ...]
    frames: tuple[int, ...]


def write_mask(folder: Path, series: SeriesVolume, labels: NDArray[np.uint8]) -> Path:
    """Write a mask given on the volume's grid as ``folder``/mask.npz on the source slices, whole or not at all.

    Only slices on which something is marked are kept: most of a head is not, and packing it takes long.
    Raises `InferenceFailed` when the disk does not take it.
    """
    try:
        return _write(folder, series, labels)
    except OSError as error:
        raise InferenceFailed(f"the mask could not be written ({error.strerror})") from error


def _write(folder: Path, series: SeriesVolume, labels: NDArray[np.uint8]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path, unfinished = folder / MASK_NAME, folder / f".{MASK_NAME}.part"
    on_source = series.labels_on_source_slices(labels)
    marked = np.flatnonzero(on_source.any(axis=(1, 2)))
    frames = [series.arrangement.frames[k] for k in marked]
    with unfinished.open("wb") as file:
        np.savez_compressed(
            file,
            labels=on_source[marked],
            SOPInstanceUIDs=np.array([frame.SOPInstanceUID for frame in frames], dtype=np.str_),
            frames=np.array([frame.frame for frame in frames], dtype=np.int32),
        )
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    return path


def read_mask(path: Path) -> Mask:
    """Read a mask file; raises `BadInput` when it is not one."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            uids = tuple(str(uid) for uid in stored["SOPInstanceUIDs"])
            return Mask(stored["labels"], uids, tuple(int(frame) for frame in stored["frames"]))
    except (OSError, ValueError, KeyError) as error:
        raise BadInput("the lesion mask cannot be read; analyse the series again") from error
