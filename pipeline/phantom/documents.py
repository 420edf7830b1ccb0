"""What comes with a study and no model can read: a localiser, a dose report, a scanned page."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.sequence import Sequence

from pipeline.phantom.headers import series_dataset, uid
from pipeline.phantom.images import add_pixels
from pipeline.phantom.render import slices
from pipeline.phantom.spec import PhantomSeries, PhantomStudy, SeriesKind


def document(study: PhantomStudy, series: PhantomSeries, number: int) -> Dataset:
    """The one instance of a localiser, dose report or secondary capture series."""
    data = series_dataset(study, series, number)
    data.SOPInstanceUID = uid(study, number, 1)
    data.InstanceNumber = 1
    {
        SeriesKind.LOCALISER: _localiser,
        SeriesKind.DOSE_REPORT: _dose_report,
        SeriesKind.SECONDARY_CAPTURE: _secondary_capture,
    }[series.kind](data, study)
    return data


def _localiser(data: Dataset, study: PhantomStudy) -> None:
    """A frontal view: the mean along the posterior axis of a coarse head."""
    coarse = PhantomSeries(images=100, spacing_mm=2.0, rows=115, bottom_mm=-90.0)
    view = np.stack([image.mean(axis=0) for image in slices(replace(study, haemorrhage=None), coarse, "ncct")])[::-1]
    data.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    data.FrameOfReferenceUID = uid(study, "frame", "CT")
    data.PatientPosition, data.BodyPartExamined, data.KVP = "HFS", "HEAD", 120
    data.ImagePositionPatient = [-110.0, -148.0, 110.0]
    data.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
    data.PixelSpacing, data.SliceThickness = [1.0, 1.0], 200
    data.RescaleIntercept, data.RescaleSlope = -1024, 1
    add_pixels(data, (np.kron(view, np.ones((2, 2))) + 1024).astype(np.int16))


def _dose_report(data: Dataset, _: PhantomStudy) -> None:
    data.CompletionFlag, data.VerificationFlag, data.ValueType = "COMPLETE", "UNVERIFIED", "CONTAINER"
    data.ContinuityOfContent = "SEPARATE"
    data.ConceptNameCodeSequence = Sequence([_code("113701", "DCM", "X-Ray Radiation Dose Report")])
    data.ContentSequence = Sequence([_number("113813", "CT Dose Length Product Total", 742.0, "mGy.cm")])


def _secondary_capture(data: Dataset, study: PhantomStudy) -> None:
    data.ConversionType = "SD"
    data.ImageType = ["DERIVED", "SECONDARY"]
    add_pixels(data, _page(study))


def _page(study: PhantomStudy) -> NDArray[np.int16]:
    """A page of dark bars of uneven length, as text looks from afar; [row, column]."""
    rng = np.random.default_rng([study.seed, 3])
    page = np.full((640, 480), 1000, dtype=np.int16)
    for top in range(60, 580, 24):
        page[top : top + 9, 50 : int(rng.integers(180, 430))] = 120
    return page


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


def _number(value: str, meaning: str, amount: float, unit: str) -> Dataset:
    measured = Dataset()
    measured.NumericValue = amount
    measured.MeasurementUnitsCodeSequence = Sequence([_code(unit, "UCUM", unit)])
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", "NUM"
    item.ConceptNameCodeSequence = Sequence([_code(value, "DCM", meaning)])
    item.MeasuredValueSequence = Sequence([measured])
    return item
