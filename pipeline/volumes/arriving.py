"""Images decoded while their series still arrives, so that little is left to do after the last one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydicom

from pipeline.domain.errors import NeuroVigieError
from pipeline.volumes.decode import Decoded, Pixels, decode
from pipeline.volumes.limits import MOST_SERIES_VOXELS, check_series
from pipeline.volumes.planes import planes
from pipeline.volumes.source import SourceFrame, read_header

MOST_REMEMBERED = 100_000
"""Files known to have been asked for; beyond it the memory of them begins anew."""


@dataclass(frozen=True, slots=True, eq=False)
class TakenIn:
    """One image as it was taken in: its header, and the values of each of its planes that could be decoded."""

    header: pydicom.Dataset
    values: Mapping[SourceFrame, Pixels]

    @property
    def voxels(self) -> int:
        """How much of it is held."""
        return sum(one.size for one in self.values.values())


@dataclass(frozen=True, slots=True, eq=False)
class Arrived:
    """What had been taken in of some files; whatever is not here is read from its file, as if nothing had been."""

    files: Mapping[Path, TakenIn]

    def header(self, file: Path) -> pydicom.Dataset:
        """The header of a file; raises as `read_header` does."""
        known = self.files.get(file)
        return read_header(file) if known is None else known.header

    def decode(self, frames: Sequence[SourceFrame]) -> Decoded:
        """As `pipeline.volumes.decode.decode`, without decoding again what was decoded before."""
        found = {frame: self._values(frame) for frame in frames}
        missing = [frame for frame, values in found.items() if values is None]
        late = decode(missing) if missing else None
        if late is not None:
            found.update(zip(late.frames, late.values, strict=True))
        good = {frame: values for frame, values in found.items() if values is not None}
        problems = () if late is None else late.problems
        return Decoded(tuple(good), _stacked(list(good.values()), frames[0]), problems)

    def _values(self, frame: SourceFrame) -> Pixels | None:
        known = self.files.get(frame.path)
        return None if known is None else known.values.get(frame)


NOTHING = Arrived({})
"""Nothing was taken in before."""


def _stacked(values: Sequence[Pixels], frame: SourceFrame) -> Pixels:
    """``[plane, j, i]``, int16 where every plane is."""
    if not values:
        return np.empty((0, frame.rows, frame.columns), dtype=np.int16)
    stacked = np.stack(values)
    return stacked if stacked.dtype == np.int16 else stacked.astype(np.float32)


@dataclass(slots=True, eq=False)
class ArrivingImages:
    """Takes images in one by one, and gives them up once; the oldest go when more than ``most_voxels`` are held.

    Not safe to use from two threads at a time. Losing it costs only the work done.
    """

    most_voxels: int = MOST_SERIES_VOXELS
    _held: dict[Path, TakenIn] = field(default_factory=dict)
    _voxels: int = 0
    _asked_for: set[Path] = field(default_factory=set)

    def add(self, file: Path) -> None:
        """Take in one image, never failing: what is wrong with it is said when its series is read."""
        if file in self._held or file in self._asked_for:
            return
        try:
            self._hold(file, _taken_in(file))
        except NeuroVigieError:
            return
        except MemoryError:
            self._held.clear()
            self._voxels = 0

    def take(self, files: Iterable[Path]) -> Arrived:
        """What is held of these files; it is held no longer, and they are not taken in again."""
        wanted = list(files)
        if len(self._asked_for) > MOST_REMEMBERED:
            self._asked_for.clear()
        self._asked_for.update(wanted)
        taken = {file: self._held.pop(file) for file in wanted if file in self._held}
        self._voxels -= sum(one.voxels for one in taken.values())
        return Arrived(taken)

    def _hold(self, file: Path, one: TakenIn) -> None:
        self._held[file] = one
        self._voxels += one.voxels
        while self._voxels > self.most_voxels:
            oldest = next(iter(self._held))
            self._voxels -= self._held.pop(oldest).voxels


def _taken_in(file: Path) -> TakenIn:
    header = read_header(file)
    found = planes(file, header)
    check_series(found[0].rows, found[0].columns, len(found))
    decoded = decode(found)
    return TakenIn(header, dict(zip(decoded.frames, decoded.values, strict=True)))
