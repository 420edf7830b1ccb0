"""The lesions as a DICOM Segmentation on their own source slices: binary (PS3.3 A.51) or label map (A.93)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.datadict import tag_for_keyword

from pipeline.assembly.headers import text
from pipeline.domain.finding import Finding
from pipeline.results import codes
from pipeline.results.attributes import (
    MANUFACTURER,
    RESEARCH_ONLY,
    Naming,
    coded,
    new_object,
    reference,
    referenced_series,
)
from pipeline.results.marked import MarkedSeries, MarkedSlice
from pipeline.results.requests import WriteResults
from pipeline.results.uids import derived_uid

SEGMENTATION_STORAGE = "1.2.840.10008.5.1.4.1.1.66.4"
LABEL_MAP_STORAGE = "1.2.840.10008.5.1.4.1.1.66.7"
SERIES_NUMBER = 9100
"""High, so that it sorts behind the scanner's own series."""


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """One frame: the slice it lies on, its place among the slices, and its segment (0: all, in a label map)."""

    slice: MarkedSlice
    position: int
    segment: int


def segmentation(request: WriteResults, marked: MarkedSeries) -> pydicom.Dataset:
    """The segmentation: segment n is finding n. Only slices with something on them have a frame."""
    frames = list(_frames(marked, labelmap=request.labelmap))
    found = " and ".join(dict.fromkeys(codes.IN_WORDS[finding.kind] for finding in marked.findings))
    storage = LABEL_MAP_STORAGE if request.labelmap else SEGMENTATION_STORAGE
    part = "labelmap" if request.labelmap else "seg"
    naming = Naming(storage, "SEG", part, SERIES_NUMBER, f"AI suspected {found} ({RESEARCH_ONLY})"[:64])
    made = new_object(request, marked.header, naming)
    _image(made, marked, frames, labelmap=request.labelmap)
    made.ContentLabel = "AI_SUSPECTED"
    made.BodyPartExamined = "HEAD"
    made.ContentDescription = f"AI result, {RESEARCH_ONLY}"
    made.ContentCreatorName = ""
    made.SegmentSequence = list(_segments(request, marked.findings))
    made.FrameOfReferenceUID = marked.slices[0].plane.FrameOfReferenceUID
    made.PositionReferenceIndicator = ""
    made.ReferencedSeriesSequence = [
        referenced_series([one.header for one in marked.slices], "ReferencedInstanceSequence")
    ]
    _dimensions(made, labelmap=request.labelmap)
    made.SharedFunctionalGroupsSequence = [_shared(marked.slices)]
    made.PerFrameFunctionalGroupsSequence = [_group(frame, labelmap=request.labelmap) for frame in frames]
    return made


def _frames(marked: MarkedSeries, *, labelmap: bool) -> Iterator[_Frame]:
    if labelmap:
        yield from (_Frame(one, position, 0) for position, one in enumerate(marked.slices, start=1))
        return
    for segment in range(1, len(marked.findings) + 1):
        for position, one in enumerate(marked.slices, start=1):
            if segment in one.pixels:
                yield _Frame(one, position, segment)


def _image(made: pydicom.Dataset, marked: MarkedSeries, frames: Sequence[_Frame], *, labelmap: bool) -> None:
    made.ImageType = ["DERIVED", "PRIMARY"]
    made.NumberOfFrames = len(frames)
    made.Rows, made.Columns = marked.slices[0].labels.shape
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PixelRepresentation = 1, "MONOCHROME2", 0
    bits = 8 if labelmap else 1
    made.BitsAllocated, made.BitsStored, made.HighBit = bits, bits, bits - 1
    made.SegmentationType = "LABELMAP" if labelmap else "BINARY"
    made.SegmentsOverlap = "NO"
    made.BurnedInAnnotation = "NO"
    made.LossyImageCompression = "01" if text(marked.header, "LossyImageCompression") == "01" else "00"
    if labelmap:
        made.add_new(0x00280120, "US", 0)  # PixelPaddingValue: what is background
    pixels = [frame.slice.labels if labelmap else frame.slice.labels == frame.segment for frame in frames]
    made.add_new(0x7FE00010, "OB", _bytes(np.stack(pixels), labelmap=labelmap))


def _bytes(pixels: NDArray[np.uint8] | NDArray[np.bool_], *, labelmap: bool) -> bytes:
    """Frames as stored, of even length: bits from the lowest of each byte, no gap between frames (PS3.5 8.1.1)."""
    stored = pixels.tobytes() if labelmap else np.packbits(pixels.reshape(-1), bitorder="little").tobytes()
    return stored + bytes(len(stored) % 2)


def _segments(request: WriteResults, findings: Sequence[Finding]) -> Iterator[pydicom.Dataset]:
    if request.labelmap:
        yield _background()
    for number, finding in enumerate(findings, start=1):
        yield _segment(request, number, finding)


def _background() -> pydicom.Dataset:
    """Segment 0 of a label map (PS3.3 C.8.20.4.1)."""
    item = pydicom.Dataset()
    item.SegmentNumber, item.SegmentLabel, item.SegmentAlgorithmType = 0, "Background", "AUTOMATIC"
    item.SegmentAlgorithmName = MANUFACTURER
    item.SegmentedPropertyCategoryCodeSequence = [coded(codes.BACKGROUND)]
    item.SegmentedPropertyTypeCodeSequence = [coded(codes.BACKGROUND)]
    item.RecommendedDisplayCIELabValue = [0, 32896, 32896]
    return item


