"""``python -m benchmarks.results``: how long the DICOM objects of one analysis take to write, beside highdicom.

A head CT of 40 and of 200 slices of 512 x 512 with a 40 mL haemorrhage: from the stored mask and the
source files to each object on disk. highdicom writes a binary SEG of the same mask and source files,
in turns with ours; medians. Wall seconds, and seconds of processor in brackets, which a busy machine
does not change.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import highdicom
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.sr.codedict import codes as dcm
from scipy import ndimage

from pipeline.domain.finding import Finding, FindingKind, Side
from pipeline.phantom import Haemorrhage, PhantomSeries, PhantomStudy, write_study
from pipeline.results.marked import read_marked
from pipeline.results.mask_file import read_mask, write_mask
from pipeline.results.requests import ResultWritten, SourceImage, WriteResults
from pipeline.results.write import write_results
from pipeline.volumes.build import build_volume
from pipeline.volumes.source import read_header

RUNS = 5
BLOOD_HU = (55, 90)


@dataclass(frozen=True, slots=True)
class Seconds:
    """One run of one piece of work."""

    wall: float
    processor: float


def timed(work: Callable[[], object]) -> Seconds:
    """How long ``work`` takes."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return Seconds(time.perf_counter() - wall, time.process_time() - processor)


def median(runs: Sequence[Seconds]) -> str:
    """Runs as the table shows them, in ms."""
    wall = statistics.median(one.wall for one in runs) * 1000
    processor = statistics.median(one.processor for one in runs) * 1000
    return f"{wall:.0f} ms ({processor:.0f})"


def request_for(folder: Path, slices: int) -> WriteResults:
    """Everything there is after the analysis of a phantom head that bleeds."""
    series = PhantomSeries(images=slices, spacing_mm=160 / slices)
    files = write_study(PhantomStudy(5, series=(series,), haemorrhage=Haemorrhage(40.0)), folder / "in")
    volume = build_volume([(file, read_header(file)) for file in files])
    mask = largest(volume.volume.voxels)
    ml = float(mask.sum()) * volume.volume.patient_from_voxel.voxel_volume_ml
    return WriteResults(
        images=tuple(SourceImage(file, "", str(read_header(file).SOPInstanceUID)) for file in files),
        mask=write_mask(folder / "out", volume, mask),
        findings=(Finding(FindingKind.HAEMORRHAGE, ml, Side.LEFT, 0.9, largest_diameter_mm=50.0),),
        analysis_id="benchmark",
        bundle="ich-ct",
        bundle_version="0.1.0",
        made_at=datetime(2026, 1, 1, tzinfo=UTC),
        out=folder / "out",
        scan_probability=0.93,
    )


def largest(voxels: NDArray[np.int16]) -> NDArray[np.uint8]:
    """The largest connected piece of what looks like blood."""
    opened = ndimage.binary_opening((voxels > BLOOD_HU[0]) & (voxels < BLOOD_HU[1]), iterations=2)
    labels, count = ndimage.label(opened)
    sizes = ndimage.sum(opened, labels, range(1, count + 1))
    piece: NDArray[np.uint8] = (labels == 1 + int(np.argmax(sizes))).astype(np.uint8)
    return piece


def ours(request: WriteResults) -> dict[str, Seconds]:
    """Every object once, and how long each took."""
    found: dict[str, Seconds] = {}
    answers = write_results(request)
    while True:
        got: list[ResultWritten] = []
        spent = timed(lambda: got.extend([one] if (one := next(answers, None)) else []))  # noqa: B023 - called at once
        if not got:
            return found
        found[got[0].kind.value] = spent


def highdicoms(request: WriteResults) -> None:
    """A binary SEG by highdicom from the same mask and the same source files."""
    mask = read_mask(request.mask)
    marked = set(mask.SOPInstanceUIDs)
    sources = {image.SOPInstanceUID: pydicom.dcmread(image.path, stop_before_pixels=True) for image in request.images}
    pixels = np.zeros((len(sources), *mask.labels.shape[1:]), dtype=np.uint8)
    order = {name: k for k, name in enumerate(mask.SOPInstanceUIDs)}
    for k, name in enumerate(sources):
        if name in marked:
            pixels[k] = mask.labels[order[name]]
    described = highdicom.seg.SegmentDescription(
        1, "AI suspected haemorrhage", dcm.SCT.MorphologicallyAbnormalStructure, dcm.SCT.Hemorrhage, "AUTOMATIC",
        highdicom.AlgorithmIdentificationSequence(request.bundle, dcm.DCM.ArtificialIntelligence, "0.1.0"),
    )  # fmt: skip
    made = highdicom.seg.Segmentation(
        list(sources.values()), pixels, "BINARY", [described], highdicom.UID(), 9100, highdicom.UID(), 1,
        "highdicom", "highdicom", "1", "1",
    )  # fmt: skip
    made.save_as(request.out / "highdicom.dcm")


def compare(slices: int) -> list[str]:
    """The rows of one head."""
    with tempfile.TemporaryDirectory() as folder:
        request = request_for(Path(folder), slices)
        marked = len(read_marked(request.images, read_mask(request.mask), request.findings).slices)
        ours(request)
        highdicoms(request)
        runs = [(ours(request), timed(lambda: highdicoms(request))) for _ in range(RUNS)]
    kinds = {kind: median([mine[kind] for mine, _ in runs]) for kind in runs[0][0]}
    theirs = median([peer for _, peer in runs])
    return [f"{slices} slices, {marked} with blood: {', '.join(f'{k} {v}' for k, v in kinds.items())}",
            f"{slices} slices, highdicom {highdicom.__version__}: seg {theirs}"]  # fmt: skip


def main() -> int:
    """Print the table."""
    warnings.simplefilter("ignore")
    for slices in (40, 200):
        print("\n".join(compare(slices)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
