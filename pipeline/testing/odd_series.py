"""One small head as DICOM series that lie in every way and are written in every way a scanner may choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID, CTImageStorage, EnhancedCTImageStorage, ExplicitVRLittleEndian, MRImageStorage

from pipeline.testing.head_series import Edit, HeadSeries, hounsfield, slice_points_mm

Vector = tuple[float, float, float]

BLOOD_MM = (34.0, 14.0, 10.0)
"""Where the bleeding of these heads is: left, behind and above the middle, so that every flip shows."""

AXIAL: tuple[Vector, Vector] = ((1, 0, 0), (0, 1, 0))
SAGITTAL: tuple[Vector, Vector] = ((0, 1, 0), (0, 0, -1))
CORONAL: tuple[Vector, Vector] = ((1, 0, 0), (0, 0, -1))


@dataclass(frozen=True, slots=True)
class OddSeries:
    """How the slices of a head lie: patient directions of a row and of a column, and of the way between slices.

    ``step`` is that way per slice in mm, along the normal if not given; ``at`` the places of the slices
    in steps (0 is the middle of the head).
    """

    row: Vector = (1, 0, 0)
    column: Vector = (0, 1, 0)
    step: Vector | None = None
    at: Sequence[float] = tuple(np.arange(-4.0, 5.0))
    step_mm: float = 10.0
    rows: int = 40
    columns: int = 44
    pixel_mm: tuple[float, float] = (5.0, 4.5)
    name: str = "odd"
    tags: dict[str, object] = field(default_factory=dict)


def write_odd_series(folder: Path, series: OddSeries, edit: Edit | None = None) -> list[Path]:
    """Write the series, one file a slice; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    return [save(folder / f"{k:03d}.dcm", odd_slice(series, k), edit, k) for k in range(len(series.at))]


def odd_slice(series: OddSeries, k: int) -> pydicom.Dataset:
    """One slice with its pixels, as a data set."""
    header = _header(series, k)
    head = HeadSeries(blood_mm=BLOOD_MM)
    header.PixelData = hounsfield(head, slice_points_mm(header)).astype("<i2").tobytes()
    return header


def turned(row: Vector, column: Vector, degrees: Vector) -> tuple[Vector, Vector]:
    """Two directions turned about the patient's x, then y, then z."""
    matrix = np.eye(3)
    for axis, angle in enumerate(np.radians(degrees)):
        turn = np.eye(3)
        a, b = [(1, 2), (2, 0), (0, 1)][axis]
        turn[a, a] = turn[b, b] = np.cos(angle)
        turn[a, b], turn[b, a] = -np.sin(angle), np.sin(angle)
        matrix = turn @ matrix
    return _vector(matrix @ np.array(row)), _vector(matrix @ np.array(column))


def mosaic_of(series: OddSeries) -> pydicom.Dataset:
    """All slices of a series in one Siemens mosaic."""
    slices = [odd_slice(series, k) for k in range(len(series.at))]
    grid = int(np.ceil(np.sqrt(len(slices))))
    picture = np.zeros((grid * series.rows, grid * series.columns), dtype="<u2")
    for k, one in enumerate(slices):
        j, i = divmod(k, grid)
        tile = _stored(one, series) + 1024
        picture[j * series.rows : (j + 1) * series.rows, i * series.columns : (i + 1) * series.columns] = tile
    image = slices[0]
    row, column = np.array(image.ImageOrientationPatient[:3]), np.array(image.ImageOrientationPatient[3:])
    back = row * series.pixel_mm[1] * (grid - 1) * series.columns / 2
    back = back + column * series.pixel_mm[0] * (grid - 1) * series.rows / 2
    image.ImagePositionPatient = [round(float(value), 6) for value in np.array(image.ImagePositionPatient) - back]
    image.SOPClassUID, image.Modality, image.Manufacturer = MRImageStorage, "MR", "SIEMENS"
    image.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]
    image.Rows, image.Columns, image.PixelRepresentation = *picture.shape, 0
    image.SpacingBetweenSlices, image.RescaleIntercept = series.step_mm, 0
    image.SequenceName, image.ScanningSequence, image.RepetitionTime, image.EchoTime = "epfid2d1_44", "EP", 2000, 30
    image.EchoNumbers, image.MRAcquisitionType, image.AcquisitionNumber = 1, "2D", 1
    del image.RescaleIntercept, image.RescaleSlope
    _add_siemens(image, series, len(slices))
    image.PixelData = picture.tobytes()
    return image


def _add_siemens(image: pydicom.Dataset, series: OddSeries, slices: int) -> None:
    image.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0A, "US", slices)
    image.private_block(0x0051, "SIEMENS MR HEADER", create=True).add_new(0x0B, "SH", f"{series.rows}*{series.columns}")
    normal = [f"{value:.8f}" for value in np.cross(series.row, series.column)]
    image.private_block(0x0029, "SIEMENS CSA HEADER", create=True).add_new(
        0x10, "OB", csa({"NumberOfImagesInMosaic": [str(slices)], "SliceNormalVector": normal})
    )


