"""A series built while it arrives, so that little is left to do after its last image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pipeline.domain.volume import VoxelUnit
from pipeline.volumes.build import read_volume
from pipeline.volumes.decode import Decoded, Pixels, decode
from pipeline.volumes.limits import check_series
from pipeline.volumes.quick import quick_plane
from pipeline.volumes.series_volume import SeriesVolume
from pipeline.volumes.source import SourceFrame
from pipeline.volumes.stack import build_from_planes


@dataclass(slots=True, eq=False)
class ArrivingSeries:
    """Files of one series as they come; plain CT slices are decoded at once, others when the volume is asked for.

    Not safe to use from two threads at a time. What is held is bounded by `limits.MOST_SERIES_VOXELS`.
    """

    _files: list[Path] = field(default_factory=list)
    _values: dict[SourceFrame, Pixels] = field(default_factory=dict)

    def add(self, file: Path) -> None:
        """Take in one file and decode it if it is a plain CT slice; raises `TooLarge`, never for a bad file."""
        self._files.append(file)
        plane = quick_plane(file)
        if plane is None:
            return
        check_series(plane.rows, plane.columns, len(self._values) + 1)
        decoded = decode([plane])
        if decoded.frames:
            self._values[plane] = decoded.values[0]

    @property
    def images(self) -> int:
        """How many files have come."""
        return len(self._files)

    def volume(self) -> SeriesVolume:
        """The volume of what has come so far, as `read_volume` builds it; more files may come after."""
        planes = list(self._values)
        unique = {plane.SOPInstanceUID for plane in planes}
        if not planes or len(unique) != len(self._files):
            return read_volume(self._files)
        return build_from_planes(planes, VoxelUnit.HU, given=len(self._files), decoder=self._from_memory)

    def _from_memory(self, frames: Sequence[SourceFrame]) -> Decoded:
        values = [self._values[frame] for frame in frames]
        if any(one.dtype != np.int16 for one in values):
            return Decoded(tuple(frames), np.stack(values).astype(np.float32), ())
        return Decoded(tuple(frames), np.stack(values), ())
