"""A head CT of many slices as Part 10 files, made of a few painted ones."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

from pydicom.uid import generate_uid

from pipeline.phantom import PhantomSeries, PhantomStudy, datasets

_PAINTED = 12


def write_head(folder: Path, images: int) -> list[Path]:
    """Write ``images`` slices of 512 x 512 x 16 bit in one series; their files in order."""
    spacing = round(160.0 / images, 4)
    painted = list(datasets(PhantomStudy(seed=11, series=(PhantomSeries(images=_PAINTED, spacing_mm=13.0),))))
    series = generate_uid()
    files = []
    for number in range(images):
        one = deepcopy(painted[number * _PAINTED // images])
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        one.SeriesInstanceUID = series
        one.InstanceNumber = number + 1
        one.ImagesInAcquisition = images
        one.ImagePositionPatient = [-110.0, -110.0, number * spacing]
        files.append(folder / f"{number:05d}.dcm")
        one.save_as(files[-1], enforce_file_format=True)
    return files
