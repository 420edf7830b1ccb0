"""``python -m benchmarks.volume [--dicom DIR] [--dcm2niix PATH]``: are our volumes true, and how fast are they built?

Truth: every generated oddity, and every series below DIR, is built by us and by dcm2niix. A row says
whether the voxels are equal and how far apart the eight corners lie in the patient, in mm. The match is
made by the voxels alone (over all flips of the axes), so a mirrored or shifted image shows as a distance.

Speed: a CT of 200 and of 600 slices of 512 x 512, from files to an array in Hounsfield units, by us and
by SimpleITK's series reader, in turns; medians. A peer that is not installed is left out with a sentence.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import nibabel
import numpy as np

from pipeline.assembly.headers import text, uid
from pipeline.domain.errors import NeuroVigieError
from pipeline.phantom import PhantomSeries, PhantomStudy, datasets
from pipeline.testing.oddities import ODDITIES
from pipeline.volumes.arriving import ArrivingImages
from pipeline.volumes.build import read_volume
from pipeline.volumes.decode import decode
from pipeline.volumes.series_volume import SeriesVolume
from pipeline.volumes.source import read_header
from pipeline.volumes.split import build_sub_series, split

CLOSE_MM = 0.01
RUNS = 7
SLICES = (200, 600)

_RAS_FROM_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True)
class Row:
    """One line of the table.

    ``equal`` says of what the voxels are equal: the volume, or its source slices; "" if they are not.
    ``corner_mm`` is the distance to dcm2niix, ``header_mm`` that to the slices' own headers; None where
    there is nothing to compare with. ``reason`` documents a difference.
    """

    case: str
    equal: str = ""
    corner_mm: float | None = None
    header_mm: float | None = None
    reason: str = ""

    @property
    def good(self) -> bool:
        """Equal voxels at the same place, or a reason; and always where the headers say."""
        at_home = self.header_mm is None or self.header_mm <= CLOSE_MM
        same = bool(self.equal) and self.corner_mm is not None and self.corner_mm <= CLOSE_MM
        return at_home and (same or bool(self.reason))

    def __str__(self) -> str:
        distances = (f"{mm:.4f}" if mm is not None else "-" for mm in (self.corner_mm, self.header_mm))
        corner, header = distances
        return f"{self.case:36} {self.equal or 'no':>14} {corner:>10} {header:>10}  {self.reason}"


@dataclass(frozen=True)
class Image:
    """One 3-D image of dcm2niix: voxels [k, j, i] and the RAS affine of (i, j, k)."""

    name: str
    voxels: np.ndarray
    affine: np.ndarray


def compare(case: str, ours: list[SeriesVolume], theirs: list[Image]) -> Row:
    """The nearest match of any of our volumes with any of theirs."""
    rows = [row for volume in ours for image in theirs if (row := _match(case, volume, image)) is not None]
    if not rows:
        rows = [row for volume in ours for image in theirs if (row := _match_slices(case, volume, image)) is not None]
    if rows:
        return min(rows, key=lambda row: row.corner_mm if row.corner_mm is not None else np.inf)
    if not theirs:
        return Row(case, header_mm=header_mm(ours[0]), reason="dcm2niix makes nothing of this encoding")
    print(f"{case}: ours {[one.volume.shape_kji for one in ours]}, theirs {[one.voxels.shape for one in theirs]}")
    return Row(case, header_mm=header_mm(ours[0]))


def _match(case: str, ours: SeriesVolume, theirs: Image) -> Row | None:
    """Compare the volumes; slices that both interpolate may differ by one, by rounding."""
    voxels = ours.volume.voxels
    flips = _flips(voxels, theirs.voxels, 1e-3 if ours.arrangement.even else 1.001)
    if flips is None:
        return None
    corner_mm = _corner_mm(ours, theirs, flips)
    return Row(case, "volume", corner_mm, header_mm(ours), _reason(ours) if corner_mm > CLOSE_MM else "")


def _match_slices(case: str, ours: SeriesVolume, theirs: Image) -> Row | None:
    """Compare the slices as they were scanned, before we resampled an uneven stack."""
    scanned = decode(ours.arrangement.frames).values
    if _flips(scanned, theirs.voxels, 1e-3) is None:
        return None
    return Row(case, "source slices", None, header_mm(ours), _reason(ours))


def _flips(ours: np.ndarray, theirs: np.ndarray, within: float) -> tuple[int, ...] | None:
    if ours.shape != theirs.shape:
        return None
    for flips in product((1, -1), repeat=3):
        turned = theirs[:: flips[0], :: flips[1], :: flips[2]]
        if np.allclose(ours, turned, rtol=1e-4, atol=within):
            return flips
    return None


def _reason(ours: SeriesVolume) -> str:
    """Why the places may differ: what a NIfTI of dcm2niix does not hold."""
    reasons = []
    if ours.arrangement.tilt_degrees:
        reasons.append(f"gantry tilt of {ours.arrangement.tilt_degrees:.1f} degrees: its affine has no shear, ours has")
    if not ours.arrangement.even:
        reasons.append("uneven spacing: its image before correction counts slices as if they were even")
    return "; ".join(reasons)


def header_mm(ours: SeriesVolume) -> float:
    """How far our affine puts a corner of any scanned slice from where its header does (PS3.3 C.7.6.2.1.1)."""
    worst = 0.0
    for frame, model_k in zip(ours.arrangement.frames, ours.arrangement.model_k, strict=True):
        between_rows_mm, between_columns_mm = frame.spacing_mm
        for j, i in product((0, frame.rows - 1), (0, frame.columns - 1)):
            right = np.array(frame.orientation[:3]) * between_columns_mm * i
            down = np.array(frame.orientation[3:]) * between_rows_mm * j
            said = np.array(frame.position_mm) + right + down
            worst = max(worst, float(np.linalg.norm(ours.volume.patient_from_voxel.patient_mm((i, j, model_k)) - said)))
    return worst


def _corner_mm(ours: SeriesVolume, theirs: Image, flips: tuple[int, ...]) -> float:
    """The largest distance of one corner voxel's centre from where the other image has the same voxel."""
    size = np.array(theirs.voxels.shape[::-1]) - 1  # i, j, k
    backwards = np.array(flips[::-1]) < 0
    corners = np.array(list(product((0, 1), repeat=3))) * size
    same = np.where(backwards, size - corners, corners)
    here = ours.volume.patient_from_voxel.patient_mm(corners) @ _RAS_FROM_LPS[:3, :3].T
    there = same @ theirs.affine[:3, :3].T + theirs.affine[:3, 3]
    return float(np.linalg.norm(here - there, axis=1).max())


