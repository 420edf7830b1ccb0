"""Phantom studies as data sets and as files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydicom import Dataset

from pipeline.phantom.documents import document
from pipeline.phantom.headers import file_meta
from pipeline.phantom.images import images
from pipeline.phantom.spec import PhantomSeries, PhantomStudy, SeriesKind

_DOCUMENTS = frozenset({SeriesKind.LOCALISER, SeriesKind.DOSE_REPORT, SeriesKind.SECONDARY_CAPTURE})


def datasets(study: PhantomStudy) -> Iterator[Dataset]:
    """Every instance of a study, series by series, with its file meta information."""
    for number, series in enumerate(study.series, start=1):
        for instance in _instances(study, series, number):
            instance.file_meta = file_meta(instance)
            yield instance


def write_study(study: PhantomStudy, folder: Path) -> list[Path]:
    """Write a study as Part 10 files ``folder/<series number>/IM<instance number>`` and list them in order."""
    paths = []
    for instance in datasets(study):
        path = folder / f"{instance.SeriesNumber}" / f"IM{instance.InstanceNumber:05d}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        instance.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def _instances(study: PhantomStudy, series: PhantomSeries, number: int) -> Iterator[Dataset]:
    if series.kind in _DOCUMENTS:
        return iter((document(study, series, number),))
    return images(study, series, number)
