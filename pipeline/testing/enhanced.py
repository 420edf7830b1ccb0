"""Classic slices as one enhanced multi-frame CT (PS3.3 A.38), for tests of what refers to frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pydicom
from pydicom.uid import EnhancedCTImageStorage

_OF_FRAMES = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness")


def write_enhanced(file: Path, slices: Sequence[Path]) -> Path:
    """Write the slices as the frames of one file, in the order given."""
    data_sets = [pydicom.dcmread(path) for path in slices]
    image = data_sets[0]
    image.PerFrameFunctionalGroupsSequence = [_groups(one) for one in data_sets]
    image.SOPClassUID, image.NumberOfFrames = EnhancedCTImageStorage, len(data_sets)
    image.PixelData = b"".join(one.PixelData for one in data_sets)
    for keyword in _OF_FRAMES:
        delattr(image, keyword)
    image.save_as(file, enforce_file_format=True)
    return file


def _groups(one: pydicom.Dataset) -> pydicom.Dataset:
    position, orientation, measures, frame = (pydicom.Dataset() for _ in range(4))
    position.ImagePositionPatient = one.ImagePositionPatient
    orientation.ImageOrientationPatient = one.ImageOrientationPatient
    measures.PixelSpacing, measures.SliceThickness = one.PixelSpacing, one.SliceThickness
    frame.PlanePositionSequence = [position]
    frame.PlaneOrientationSequence = [orientation]
    frame.PixelMeasuresSequence = [measures]
    return frame