def converted(dcm2niix: str, files: Iterable[Path]) -> list[Image]:
    """What dcm2niix makes of some files, every time point by itself."""
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder, "in"), Path(folder, "out")
        given.mkdir()
        made.mkdir()
        for index, file in enumerate(files):
            shutil.copyfile(file, given / f"{index:05d}.dcm")
        command = [dcm2niix, "-b", "n", "-p", "n", "-z", "n", "-f", "%s_%t", "-o", str(made), str(given)]
        subprocess.run(command, check=False, capture_output=True, timeout=300)
        return [image for file in sorted(made.glob("*.nii")) for image in _images(file)]


def _images(file: Path) -> Iterator[Image]:
    loaded = nibabel.load(file)
    voxels = np.asanyarray(loaded.dataobj).T
    for moment in voxels if voxels.ndim == 4 else [voxels]:
        yield Image(file.stem, np.array(moment), np.array(loaded.affine))


def our_volumes(files: list[Path]) -> list[SeriesVolume]:
    """Every part of a series as a volume of ours."""
    instances = [(file, read_header(file)) for file in files]
    if instances[0][1].get("Modality") != "MR":
        return [read_volume(files)]
    return [build_sub_series(replace(sub, stacks=(stack,))) for sub in split(instances) for stack in sub.stacks]


def real_cases(folder: Path) -> Iterator[tuple[str, list[Path]]]:
    """The series below a folder."""
    series: dict[tuple[Path, str, str], list[Path]] = defaultdict(list)
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            header = read_header(file)
        except NeuroVigieError:
            continue
        series[file.parent, uid(header, "SeriesInstanceUID"), text(header, "SeriesNumber")].append(file)
    for (parent, _, _), files in series.items():
        name = str(parent.relative_to(folder))
        yield (f"{name}/{files[0].name}" if len(files) == 1 else name), files


def generated_cases(folder: Path) -> Iterator[tuple[str, list[Path]]]:
    """Every oddity of `pipeline.testing.oddities`."""
    for name, write in ODDITIES.items():
        yield name, write(folder / name.replace(" ", "_").replace(",", ""))


