"""The pixels of phantom slices: the head's tissue map, its brightness, blur and noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.phantom.brain import draw_brain
from pipeline.phantom.geometry import SlicePlace, places
from pipeline.phantom.lesion import Lesion, bleed, infarct
from pipeline.phantom.plane import Field, Plane
from pipeline.phantom.skull import SCALP_MM, depth_mm, draw_base, draw_outside
from pipeline.phantom.spec import PhantomSeries, PhantomStudy, SeriesKind
from pipeline.phantom.tissue import Tissue, brightness
from pipeline.phantom.vessels import draw_vessels

_NOISE = {"ncct": 3.4, "cta": 9.0, "b0": 12.0, "b1000": 7.0, "adc": 40.0}
_OEDEMA_RIM = 1.22
"""The rim's reach, in multiples of the clot's."""
_AROUND_HEAD = ((-116.0, -130.0, -1000.0), (116.0, 130.0, 1000.0))


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """One phantom head: its size, folds and lesions, all from the study's seed."""

    scale: float
    phase: Field
    bleed: Lesion | None
    infarct: Lesion | None


def head_of(study: PhantomStudy) -> Head:
    """The head of a study; every series of the study shows the same one."""
    rng = np.random.default_rng([study.seed, 1])
    phase = rng.uniform(0, 2 * np.pi, 9).astype(np.float32)
    scale = float(rng.uniform(0.96, 1.03))
    blood = bleed(study.haemorrhage, phase, scale) if study.haemorrhage else None
    stroke = infarct(study.infarct_ml, phase, scale) if study.infarct_ml > 0 else None
    return Head(scale, phase, blood, stroke)


def slices(study: PhantomStudy, series: PhantomSeries, contrast: str) -> Iterator[NDArray[np.int16]]:
    """The images of a series from the feet upwards, int16 [row, column]: HU on CT, MR units else."""
    head = head_of(study)
    rng = np.random.default_rng([study.seed, 2, sum(contrast.encode())])
    noise = _smooth(rng.standard_normal((series.rows + 64, series.rows + 64), dtype=np.float32)) * np.float32(1.9)
    for place in places(series):
        labels = tissue_map(head, place, vessels=series.kind is SeriesKind.CTA)
        image = _smooth(brightness(contrast)[labels])
        j, i = rng.integers(0, 64, 2)
        image += noise[j : j + series.rows, i : i + series.rows] * np.float32(_NOISE[contrast])
        yield _limited(image, contrast)


def tissue_map(head: Head, place: SlicePlace, *, vessels: bool) -> NDArray[np.uint8]:
    """The label of every pixel [row, column] of one slice (`Tissue`)."""
    whole = np.full((place.rows, place.rows), Tissue.AIR, dtype=np.uint8)
    full = place.plane(head.scale)
    window = full.window(*_AROUND_HEAD)
    labels, plane = whole[window], full.part(window)
    depth = depth_mm(plane)
    draw_outside(labels, plane, depth)
    if float(depth.min()) < SCALP_MM:
        draw_brain(labels, plane, depth, head.phase)
        draw_base(labels, plane)
    if vessels:
        draw_vessels(labels, plane)
    _draw_lesions(labels, head, plane)
    return whole


def _draw_lesions(labels: NDArray[np.uint8], head: Head, plane: Plane) -> None:
    for lesion, core, rim in ((head.infarct, Tissue.INFARCT, None), (head.bleed, Tissue.BLOOD, Tissue.OEDEMA)):
        if lesion is None:
            continue
        window = plane.window(*lesion.box())
        part, patch = plane.part(window), labels[window]
        if not patch.size:
            continue
        level = lesion.level(part)
        if rim is not None:
            soft = (patch == Tissue.WHITE) | (patch == Tissue.GREY)
            patch[soft & (level < lesion.threshold * _OEDEMA_RIM)] = rim
        patch[(level < lesion.threshold) & (patch >= Tissue.FLUID)] = core


def _smooth(image: Field) -> Field:
    """A 1-2-1 filter along both axes: the scanner's point spread at half a millimetre a pixel."""
    quarter = np.float32(0.25)
    for axis in (0, 1):
        moved = np.moveaxis(image, axis, 0)
        moved[1:-1] = (moved[:-2] + moved[2:]) * quarter + moved[1:-1] * np.float32(0.5)
    return image


def _limited(image: Field, contrast: str) -> NDArray[np.int16]:
    low, high = (-1024, 3071) if contrast in ("ncct", "cta") else (0, 4095)
    return np.clip(np.rint(image), low, high).astype(np.int16)
