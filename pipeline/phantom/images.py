"""CT and MR images of the phantom head as data sets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from pipeline.phantom.geometry import SlicePlace, places
from pipeline.phantom.headers import series_dataset, uid
from pipeline.phantom.render import slices
from pipeline.phantom.spec import PhantomSeries, PhantomStudy, SeriesKind

_RESCALE_INTERCEPT = -1024
_CONTRASTS = {
    SeriesKind.NCCT: ("ncct",),
    SeriesKind.CTA: ("cta",),
    SeriesKind.DWI: ("b0", "b1000"),
    SeriesKind.ADC: ("adc",),
}
_B_VALUE = {"b0": 0.0, "b1000": 1000.0}


def images(study: PhantomStudy, series: PhantomSeries, number: int) -> Iterator[Dataset]:
    """The instances of an image series, from the feet upwards, only those that were ``received``."""
    shared = series_dataset(study, series, number)
    _add_acquisition(shared, series)
    contrasts = _CONTRASTS[series.kind]
    if series.promises:
        shared.ImagesInAcquisition = shared.NumberOfSeriesRelatedInstances = series.images * len(contrasts)
    shared.FrameOfReferenceUID = uid(study, "frame", shared.Modality)
    kept, instance = series.received or series.images, 0
    for contrast in contrasts:
        for place, pixels in zip(places(series)[:kept], slices(study, series, contrast), strict=False):
            instance += 1
            yield _image(shared, place, pixels, contrast, uid(study, number, instance), instance)


def _add_acquisition(shared: Dataset, series: PhantomSeries) -> None:
    shared.BodyPartExamined = "HEAD"
    shared.PatientPosition = "HFS"
    shared.PositionReferenceIndicator = ""
    shared.AcquisitionNumber = 1
    shared.SliceThickness = series.thickness_mm or series.spacing_mm
    if shared.Modality == "CT":
        _add_ct(shared, series)
    else:
        _add_mr(shared, series)


def _add_ct(shared: Dataset, series: PhantomSeries) -> None:
    shared.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    shared.KVP = 120
    shared.XRayTubeCurrent = 240
    shared.ConvolutionKernel = "H30s"
    shared.GantryDetectorTilt = series.tilt_deg
    shared.RescaleIntercept, shared.RescaleSlope, shared.RescaleType = _RESCALE_INTERCEPT, 1, "HU"
    shared.WindowCenter, shared.WindowWidth = 35, 80
    if series.kind is SeriesKind.CTA:
        shared.ContrastBolusAgent = "IOMEPROL 400"
        shared.ContrastBolusRoute = "IV"
        shared.WindowCenter, shared.WindowWidth = 200, 700


def _add_mr(shared: Dataset, series: PhantomSeries) -> None:
    adc = series.kind is SeriesKind.ADC
    shared.ImageType = ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"] if adc else ["ORIGINAL", "PRIMARY", "DIFFUSION"]
    shared.ScanningSequence, shared.SequenceVariant, shared.ScanOptions = "EP", "SK", ""
    shared.MRAcquisitionType = "2D"
    shared.RepetitionTime, shared.EchoTime, shared.EchoTrainLength = 5200, 82, 96
    shared.MagneticFieldStrength = 1.5
    shared.SpacingBetweenSlices = series.spacing_mm
    shared.WindowCenter, shared.WindowWidth = (900, 1800) if adc else (300, 600)


def _image(
    shared: Dataset, place: SlicePlace, pixels: NDArray[np.int16], contrast: str, sop_uid: str, number: int
) -> Dataset:
    image = Dataset()
    image.update(shared)
    image.SOPInstanceUID = sop_uid
    image.InstanceNumber = number
    image.ImagePositionPatient = list(place.ImagePositionPatient)
    image.ImageOrientationPatient = list(place.ImageOrientationPatient)
    image.SliceLocation = place.SliceLocation
    image.PixelSpacing = [place.pixel_mm, place.pixel_mm]
    if contrast in _B_VALUE:
        image.DiffusionBValue = _B_VALUE[contrast]
    stored = pixels - _RESCALE_INTERCEPT if shared.Modality == "CT" else pixels
    add_pixels(image, stored.astype(np.int16))
    return image


def add_pixels(image: Dataset, stored: NDArray[np.int16]) -> None:
    """Set the image pixel module (PS3.3 C.7.6.3) of a signed 16-bit image [row, column], in place."""
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.Rows, image.Columns = stored.shape
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 16, 15, 1
    image.PixelData = stored.astype("<i2").tobytes()