def _segment(request: WriteResults, number: int, finding: Finding) -> pydicom.Dataset:
    item = pydicom.Dataset()
    item.SegmentNumber = number
    item.SegmentLabel = f"AI suspected {codes.IN_WORDS[finding.kind]} {number}"
    item.SegmentDescription = f"{finding.volume_ml:.1f} mL, {finding.side}, to be confirmed, {RESEARCH_ONLY}"
    item.SegmentAlgorithmType = "AUTOMATIC"
    item.SegmentAlgorithmName = finding.bundle or request.bundle
    item.SegmentedPropertyCategoryCodeSequence = [coded(codes.MORPHOLOGICALLY_ABNORMAL)]
    item.SegmentedPropertyTypeCodeSequence = [coded(codes.PROPERTY_TYPE[finding.kind])]
    item.AnatomicRegionSequence = [_region(finding)]
    item.SegmentationAlgorithmIdentificationSequence = [_algorithm(*model_of(request, finding))]
    item.RecommendedDisplayCIELabValue = list(codes.DISPLAY_COLOUR[finding.kind])
    item.TrackingID = tracking_id(request, number, finding)
    item.TrackingUID = tracking_uid(request, number)
    return item


def _region(finding: Finding) -> pydicom.Dataset:
    region = coded(codes.place_code(finding))
    if finding.side in codes.LATERALITY:
        region.AnatomicRegionModifierSequence = [coded(codes.LATERALITY[finding.side])]
    return region


def model_of(request: WriteResults, finding: Finding) -> tuple[str, str]:
    """Name and version of the bundle that saw a finding: its own, else the one that decided on triage."""
    return (finding.bundle, finding.bundle_version) if finding.bundle else (request.bundle, request.bundle_version)


def _algorithm(bundle: str, bundle_version: str) -> pydicom.Dataset:
    """Which model made it (PS3.3 10.16, Algorithm Identification Macro)."""
    item = pydicom.Dataset()
    item.AlgorithmFamilyCodeSequence = [coded(codes.ARTIFICIAL_INTELLIGENCE)]
    item.AlgorithmName, item.AlgorithmVersion = bundle, bundle_version
    item.AlgorithmSource = MANUFACTURER
    return item


def tracking_id(request: WriteResults, number: int, finding: Finding) -> str:
    """The name of a finding in every object of one analysis."""
    return f"{model_of(request, finding)[0]} finding {number}"


def tracking_uid(request: WriteResults, number: int) -> str:
    """The UID of a finding in every object of one analysis."""
    return derived_uid(request.analysis_id, f"finding {number}")


_SEGMENT_DIMENSION = ("ReferencedSegmentNumber", "SegmentIdentificationSequence")
_POSITION_DIMENSION = ("ImagePositionPatient", "PlanePositionSequence")


def _dimensions(made: pydicom.Dataset, *, labelmap: bool) -> None:
    organisation = pydicom.Dataset()
    organisation.DimensionOrganizationUID = derived_uid(made.SOPInstanceUID, "dimensions")
    made.DimensionOrganizationSequence = [organisation]
    made.DimensionIndexSequence = []
    for keyword, group in (_POSITION_DIMENSION,) if labelmap else (_SEGMENT_DIMENSION, _POSITION_DIMENSION):
        item = pydicom.Dataset()
        item.DimensionOrganizationUID = organisation.DimensionOrganizationUID
        item.add_new(0x00209165, "AT", tag_for_keyword(keyword))  # DimensionIndexPointer
        item.add_new(0x00209167, "AT", tag_for_keyword(group))  # FunctionalGroupPointer
        item.DimensionDescriptionLabel = keyword
        made.DimensionIndexSequence.append(item)


def _shared(slices: Sequence[MarkedSlice]) -> pydicom.Dataset:
    plane, group = slices[0].plane, pydicom.Dataset()
    measures, orientation = pydicom.Dataset(), pydicom.Dataset()
    measures.PixelSpacing = _decimals(plane.spacing_mm)
    measures.SliceThickness = _decimals([plane.thickness_mm or _step_mm(slices)])[0]
    orientation.ImageOrientationPatient = _decimals(plane.orientation)
    group.PixelMeasuresSequence = [measures]
    group.PlaneOrientationSequence = [orientation]
    return group


def _step_mm(slices: Sequence[MarkedSlice]) -> float:
    """The distance of the first two slices, for a source that does not say how thick they are."""
    if len(slices) < 2:
        return 1.0
    first, second = (np.array(one.plane.position_mm) for one in slices[:2])
    return float(np.linalg.norm(second - first)) or 1.0


def _group(frame: _Frame, *, labelmap: bool) -> pydicom.Dataset:
    group, content, position = pydicom.Dataset(), pydicom.Dataset(), pydicom.Dataset()
    content.DimensionIndexValues = frame.position if labelmap else [frame.segment, frame.position]
    position.ImagePositionPatient = _decimals(frame.slice.plane.position_mm)
    group.DerivationImageSequence = [_derivation(frame.slice)]
    group.FrameContentSequence = [content]
    group.PlanePositionSequence = [position]
    if not labelmap:
        identification = pydicom.Dataset()
        identification.ReferencedSegmentNumber = frame.segment
        group.SegmentIdentificationSequence = [identification]
    return group


def _derivation(one: MarkedSlice) -> pydicom.Dataset:
    source, item = reference(one.header, [one.frame_of_many]), pydicom.Dataset()
    source.SpatialLocationsPreserved = "YES" if one.plane.tile_ji is None else "NO"
    source.PurposeOfReferenceCodeSequence = [coded(codes.SOURCE_IMAGE)]
    item.SourceImageSequence = [source]
    item.DerivationCodeSequence = [coded(codes.SEGMENTATION)]
    return item


def _decimals(values: Sequence[float]) -> list[str]:
    """Decimal strings of at most 16 characters (PS3.5 6.2, DS), the nearest that fit."""
    return [str(pydicom.valuerep.DSfloat(value, auto_format=True)) for value in values]
