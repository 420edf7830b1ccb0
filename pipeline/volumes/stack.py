"""From the image planes of one series to its volume."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pydicom

from pipeline.assembly.headers import text, uid
from pipeline.domain.errors import NotAnalysable, TooLarge, UnreadableInstance
from pipeline.domain.volume import Volume, VoxelUnit
from pipeline.volumes.arrange import arrange, consistent
from pipeline.volumes.decode import Decoder, decode
from pipeline.volumes.limits import check_series
from pipeline.volumes.planes import planes
from pipeline.volumes.series_volume import SeriesVolume, on_even_grid
from pipeline.volumes.source import SourceFrame


def build_from_planes(
    found: Sequence[SourceFrame],
    unit: VoxelUnit,
    *,
    given: int,
    problems: Sequence[str] = (),
    decoder: Decoder = decode,
) -> SeriesVolume:
    """Build a volume from planes of one kind; ``problems`` are the sentences of images left out before.

    Slices are ordered by position along their normal, rescaled one by one, and resampled along k only
    where their spacing is uneven; a gantry tilt stays in the affine. Raises `NotAVolume`, `TooLarge`, or
    `UnreadableInstance` when not one image can be decoded.
    """
    chosen, notes = consistent(found)
    check_series(chosen[0].rows, chosen[0].columns, len(chosen))
    decoded = decoder(chosen)
    failed = [*problems, *decoded.problems]
    if not decoded.frames:
        raise UnreadableInstance(sentence(failed))
    arrangement = arrange(decoded.frames)
    check_series(chosen[0].rows, chosen[0].columns, arrangement.slices)
    left_out = [f"{len(failed)} of {given} images could not be read: {sentence(failed)}"] if failed else []
    return SeriesVolume(
        volume=Volume(on_even_grid(decoded.values, arrangement), arrangement.patient_from_voxel, unit),
        arrangement=arrangement,
        given=given,
        unreadable=len(failed),
        notes=(*arrangement.notes, *notes, *left_out),
    )


def _once_each(instances: Sequence[tuple[Path, pydicom.Dataset]]) -> list[tuple[Path, pydicom.Dataset]]:
    """One file per SOPInstanceUID, the first that came."""
    unique: dict[str, tuple[Path, pydicom.Dataset]] = {}
    for path, header in instances:
        unique.setdefault(uid(header, "SOPInstanceUID") or str(path), (path, header))
    return list(unique.values())


def all_planes(instances: Sequence[tuple[Path, pydicom.Dataset]]) -> tuple[list[SourceFrame], list[str]]:
    """Every image plane of a series, one file per SOPInstanceUID, and why images have none; raises `TooLarge`."""
    found: list[SourceFrame] = []
    problems: list[str] = []
    for path, header in _once_each(instances):
        try:
            found.extend(planes(path, header))
        except TooLarge:
            raise
        except NotAnalysable as error:
            problems.append(str(error))
    return found, problems


def sentence(problems: Sequence[str]) -> str:
    """The most frequent problems, each once."""
    return "; ".join(problem for problem, _ in Counter(problems).most_common(3))


def unit_of(header: pydicom.Dataset) -> VoxelUnit:
    """What the measured values of a series mean, as far as its headers say (PS3.3 C.11.1.1.2)."""
    if text(header, "Modality") == "CT":
        return VoxelUnit.HU
    rescaled = text(header, "RescaleType").replace("^", "").replace("*", "").replace(" ", "")
    return VoxelUnit.ADC_1E6_MM2_S if rescaled.startswith(("10-6MM2/S", "1E-6MM2/S")) else VoxelUnit.ARBITRARY
