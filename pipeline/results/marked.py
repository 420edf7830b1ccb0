"""The slices of a series on which something was found: their headers, planes and labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pydicom
from numpy.typing import NDArray

from pipeline.assembly.headers import uid
from pipeline.domain.errors import BadInput
from pipeline.domain.finding import Finding
from pipeline.results.mask_file import Mask
from pipeline.results.outlines import Outline, outlines
from pipeline.results.requests import SourceImage
from pipeline.volumes.planes import planes
from pipeline.volumes.source import SourceFrame, read_header


@dataclass(frozen=True, slots=True, eq=False)
class MarkedSlice:
    """One source slice with something on it; ``labels`` is uint8 ``[j, i]``, n for finding number n of the result.

    ``pixels`` counts the pixels of each finding that is on the slice.
    """

    header: pydicom.Dataset
    plane: SourceFrame
    labels: NDArray[np.uint8]
    pixels: Mapping[int, int]

    @property
    def frame_of_many(self) -> int | None:
        """The frame's number from 1 in a multi-frame instance; None in an instance of one image, or in a mosaic."""
        return self.plane.frame if self.plane.encoding.frames > 1 else None

    def outlines_of(self, number: int) -> Iterator[Outline]:
        """Outlines of a finding in the pixels of the stored picture, in which a slice of a mosaic begins somewhere."""
        j, i = self.plane.tile_ji or (0, 0)
        for line in outlines(self.labels == number):
            yield tuple((x + i, y + j) for x, y in line)


@dataclass(frozen=True, slots=True, eq=False)
class MarkedSeries:
    """Findings and the slices they are on: finding n, from 1, is value n of every slice's labels."""

    findings: tuple[Finding, ...]
    slices: tuple[MarkedSlice, ...]

    @property
    def header(self) -> pydicom.Dataset:
        """A header of the source series."""
        return self.slices[0].header

    def largest_slice_of(self, number: int) -> int:
        """The index of the slice on which finding ``number`` covers most pixels."""
        return int(np.argmax([one.pixels.get(number, 0) for one in self.slices]))


def read_marked(images: Sequence[SourceImage], mask: Mask, findings: Sequence[Finding]) -> MarkedSeries:
    """Read the headers of the slices that the mask marks, and of no other; raises `BadInput`."""
    numbered = sorted(findings, key=lambda finding: finding.label)
    labels = _renumbered(mask.labels, numbered)
    kept = [k for k in range(len(labels)) if labels[k].any()]
    if not numbered or not kept:
        raise BadInput("nothing was found on this series, so there is nothing to write")
    sources = _sources(images, {mask.SOPInstanceUIDs[k] for k in kept})
    slices = [_slice(sources[mask.SOPInstanceUIDs[k]], mask.frames[k], labels[k]) for k in kept]
    if not all(one.plane.FrameOfReferenceUID for one in slices):
        raise BadInput("the source series has no frame of reference, so no segmentation can lie on it")
    return MarkedSeries(tuple(numbered), tuple(slices))


def _renumbered(labels: NDArray[np.uint8], findings: Sequence[Finding]) -> NDArray[np.uint8]:
    """Labels of the mask as 1, 2, 3 ... in the order of the findings; what belongs to none is dropped."""
    number_of = np.zeros(256, dtype=np.uint8)
    for number, finding in enumerate(findings, start=1):
        number_of[finding.label] = number
    if np.array_equal(number_of[: len(findings) + 1], np.arange(len(findings) + 1)) and labels.max() <= len(findings):
        return labels
    renumbered: NDArray[np.uint8] = number_of[labels]
    return renumbered


_Source: TypeAlias = tuple[pydicom.Dataset, Sequence[SourceFrame]]


def _sources(images: Sequence[SourceImage], wanted: set[str]) -> dict[str, _Source]:
    """Header and planes of the wanted instances by SOPInstanceUID."""
    found: dict[str, _Source] = {}
    for image in images:
        if image.SOPInstanceUID and image.SOPInstanceUID not in wanted:
            continue
        header = read_header(image.path)
        if uid(header, "SOPInstanceUID") in wanted:
            found[uid(header, "SOPInstanceUID")] = (header, planes(image.path, header))
    if len(found) < len(wanted):
        raise BadInput("the mask lies on images that are not among the source images")
    return found


def _slice(source: _Source, frame: int, labels: NDArray[np.uint8]) -> MarkedSlice:
    header, of_instance = source
    plane = of_instance[frame - 1]
    if labels.shape != (plane.rows, plane.columns):
        raise BadInput("the mask is not of the size of its source images")
    return MarkedSlice(header, plane, labels, _pixels(labels))


def _pixels(labels: NDArray[np.uint8]) -> dict[int, int]:
    rows, columns = np.flatnonzero(labels.any(axis=1)), np.flatnonzero(labels.any(axis=0))
    counts = np.bincount(labels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].reshape(-1))
    return {int(number): int(counts[number]) for number in np.flatnonzero(counts) if number}
