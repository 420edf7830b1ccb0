"""Every way in which a head may lie and be written, by name, for tests and for the comparison with dcm2niix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from pipeline.testing.head_series import Edit
from pipeline.testing.odd_series import (
    AXIAL,
    CORONAL,
    SAGITTAL,
    OddSeries,
    Vector,
    enhanced_of,
    mosaic_of,
    save,
    turned,
    write_odd_series,
)


def _written_whole(make: Callable[[OddSeries], pydicom.Dataset], series: OddSeries) -> Callable[[Path], list[Path]]:
    def write(folder: Path) -> list[Path]:
        folder.mkdir(parents=True, exist_ok=True)
        return [save(folder / "000.dcm", make(series), None, 0)]

    return write


def _written(series: OddSeries, edit: Edit | None = None) -> Callable[[Path], list[Path]]:
    return lambda folder: write_odd_series(folder, series, edit)


def _turned_series(row: Vector, column: Vector, degrees: Vector) -> OddSeries:
    row, column = turned(row, column, degrees)
    return OddSeries(row, column)


def _tilted(degrees: float) -> OddSeries:
    row, column = turned(*AXIAL, (degrees, 0, 0))
    return OddSeries(row, column, step=(0, 0, 1))


def _twelve_bits(header: pydicom.Dataset, _: int) -> None:
    stored = np.frombuffer(header.PixelData, "<i2").astype(np.int32) + 1024
    header.BitsStored, header.HighBit, header.PixelRepresentation, header.RescaleIntercept = 12, 11, 0, -1024
    header.PixelData = stored.astype("<u2").tobytes()


def _own_scale(header: pydicom.Dataset, k: int) -> None:
    stored = np.frombuffer(header.PixelData, "<i2").astype(np.int32)
    header.RescaleIntercept, header.RescaleSlope = -1024, 1 + k % 2
    header.PixelData = ((stored + 1024) // (1 + k % 2)).astype("<i2").tobytes()


def _halves(header: pydicom.Dataset, _: int) -> None:
    header.RescaleSlope = 0.5


def _numbered_downwards(header: pydicom.Dataset, k: int) -> None:
    header.InstanceNumber = 100 - k


def _in(syntax: str) -> Edit:
    def change(header: pydicom.Dataset, _: int) -> None:
        if syntax in {ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian}:
            header.file_meta.TransferSyntaxUID = UID(syntax)
            if syntax == ExplicitVRBigEndian:
                header.PixelData = np.frombuffer(header.PixelData, "<i2").astype(">i2").tobytes()
        else:
            header.compress(UID(syntax))

    return change


def _again_lower(header: pydicom.Dataset, k: int) -> None:
    """The second half of the series repeats the places of the first, acquired later and darker."""
    header.AcquisitionNumber = 1 + k // 9
    if k >= 9:
        header.PixelData = (np.frombuffer(header.PixelData, "<i2") - 5).astype("<i2").tobytes()


def _two_scouts(header: pydicom.Dataset, k: int) -> None:
    """The last two images are localisers from the front and from the side, of another size."""
    if k >= 9:
        side = [0, 1, 0, 0, 0, -1] if k == 9 else [1, 0, 0, 0, 0, -1]
        header.ImageOrientationPatient, header.ImageType = side, ["ORIGINAL", "PRIMARY", "LOCALIZER"]
        header.ImagePositionPatient = [-90, -90, 90]


_EIGHT = tuple(range(-3, 5))
"""One slice fewer than the tiles of a mosaic of three by three."""

ODDITIES: dict[str, Callable[[Path], list[Path]]] = {
    "axial": _written(OddSeries()),
    "axial, numbered downwards": _written(OddSeries(), _numbered_downwards),
    "axial, stored from above": _written(OddSeries(row=(-1, 0, 0))),
    "axial, prone": _written(OddSeries(row=(-1, 0, 0), column=(0, -1, 0))),
    "oblique": _written(_turned_series(*AXIAL, (12, -8, 5))),
    "sagittal": _written(OddSeries(*SAGITTAL)),
    "sagittal, turned": _written(_turned_series(*SAGITTAL, (4, 6, -9))),
    "coronal": _written(OddSeries(*CORONAL)),
    "coronal, turned": _written(_turned_series(*CORONAL, (-5, 7, 3))),
    "gantry tilt +18.5": _written(_tilted(18.5)),
    "gantry tilt -12": _written(_tilted(-12)),
    "uneven spacing": _written(OddSeries(at=(-4, -3.5, -3, -2.5, -2, -1, 0, 1, 2, 3, 4))),
    "a missing slice": _written(OddSeries(at=(-4, -3, -1, 0, 1, 2, 3, 4))),
    "every place twice": _written(OddSeries(at=(*range(-4, 5), *range(-4, 5))), _again_lower),
    "scouts among the slices": _written(OddSeries(at=(*range(-4, 5), 5, 6)), _two_scouts),
    "signed": _written(OddSeries()),
    "12 bits unsigned": _written(OddSeries(), _twelve_bits),
    "rescale by slice": _written(OddSeries(), _own_scale),
    "fractional slope": _written(OddSeries(), _halves),
    "implicit VR": _written(OddSeries(), _in(ImplicitVRLittleEndian)),
    "big endian": _written(OddSeries(), _in(ExplicitVRBigEndian)),
    "deflated": _written(OddSeries(), _in(DeflatedExplicitVRLittleEndian)),
    "RLE": _written(OddSeries(), _in(RLELossless)),
    "JPEG-LS": _written(OddSeries(), _in(JPEGLSLossless)),
    "JPEG 2000": _written(OddSeries(), _in(JPEG2000Lossless)),
    "enhanced multi-frame": _written_whole(enhanced_of, OddSeries()),
    "enhanced, oblique": _written_whole(enhanced_of, _turned_series(*AXIAL, (12, -8, 5))),
    "Siemens mosaic": _written_whole(mosaic_of, OddSeries(rows=44, columns=44, at=_EIGHT)),
    "Siemens mosaic, oblique": _written_whole(
        mosaic_of, OddSeries(*turned(*AXIAL, (10, -4, 3)), rows=44, columns=44, at=_EIGHT)
    ),
}
"""Every way of lying and of being written, by name; each writes its files into a folder."""
