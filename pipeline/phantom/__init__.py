"""Phantom heads: realistic, made-up DICOM studies for the demo and the tests (numpy and pydicom only)."""

from __future__ import annotations

from pipeline.phantom.headers import series_uid, study_uid
from pipeline.phantom.spec import BleedSite, Haemorrhage, PhantomPatient, PhantomSeries, PhantomStudy, SeriesKind
from pipeline.phantom.write import datasets, write_study

__all__ = [
    "BleedSite",
    "Haemorrhage",
    "PhantomPatient",
    "PhantomSeries",
    "PhantomStudy",
    "SeriesKind",
    "datasets",
    "series_uid",
    "study_uid",
    "write_study",
]
