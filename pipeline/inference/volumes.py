"""The volumes of one analysis: the series' own, and those of its companions."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pydicom

from pipeline.assembly.headers import uid
from pipeline.assembly.recognise import recognise
from pipeline.domain.because import Because
from pipeline.domain.errors import NeuroVigieError, NotAnalysable
from pipeline.domain.ports import Step
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume
from pipeline.inference.ready import READ_TOGETHER
from pipeline.stages.diffusivity import diffusivity
from pipeline.volumes.decode import Decoder, decode
from pipeline.volumes.series_volume import SeriesVolume
from pipeline.volumes.split import SubSeries, build_sub_series, companions, split

Instances = Sequence[tuple[Path, pydicom.Dataset]]


@dataclass(frozen=True, slots=True, eq=False)
class ScanVolumes:
    """The volume a model reads, and what it reads beside it; ``notes`` say where the latter came from."""

    series: SeriesVolume
    beside: Mapping[SeriesRole, Volume]
    notes: tuple[str, ...] = ()


def scan_volumes(
    instances: Instances,
    role: SeriesRole,
    wanted: frozenset[SeriesRole],
    others: Sequence[Instances],
    decoder: Decoder = decode,
) -> Generator[Step, None, ScanVolumes]:
    """Build the main volume of a series and each wanted companion, yielding after each.

    A companion from the same series comes before one from ``others``, which must lie in the same frame of
    reference. One that cannot be built is left out and noted. Raises as `build_sub_series` does.
    """
    parts = split(instances, role)
    main = parts[0]
    if main.role is not role and main.role in {SeriesRole.B0, SeriesRole.ADC}:
        raise NotAnalysable(READ_TOGETHER, Because.READ_TOGETHER)
    series = build_sub_series(main, decoder)
    yield Step("volume", 0.2)
    beside: dict[SeriesRole, Volume] = {}
    notes: list[str] = []
    b_values = {SeriesRole.DWI: main.b_value}
    for sub in _candidates(instances, parts, others) if wanted else ():
        if sub.role not in wanted or sub.role in beside:
            continue
        try:
            beside[sub.role] = build_sub_series(sub, decoder).volume
            b_values[sub.role] = sub.b_value
        except NeuroVigieError as error:
            notes.append(f"{sub.role} could not be used: {error}")
        yield Step("companion", 0.25)
    notes += _with_diffusivity(series.volume, beside, wanted, b_values)
    return ScanVolumes(series, beside, tuple(notes))


def _with_diffusivity(
    weighted: Volume,
    beside: dict[SeriesRole, Volume],
    wanted: frozenset[SeriesRole],
    b_values: Mapping[SeriesRole, float | None],
) -> list[str]:
    """Add the ADC computed from b0 where no map came; what was done, in words."""
    b0, b_value = beside.get(SeriesRole.B0), b_values.get(SeriesRole.DWI)
    if SeriesRole.ADC not in wanted or SeriesRole.ADC in beside or b0 is None or b_value is None:
        return []
    computed = diffusivity(weighted, b0, b_value - (b_values.get(SeriesRole.B0) or 0.0))
    if computed is None:
        return ["no ADC could be computed: b=0 images and diffusion images do not lie on the same voxels"]
    beside[SeriesRole.ADC] = computed
    return [f"ADC computed from b=0 and b={b_value:.0f} images"]


def _candidates(instances: Instances, parts: Sequence[SubSeries], others: Sequence[Instances]) -> Sequence[SubSeries]:
    """What may be read beside the series, its own parts first."""
    frame = _frame_of(instances)
    found = list(companions(parts).values())
    for other in others:
        if not other or _frame_of(other) != frame:
            continue
        role = recognise([header for _, header in other]).role
        try:
            found += list(split(other, role))
        except NeuroVigieError:
            continue
    return found


def _frame_of(instances: Instances) -> str:
    return uid(instances[0][1], "FrameOfReferenceUID")