def truth(dcm2niix: str | None, dicom: Path | None) -> list[Row]:
    """The table of the agreement with dcm2niix."""
    if dcm2niix is None:
        print("dcm2niix is not installed, so nothing is compared with it (pip install dcm2niix)")
        return []
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        cases = [*generated_cases(Path(folder)), *(real_cases(dicom) if dicom else ())]
        for case, files in cases:
            try:
                rows.append(compare(case, our_volumes(files), converted(dcm2niix, files)))
            except NeuroVigieError as error:
                print(f"{case}: not built, because {error}")
                rows.append(Row(case))
            print(rows[-1], flush=True)
    return rows


def write_head(folder: Path, slices: int) -> list[Path]:
    """A phantom CT of so many slices of 512 x 512."""
    study = PhantomStudy(series=(PhantomSeries(images=slices, spacing_mm=160.0 / slices),))
    files = []
    for index, image in enumerate(datasets(study)):
        files.append(folder / f"{index:05d}.dcm")
        image.save_as(files[-1], enforce_file_format=True)
    return files


def by_simple_itk(folder: Path) -> np.ndarray:
    """The volume [k, j, i] by SimpleITK's series reader, files ordered by itself."""
    import SimpleITK  # noqa: PLC0415 - a peer, not a dependency

    names = SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(names)
    voxels: np.ndarray = SimpleITK.GetArrayFromImage(reader.Execute())
    return voxels


def speed(slices: int) -> None:
    """Time both readers in turns on one series and say the medians and their ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = write_head(folder, slices)
        readers: dict[str, Callable[[], np.ndarray]] = {
            "ours": lambda: read_volume(files).volume.voxels,
            "SimpleITK": lambda: by_simple_itk(folder),
        }
        try:
            same = np.array_equal(readers["ours"](), readers["SimpleITK"]())
        except ImportError:
            print("SimpleITK is not installed, so speed is not compared with it (pip install SimpleITK)")
            readers.pop("SimpleITK")
            same = False
        seconds: dict[str, list[tuple[float, float]]] = {reader: [] for reader in readers}
        for _ in range(RUNS):
            for reader, read in readers.items():
                started, busy = time.perf_counter(), time.process_time()
                read()
                seconds[reader].append((time.perf_counter() - started, time.process_time() - busy))
        remaining = [_after_the_last(files) for _ in range(RUNS)]
    for index, clock in enumerate(("on the wall", "of CPU")):
        medians = {reader: statistics.median(one[index] for one in taken) for reader, taken in seconds.items()}
        shown = ", ".join(f"{reader} {median * 1000:.0f} ms" for reader, median in medians.items())
        ratio = f", {medians['SimpleITK'] / medians['ours']:.1f} x faster" if len(medians) > 1 else ""
        print(f"{slices} slices, {clock}: {shown}{ratio} (medians of {RUNS} in turns)")
    wall, cpu = (statistics.median(one[index] for one in remaining) * 1000 for index in (0, 1))
    print(f"{slices} slices, decoded while they arrive: {wall:.0f} ms after the last one, {cpu:.0f} ms of CPU")
    if len(readers) > 1:
        print(f"{slices} slices: same voxels: {'yes' if same else 'NO'}")


def _after_the_last(files: list[Path]) -> tuple[float, float]:
    """Seconds that remain once every file has been taken in while it arrived: on the wall, and of CPU."""
    arriving = ArrivingImages()
    for file in files:
        arriving.add(file)
    started, busy = time.perf_counter(), time.process_time()
    arrived = arriving.take(files)
    build_sub_series(split([(file, arrived.header(file)) for file in files])[0], arrived.decode)
    return time.perf_counter() - started, time.process_time() - busy


def main(arguments: list[str]) -> int:
    """Print both tables; 1 when a volume differs without a reason."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.volume", description=__doc__)
    parser.add_argument("--dicom", type=Path, help="a folder of DICOM series to compare as well")
    parser.add_argument("--dcm2niix", default=shutil.which("dcm2niix") or _beside_python(), help="its program")
    parser.add_argument("--no-speed", action="store_true", help="compare only")
    options = parser.parse_args(arguments)
    print(f"{'case':36} {'equal voxels':>14} {'corner mm':>10} {'header mm':>10}  why different")
    rows = truth(options.dcm2niix, options.dicom)
    if not options.no_speed:
        for slices in SLICES:
            speed(slices)
    return 0 if all(row.good for row in rows) else 1


def _beside_python() -> str | None:
    program = Path(sys.executable).with_name("dcm2niix")
    return str(program) if program.exists() else None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
