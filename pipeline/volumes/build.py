"""From the files of one series to its volume."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

from pipeline.assembly.headers import text, uid
from pipeline.domain.errors import NotAnalysable, NotAVolume, TooLarge, UnreadableInstance
from pipeline.domain.volume import Volume, VoxelUnit
from pipeline.volumes.arrange import Arrangement, arrange, consistent
from pipeline.volumes.decode import decoded
from pipeline.volumes.limits import check_series
from pipeline.volumes.series_volume import SeriesVolume, on_even_grid
from pipeline.volumes.source import SourceFrame, planes


def build_volume(instances: Sequence[tuple[Path, pydicom.Dataset]]) -> SeriesVolume:
    """Build the volume of one series from its files and their headers.

    Slices are ordered by position along their normal, rescaled one by one, and resampled along k only
    where their spacing is uneven; a gantry tilt stays in the affine. Raises `NotAVolume`, `TooLarge`, or
    `UnreadableInstance` when not one image can be decoded.
    """
    found, problems = _all_planes(_once_each(instances))
    if not found:
        raise NotAVolume(_sentence(problems) or "there is no image in this series")
    chosen, notes = consistent(found)
    check_series(chosen[0].rows, chosen[0].columns, len(chosen))
    pixels: dict[SourceFrame, NDArray[Any]] = {}
    for frame, values in decoded(chosen):
        if isinstance(values, str):
            problems.append(values)
        else:
            pixels[frame] = values
    if not pixels:
        raise UnreadableInstance(_sentence(problems))
    arrangement = arrange(list(pixels))
    check_series(chosen[0].rows, chosen[0].columns, arrangement.slices)
    left_out = (
        [f"{len(problems)} of {len(instances)} images could not be read: {_sentence(problems)}"] if problems else []
    )
    return SeriesVolume(
        volume=_volume(arrangement, pixels, _unit(instances[0][1])),
        arrangement=arrangement,
        given=len(instances),
        unreadable=len(problems),
        notes=(*arrangement.notes, *notes, *left_out),
    )


def _once_each(instances: Sequence[tuple[Path, pydicom.Dataset]]) -> list[tuple[Path, pydicom.Dataset]]:
    """One file per SOPInstanceUID, the first that came."""
    unique: dict[str, tuple[Path, pydicom.Dataset]] = {}
    for path, header in instances:
        unique.setdefault(uid(header, "SOPInstanceUID") or str(path), (path, header))
    return list(unique.values())


def _all_planes(instances: Sequence[tuple[Path, pydicom.Dataset]]) -> tuple[list[SourceFrame], list[str]]:
    found: list[SourceFrame] = []
    problems: list[str] = []
    for path, header in instances:
        try:
            found.extend(planes(path, header))
        except TooLarge:
            raise
        except NotAnalysable as error:
            problems.append(str(error))
    return found, problems


def _sentence(problems: Sequence[str]) -> str:
    """The most frequent problems, each once."""
    return "; ".join(problem for problem, _ in Counter(problems).most_common(3))


def _unit(header: pydicom.Dataset) -> VoxelUnit:
    if text(header, "Modality") == "CT":
        return VoxelUnit.HU
    rescaled = text(header, "RescaleType").replace("^", "").replace("*", "").replace(" ", "")
    return VoxelUnit.ADC_1E6_MM2_S if rescaled.startswith(("10-6MM2/S", "1E-6MM2/S")) else VoxelUnit.ARBITRARY


def _volume(arrangement: Arrangement, pixels: dict[SourceFrame, NDArray[Any]], unit: VoxelUnit) -> Volume:
    slices = [pixels[frame] for frame in arrangement.frames]
    stack = np.stack(slices).astype(np.result_type(*{values.dtype for values in slices}), copy=False)
    return Volume(on_even_grid(stack, arrangement), arrangement.patient_from_voxel, unit)
