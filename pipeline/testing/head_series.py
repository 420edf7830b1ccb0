"""A tiny head CT as DICOM files, for tests of what reads series: any orientation, tilt, spacing and oddity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

Points = NDArray[np.float64]
Edit = Callable[[pydicom.Dataset, int], None]
"""Changes the data set of one slice, given its index, before it is written."""

_SKULL_MM = np.array([70.0, 90.0, 75.0])


@dataclass(frozen=True, slots=True)
class HeadSeries:
    """How the series lies and what is in it; the head's centre is patient (0, 0, 0).

    ``along_mm`` are the slice positions along the table (patient z); ``tilt_degrees`` turns the slices
    about the left-right axis while they go on along z, as a gantry does. ``blood_mm`` is the centre of
    a bleeding of ``blood_radius_mm``, in patient LPS.
    """

    along_mm: Sequence[float] = tuple(np.arange(-72.0, 73.0, 8.0))
    tilt_degrees: float = 0.0
    rows: int = 48
    columns: int = 56
    pixel_mm: float = 4.0
    blood_mm: Sequence[float] | None = None
    blood_radius_mm: float = 18.0
    uid_root: str = "1.2.826.0.1.3680043.10.1338.1"
    tags: dict[str, object] = field(default_factory=dict)


def write_head_series(folder: Path, series: HeadSeries, edit: Edit | None = None) -> list[Path]:
    """Write the series, one file a slice, in table order; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder / f"{k:03d}.dcm", series, k, edit) for k in range(len(series.along_mm))]


def hounsfield(series: HeadSeries, points_mm: Points) -> NDArray[np.int16]:
    """What the head measures at patient LPS points (..., 3)."""
    radius = np.linalg.norm(points_mm / _SKULL_MM, axis=-1)
    values = np.where(radius > 1, -1000, np.where(radius > 0.9, 1000, 30))
    if series.blood_mm is not None:
        inside = np.linalg.norm(points_mm - np.asarray(series.blood_mm), axis=-1) <= series.blood_radius_mm
        values = np.where(inside & (radius <= 0.9), 75, values)
    return values.astype(np.int16)


def slice_points_mm(header: pydicom.Dataset) -> Points:
    """The patient LPS place of every pixel centre of a slice, ``[j, i, xyz]`` (PS3.3 C.7.6.2.1.1)."""
    orientation = np.array(header.ImageOrientationPatient, dtype=float)
    between_rows_mm, between_columns_mm = (float(value) for value in header.PixelSpacing)
    j, i = np.mgrid[: header.Rows, : header.Columns].astype(float)
    along_row = i[..., None] * between_columns_mm * orientation[:3]
    down_column = j[..., None] * between_rows_mm * orientation[3:]
    points: Points = np.array(header.ImagePositionPatient, dtype=float) + along_row + down_column
    return points


def _write(path: Path, series: HeadSeries, k: int, edit: Edit | None) -> Path:
    header = _header(series, k)
    header.PixelData = hounsfield(series, slice_points_mm(header)).tobytes()
    if edit is not None:
        edit(header, k)
    header.save_as(path, enforce_file_format=True)
    return path


def _header(series: HeadSeries, k: int) -> pydicom.Dataset:
    tilt = np.radians(series.tilt_degrees)
    down_column = np.array([0.0, np.cos(tilt), -np.sin(tilt)])
    centre = np.array([0.0, 0.0, series.along_mm[k]])
    corner = centre - np.array([1.0, 0, 0]) * series.pixel_mm * (series.columns - 1) / 2
    corner = corner - down_column * series.pixel_mm * (series.rows - 1) / 2
    header = pydicom.Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.SOPClassUID = CTImageStorage
    header.SOPInstanceUID = UID(f"{series.uid_root}.3.{k + 1}")
    header.StudyInstanceUID, header.SeriesInstanceUID = f"{series.uid_root}.1", f"{series.uid_root}.2"
    header.FrameOfReferenceUID = f"{series.uid_root}.4"
    header.PatientName, header.PatientID, header.PatientSex, header.PatientBirthDate = "Phantom", "PHANTOM", "O", ""
    header.StudyDate, header.StudyTime, header.AccessionNumber, header.StudyID = "20260101", "120000", "", ""
    header.Modality, header.Manufacturer, header.ReferringPhysicianName = "CT", "Phantom", ""
    header.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    header.BodyPartExamined, header.SeriesNumber, header.InstanceNumber = "HEAD", 2, k + 1
    header.Rows, header.Columns, header.SamplesPerPixel = series.rows, series.columns, 1
    header.PhotometricInterpretation = "MONOCHROME2"
    header.BitsAllocated, header.BitsStored, header.HighBit, header.PixelRepresentation = 16, 16, 15, 1
    header.PixelSpacing = [series.pixel_mm, series.pixel_mm]
    header.SliceThickness = 5.0
    header.ImageOrientationPatient = [1, 0, 0, *(round(float(value), 8) for value in down_column)]
    header.ImagePositionPatient = [round(float(value), 6) for value in corner]
    header.RescaleIntercept, header.RescaleSlope = 0, 1
    for keyword, value in series.tags.items():
        setattr(header, keyword, value)
    return header
