"""What one series holds at the same places: b-values, directions, maps and echoes, each by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pydicom

from pipeline.assembly.diffusion import Direction, Weighting
from pipeline.assembly.recognise import recognise
from pipeline.domain.errors import NotAVolume
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume, VoxelUnit
from pipeline.volumes.adc import in_adc_units
from pipeline.volumes.decode import Decoder, decode
from pipeline.volumes.series_volume import SeriesVolume
from pipeline.volumes.source import ORDINARY, FrameKind, SourceFrame
from pipeline.volumes.stack import all_planes, build_from_planes, sentence, unit_of

USUAL_B = 1000.0
"""The b-value (s/mm2) of stroke protocols; of several, the nearest to it is read."""

_WEIGHTED_FROM = 400.0
"""Below this b-value perfusion and T2 dominate, and no infarct stands out."""

_ADC_WORDS = frozenset({"ADC", "ADC_UNSPECIFIED", "ADC MAP", "AVERAGE DC", "AVDC"})
_OTHER_MAPS = frozenset({"FA", "COLFA", "TENSOR", "EADC", "EXP", "RA", "VR", "DIFFUSION_ANISO"})


@dataclass(frozen=True, slots=True, eq=False)
class SubSeries:
    """The images of one series that form one volume.

    ``stacks`` has one set of planes; several where the volume is to be their geometric mean (the
    directions of one b-value). ``given`` counts the images of the whole series, ``problems`` are the
    sentences of those that could not be read.
    """

    role: SeriesRole
    reason: str
    stacks: tuple[tuple[SourceFrame, ...], ...]
    unit: VoxelUnit
    b_value: float | None = None
    direction: Direction = Direction.NONE
    component: str = ""
    echo: int = 0
    given: int = 0
    problems: tuple[str, ...] = ()

    @property
    def images(self) -> int:
        """How many planes it has."""
        return sum(len(stack) for stack in self.stacks)


def split(instances: Sequence[tuple[Path, pydicom.Dataset]], role: SeriesRole | None = None) -> list[SubSeries]:
    """Separate a series into what forms volumes of one kind, the main one first.

    ``role`` is what the series was recognised as, asked of its headers if not given. A series of one
    kind comes back as one. Raises `NotAVolume` when no image has a place in the patient.
    """
    found, problems = all_planes(instances)
    if not found:
        raise NotAVolume(sentence(problems) or "there is no image in this series")
    role = role or recognise([header for _, header in instances]).role
    groups: dict[FrameKind, list[SourceFrame]] = defaultdict(list)
    for frame in found:
        groups[_kind(frame, role)].append(frame)
    whole = _Whole(role, unit_of(instances[0][1]), len(instances), tuple(problems))
    subs = [_sub_series(kind, group, whole) for kind, group in groups.items()]
    return sorted(_directions_together(subs), key=lambda sub: _rank(sub, role))


@dataclass(frozen=True, slots=True)
class _Whole:
    """What all parts of a series share."""

    role: SeriesRole
    unit: VoxelUnit
    given: int
    problems: tuple[str, ...]


def _sub_series(kind: FrameKind, frames: Sequence[SourceFrame], whole: _Whole) -> SubSeries:
    role, reason = _role_of(kind, whole.role)
    return SubSeries(
        role=role,
        reason=reason,
        stacks=(tuple(frames),),
        unit=whole.unit,
        b_value=None if kind.weighting is None else kind.weighting.b_value,
        direction=Direction.NONE if kind.weighting is None else kind.weighting.direction,
        component=kind.component,
        echo=kind.echo,
        given=whole.given,
        problems=whole.problems,
    )


def build_sub_series(sub: SubSeries, decoder: Decoder = decode) -> SeriesVolume:
    """Build the volume of a part of a series; ADC comes in 1e-6 mm2/s where its unit can be told.

    ``decoder`` may know what was decoded before. Raises as `pipeline.volumes.build.build_volume` does.
    """
    built = [
        build_from_planes(stack, sub.unit, given=sub.given, problems=sub.problems, decoder=decoder)
        for stack in sub.stacks
    ]
    series = built[0] if len(built) == 1 else _geometric_mean(built)
    return in_adc_units(series) if sub.role is SeriesRole.ADC else series


def companions(subs: Iterable[SubSeries]) -> Mapping[SeriesRole, SubSeries]:
    """What came in the same series beside the main one: its b0 and its ADC map, the first of each."""
    found: dict[SeriesRole, SubSeries] = {}
    for sub in subs:
        if sub.role in {SeriesRole.B0, SeriesRole.ADC}:
            found.setdefault(sub.role, sub)
    return found


def _kind(frame: SourceFrame, role: SeriesRole) -> FrameKind:
    """What separates this plane from others of its series; moments stay together, the first is read."""
    if role in _X_RAY:
        return ORDINARY
    return FrameKind(_rounded(frame.kind.weighting) if role in _DIFFUSION else None, frame.kind.component,
                     frame.kind.echo)  # fmt: skip


def _rounded(weighting: Weighting | None) -> Weighting | None:
    """Actual b-values scatter about the one that was asked for, and so do directions in their last digits."""
    if weighting is None or weighting.direction is Direction.NONE:
        return None if weighting is None else replace(weighting, b_value=0.0)
    nominal = round(weighting.b_value / _B_STEP) * _B_STEP
    return replace(weighting, b_value=nominal, gradient=tuple(round(part, 2) + 0.0 for part in weighting.gradient))


_X_RAY = frozenset({SeriesRole.NCCT, SeriesRole.CTA, SeriesRole.CTP})
_DIFFUSION = frozenset({SeriesRole.DWI, SeriesRole.ADC, SeriesRole.B0})
_B_STEP = 50.0


def _role_of(kind: FrameKind, role: SeriesRole) -> tuple[SeriesRole, str]:
    words = frozenset(kind.component.split("\\"))
    if role not in _DIFFUSION:
        return role, ""
    if words & _ADC_WORDS:
        return SeriesRole.ADC, f"ADC map (ImageType {min(words & _ADC_WORDS)})"
    if words & _OTHER_MAPS:
        return SeriesRole.DERIVED, f"diffusion map that is not ADC (ImageType {min(words & _OTHER_MAPS)})"
    weighting = kind.weighting
    if weighting is None or role is SeriesRole.ADC:  # a map may keep the b-value that it was computed from
        return role, ""
    if weighting.direction is Direction.NONE:
        return SeriesRole.B0, f"no diffusion weighting ({weighting.source} {weighting.b_value:.0f})"
    return SeriesRole.DWI, f"{weighting.direction} image, b {weighting.b_value:.0f} s/mm2 ({weighting.source})"


def _directions_together(subs: Sequence[SubSeries]) -> list[SubSeries]:
    """Single directions of one b-value become one part, to be combined; repeats without direction likewise."""
    merged: dict[tuple[float | None, str, int, Direction], list[SubSeries]] = defaultdict(list)
    kept: list[SubSeries] = []
    for sub in subs:
        if sub.role is SeriesRole.DWI and sub.direction in {Direction.ONE, Direction.UNKNOWN}:
            merged[sub.b_value, sub.component, sub.echo, sub.direction].append(sub)
        else:
            kept.append(sub)
    return kept + [_merged(group) for group in merged.values()]


def _merged(group: Sequence[SubSeries]) -> SubSeries:
    first = group[0]
    stacks = [stack for sub in group for stack in _repeats(sub.stacks[0])]
    reason = first.reason if len(stacks) == 1 else f"{len(stacks)} directions, b {first.b_value:.0f} s/mm2"
    return replace(first, reason=reason, stacks=tuple(stacks))


def _repeats(frames: Sequence[SourceFrame]) -> list[tuple[SourceFrame, ...]]:
    """Planes taken apart so that none has two at one place: the first of each place, then the second, ..."""
    at_place: dict[tuple[float, ...], list[SourceFrame]] = defaultdict(list)
    for frame in sorted(frames, key=lambda one: (one.acquisition, one.instance, one.frame)):
        at_place[tuple(round(part, 1) for part in frame.position_mm)].append(frame)
    deepest = max(len(stack) for stack in at_place.values())
    if any(len(stack) != deepest for stack in at_place.values()):
        return [tuple(frames)]
    return [tuple(stack[turn] for stack in at_place.values()) for turn in range(deepest)]


def _rank(sub: SubSeries, role: SeriesRole) -> tuple[float, ...]:
    """Lower first: the series' own role, enough weighting, near the usual b, trace before directions, most images."""
    b_value = sub.b_value if sub.b_value is not None else USUAL_B
    return (
        sub.role is not role,
        sub.role is SeriesRole.DWI and b_value < _WEIGHTED_FROM,
        abs(b_value - USUAL_B) if sub.role is SeriesRole.DWI else 0.0,
        list(_PREFERRED).index(sub.direction) if sub.direction in _PREFERRED else len(_PREFERRED),
        -sub.images,
    )


_PREFERRED = (Direction.TRACE, Direction.UNKNOWN, Direction.ONE)


def _geometric_mean(built: Sequence[SeriesVolume]) -> SeriesVolume:
    """The trace-weighted volume of several directions: signals multiply as exponents of b times ADC add."""
    first = built[0]
    same = [one for one in built if one.volume.shape_kji == first.volume.shape_kji]
    logs = sum(np.log(np.maximum(one.volume.voxels.astype(np.float32), 1e-3)) for one in same)
    mean = np.exp(logs / len(same)).astype(np.float32)
    return SeriesVolume(
        volume=Volume(np.where(mean < 0.5, 0, mean), first.volume.patient_from_voxel, first.volume.unit),
        arrangement=first.arrangement,
        given=first.given,
        unreadable=max(one.unreadable for one in built),
        notes=(*first.notes, f"trace computed as the geometric mean of {len(same)} directions"),
    )
