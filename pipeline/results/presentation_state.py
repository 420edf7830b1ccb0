"""The outlines as graphics on the source images themselves (Grayscale Softcopy Presentation State, PS3.3 A.33.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pydicom

from pipeline.assembly.headers import text
from pipeline.domain.finding import Finding
from pipeline.results import codes
from pipeline.results.attributes import RESEARCH_ONLY, Naming, local_time, new_object, reference, referenced_series
from pipeline.results.marked import MarkedSeries, MarkedSlice
from pipeline.results.outlines import Outline
from pipeline.results.requests import WriteResults
from pipeline.results.window import Window, window_of

PRESENTATION_STATE_STORAGE = "1.2.840.10008.5.1.4.1.1.11.1"
SERIES_NUMBER = 9103
_LAYER = "AI"
_MOST_POINTS = 65535
"""NumberOfGraphicPoints is US."""


def presentation_state(request: WriteResults, marked: MarkedSeries) -> pydicom.Dataset:
    """Every outline on its own slice, in pixel coordinates, with a line of text on each slice."""
    slices = _of_one_rescale(marked)
    naming = Naming(PRESENTATION_STATE_STORAGE, "PR", "presentation", SERIES_NUMBER, f"AI outlines ({RESEARCH_ONLY})")
    made = new_object(request, marked.header, naming)
    del made.ContentDate, made.ContentTime  # a presentation state has a date of creation instead
    made_at = local_time(request.made_at, marked.header)
    made.PresentationCreationDate = made_at.strftime("%Y%m%d")
    made.PresentationCreationTime = made_at.strftime("%H%M%S")
    made.ContentLabel = "AI_OUTLINES"
    made.BodyPartExamined = "HEAD"
    made.ContentDescription = f"AI result, {RESEARCH_ONLY}"
    made.ContentCreatorName = ""
    made.ReferencedSeriesSequence = [referenced_series([one.header for one in slices], "ReferencedImageSequence")]
    made.DisplayedAreaSelectionSequence = [_displayed_area(slices[0])]
    made.GraphicAnnotationSequence = [_annotation(marked, one) for one in slices]
    made.GraphicLayerSequence = [_layer(marked)]
    _grey(made, slices[0])
    return made


def _of_one_rescale(marked: MarkedSeries) -> list[MarkedSlice]:
    """The slices that share one rescale with the first: a presentation state has one for all (C.11.6)."""
    first = marked.slices[0].plane
    return [one for one in marked.slices if (one.plane.slope, one.plane.intercept) == (first.slope, first.intercept)]


def _displayed_area(one: MarkedSlice) -> pydicom.Dataset:
    item = pydicom.Dataset()
    rows, columns = one.plane.encoding.rows, one.plane.encoding.columns
    item.DisplayedAreaTopLeftHandCorner = [1, 1]
    item.DisplayedAreaBottomRightHandCorner = [columns, rows]
    item.PresentationSizeMode = "SCALE TO FIT"
    item.PresentationPixelSpacing = [str(pydicom.valuerep.DSfloat(mm, auto_format=True)) for mm in one.plane.spacing_mm]
    return item


def _annotation(marked: MarkedSeries, one: MarkedSlice) -> pydicom.Dataset:
    item = pydicom.Dataset()
    item.ReferencedImageSequence = [reference(one.header, [one.frame_of_many])]
    item.GraphicLayer = _LAYER
    item.TextObjectSequence = [_words(one, [marked.findings[number - 1] for number in one.pixels])]
    item.GraphicObjectSequence = [_polyline(line) for number in one.pixels for line in _lines(one, number)]
    return item


def _lines(one: MarkedSlice, number: int) -> Iterator[Outline]:
    return (line for line in one.outlines_of(number) if len(line) <= _MOST_POINTS)


def _polyline(line: Outline) -> pydicom.Dataset:
    item = pydicom.Dataset()
    item.GraphicAnnotationUnits = "PIXEL"
    item.GraphicDimensions = 2
    item.NumberOfGraphicPoints = len(line)
    item.GraphicData = [float(value) for corner in line for value in corner]
    item.GraphicType = "POLYLINE"
    item.GraphicFilled = "N"
    return item


def _words(one: MarkedSlice, findings: Sequence[Finding]) -> pydicom.Dataset:
    item = pydicom.Dataset()
    named = ", ".join(f"{codes.IN_WORDS[finding.kind]} {finding.volume_ml:.1f} mL" for finding in findings)
    item.UnformattedTextValue = f"AI suspected {named}, to be confirmed; {RESEARCH_ONLY}"[:1024]
    item.BoundingBoxAnnotationUnits = "PIXEL"
    item.BoundingBoxTopLeftHandCorner = [1.0, 1.0]
    item.BoundingBoxBottomRightHandCorner = [one.plane.encoding.columns - 1.0, one.plane.encoding.rows * 0.08]
    item.BoundingBoxTextHorizontalJustification = "LEFT"
    return item


def _layer(marked: MarkedSeries) -> pydicom.Dataset:
    item = pydicom.Dataset()
    item.GraphicLayer, item.GraphicLayerOrder = _LAYER, 1
    item.GraphicLayerDescription = f"AI outlines, {RESEARCH_ONLY}"
    item.GraphicLayerRecommendedDisplayCIELabValue = list(codes.DISPLAY_COLOUR[marked.findings[0].kind])
    return item


def _grey(made: pydicom.Dataset, one: MarkedSlice) -> None:
    """How the source's stored values become grey: the source's rescale, and a window where there is one to say."""
    if text(one.header, "Modality") == "CT" or "RescaleSlope" in one.header:
        made.RescaleIntercept = str(pydicom.valuerep.DSfloat(one.plane.intercept, auto_format=True))
        made.RescaleSlope = str(pydicom.valuerep.DSfloat(one.plane.slope, auto_format=True))
        made.RescaleType = "HU" if text(one.header, "Modality") == "CT" else "US"
    window = window_of(one.header)
    if window is not None:
        made.SoftcopyVOILUTSequence = [_voi(window)]
    inverted = text(one.header, "PhotometricInterpretation") == "MONOCHROME1"
    made.PresentationLUTShape = "INVERSE" if inverted else "IDENTITY"


def _voi(window: Window) -> pydicom.Dataset:
    item = pydicom.Dataset()
    item.WindowCenter = str(pydicom.valuerep.DSfloat(window.centre, auto_format=True))
    item.WindowWidth = str(pydicom.valuerep.DSfloat(window.width, auto_format=True))
    return item