def csa(values: dict[str, list[str]]) -> bytes:
    """A Siemens CSA header of the newer form that holds these values."""
    data = b"SV10\4\3\2\1" + len(values).to_bytes(4, "little") + (77).to_bytes(4, "little")
    for name, items in values.items():
        numbers = [len(items), 0, 0, len(items), 77]
        data += name.encode().ljust(64, b"\0") + numbers[0].to_bytes(4, "little") + b"FD\0\0"
        data += numbers[2].to_bytes(4, "little") + numbers[3].to_bytes(4, "little") + numbers[4].to_bytes(4, "little")
        for item in items:
            value = item.encode() + b"\0"
            data += b"".join(number.to_bytes(4, "little") for number in (len(value), len(value), 77, len(value)))
            data += value.ljust(len(value) + (-len(value)) % 4, b"\0")
    return data


def enhanced_of(series: OddSeries) -> pydicom.Dataset:
    """All slices of a series as one enhanced multi-frame image."""
    slices = [odd_slice(series, k) for k in range(len(series.at))]
    image = slices[0]
    image.PerFrameFunctionalGroupsSequence = Items([_frame_groups(one, k) for k, one in enumerate(slices, start=1)])
    image.SharedFunctionalGroupsSequence = Items([_shared_groups(image)])
    image.SOPClassUID, image.NumberOfFrames = EnhancedCTImageStorage, len(slices)
    image.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    image.PixelData = b"".join(one.PixelData for one in slices)
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness",
                    "RescaleIntercept", "RescaleSlope"):  # fmt: skip
        delattr(image, keyword)
    return image


def _frame_groups(one: pydicom.Dataset, number: int) -> pydicom.Dataset:
    position, content, groups = pydicom.Dataset(), pydicom.Dataset(), pydicom.Dataset()
    position.ImagePositionPatient = one.ImagePositionPatient
    content.StackID, content.InStackPositionNumber, content.DimensionIndexValues = "1", number, [1, number]
    groups.PlanePositionSequence, groups.FrameContentSequence = Items([position]), Items([content])
    return groups


def _shared_groups(image: pydicom.Dataset) -> pydicom.Dataset:
    orientation, measures, values = pydicom.Dataset(), pydicom.Dataset(), pydicom.Dataset()
    orientation.ImageOrientationPatient = image.ImageOrientationPatient
    measures.PixelSpacing, measures.SliceThickness = image.PixelSpacing, image.SliceThickness
    values.RescaleIntercept, values.RescaleSlope, values.RescaleType = 0, 1, "HU"
    groups = pydicom.Dataset()
    groups.PlaneOrientationSequence, groups.PixelMeasuresSequence = Items([orientation]), Items([measures])
    groups.PixelValueTransformationSequence = Items([values])
    return groups


def save(path: Path, header: pydicom.Dataset, edit: Edit | None, k: int) -> Path:
    """Write one data set, changed by ``edit`` before."""
    if edit is not None:
        edit(header, k)
    header.save_as(path, enforce_file_format=True)
    return path


def _stored(one: pydicom.Dataset, series: OddSeries) -> NDArray[np.int16]:
    return np.frombuffer(one.PixelData, "<i2").reshape(series.rows, series.columns)


def _vector(values: NDArray[np.float64]) -> Vector:
    x, y, z = (float(value) for value in values)
    return (x, y, z)


def _corner(series: OddSeries, k: int) -> NDArray[np.float64]:
    row, column = np.array(series.row), np.array(series.column)
    step = np.cross(row, column) if series.step is None else np.array(series.step)
    right = row * series.pixel_mm[1] * (series.columns - 1) / 2
    down = column * series.pixel_mm[0] * (series.rows - 1) / 2
    corner: NDArray[np.float64] = step * series.step_mm * series.at[k] - right - down
    return corner


def _header(series: OddSeries, k: int) -> pydicom.Dataset:
    header = pydicom.Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    root = f"1.2.826.0.1.3680043.10.1338.{sum(series.name.encode())}"
    header.SOPClassUID, header.SOPInstanceUID = CTImageStorage, UID(f"{root}.3.{k + 1}")
    header.StudyInstanceUID, header.SeriesInstanceUID = f"{root}.1", f"{root}.2"
    header.FrameOfReferenceUID = f"{root}.4"
    header.PatientName, header.PatientID, header.PatientSex, header.PatientBirthDate = "Phantom", "PHANTOM", "O", ""
    header.StudyDate, header.StudyTime, header.AccessionNumber, header.StudyID = "20260101", "120000", "", ""
    header.AcquisitionTime, header.ContentTime, header.SeriesTime = "120000", "120000", "120000"
    header.Modality, header.Manufacturer, header.ReferringPhysicianName = "CT", "Phantom", ""
    header.ImageType, header.ProtocolName, header.SeriesDescription = ["ORIGINAL", "PRIMARY", "AXIAL"], "odd", "odd"
    header.BodyPartExamined, header.SeriesNumber, header.InstanceNumber = "HEAD", 2, k + 1
    header.PatientPosition, header.AcquisitionNumber = "HFS", 1
    header.Rows, header.Columns, header.SamplesPerPixel = series.rows, series.columns, 1
    header.PhotometricInterpretation = "MONOCHROME2"
    header.BitsAllocated, header.BitsStored, header.HighBit, header.PixelRepresentation = 16, 16, 15, 1
    header.PixelSpacing, header.SliceThickness = list(series.pixel_mm), series.step_mm
    header.ImageOrientationPatient = [round(float(value), 10) + 0.0 for value in (*series.row, *series.column)]
    header.ImagePositionPatient = [round(float(value), 6) + 0.0 for value in _corner(series, k)]
    header.RescaleIntercept, header.RescaleSlope = 0, 1
    for keyword, value in series.tags.items():
        setattr(header, keyword, value)
    return header
