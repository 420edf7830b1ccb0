"""Key images: the slices to look at first, as pictures every viewer shows (Secondary Capture, PS3.3 A.8.1)."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import Final

import pydicom

from pipeline.assembly.headers import text, uid
from pipeline.domain.errors import BadInput
from pipeline.domain.finding import Finding, Side
from pipeline.results import codes
from pipeline.results.attributes import RESEARCH_ONLY, Naming, coded, new_object, reference
from pipeline.results.marked import MarkedSeries, MarkedSlice
from pipeline.results.outlines import outlines
from pipeline.results.picture import Picture, key_picture, windowed
from pipeline.results.requests import WriteResults
from pipeline.results.window import window_of
from pipeline.volumes.decode import decode

SECONDARY_CAPTURE_STORAGE = "1.2.840.10008.5.1.4.1.1.7"
SERIES_NUMBER = 9102
MOST_KEY_IMAGES: Final = 3
"""A reader wants a few; the segmentation has them all."""


def key_images(request: WriteResults, marked: MarkedSeries) -> Iterator[pydicom.Dataset]:
    """One picture of each of the largest findings, on the slice where it is largest; a slice is shown once."""
    for number, (k, finding) in enumerate(chosen(marked), start=1):
        yield _key_image(request, marked, marked.slices[k], finding, number)


def chosen(marked: MarkedSeries) -> list[tuple[int, Finding]]:
    """The slices to show, in their order, each with the largest finding it is shown for."""
    largest_first = sorted(range(len(marked.findings)), key=lambda n: -marked.findings[n].volume_ml)
    shown: dict[int, Finding] = {}
    for n in largest_first[:MOST_KEY_IMAGES]:
        shown.setdefault(marked.largest_slice_of(n + 1), marked.findings[n])
    return sorted(shown.items())


def _key_image(
    request: WriteResults, marked: MarkedSeries, one: MarkedSlice, finding: Finding, number: int
) -> pydicom.Dataset:
    naming = Naming(
        SECONDARY_CAPTURE_STORAGE, "OT", "key images", SERIES_NUMBER, f"AI key images ({RESEARCH_ONLY})", number
    )
    made = new_object(request, marked.header, naming)
    made.ImageType = ["DERIVED", "SECONDARY"]
    made.ConversionType = "WSD"
    made.PatientOrientation = ""
    made.BodyPartExamined = "HEAD"
    made.DerivationDescription = f"Source slice with AI outlines burned in; {RESEARCH_ONLY}"
    source = reference(one.header, [one.frame_of_many])
    source.PurposeOfReferenceCodeSequence = [coded(codes.SOURCE_IMAGE)]
    made.SourceImageSequence = [source]
    # "Enough to identify the patient and date" (PS3.3 C.7.6.1.1.3): we burn in neither.
    made.BurnedInAnnotation = "YES" if text(one.header, "BurnedInAnnotation") == "YES" else "NO"
    made.LossyImageCompression = "01" if text(one.header, "LossyImageCompression") == "01" else "00"
    made.ImageComments = f"Slice {uid(one.header, 'InstanceNumber') or '?'} of the source series"
    _pixels(made, _picture(request, one, finding), one)
    return made


def _picture(request: WriteResults, one: MarkedSlice, finding: Finding) -> Picture:
    pixels = decode([one.plane])
    if pixels.problems:
        raise BadInput(pixels.problems[0])
    values = pixels.values[0]
    window = window_of(one.header, values)
    assert window is not None  # noqa: S101 - values give one
    lines = [line for number in one.pixels for line in outlines(one.labels == number)]
    return key_picture(windowed(values, *window), lines, one.plane.orientation, banner(request, finding))


def banner(request: WriteResults, finding: Finding) -> tuple[str, str]:
    """What stands above and below a key image."""
    side = "" if finding.side is Side.UNKNOWN else f" {finding.side}"
    above = f"AI suspected {codes.IN_WORDS[finding.kind]} {finding.volume_ml:.1f} mL{side}, to be confirmed"
    return above, f"Research use only - not for diagnosis - {request.bundle} {request.bundle_version}"


def _pixels(made: pydicom.Dataset, picture: Picture, one: MarkedSlice) -> None:
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PlanarConfiguration = 3, "RGB", 0
    made.Rows, made.Columns = picture.shape[:2]
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 8, 7, 0
    across, along = (round(spacing * 1000) for spacing in one.plane.spacing_mm)
    if across != along:
        made.PixelAspectRatio = [across // gcd(across, along), along // gcd(across, along)]
    stored = picture.tobytes()
    made.add_new(0x7FE00010, "OB", stored + bytes(len(stored) % 2))
