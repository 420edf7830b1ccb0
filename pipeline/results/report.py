"""The findings as a TID 1500 Imaging Measurement Report (Comprehensive 3D SR, PS3.16; IHE AIR).

Written item by item: a report on a fine head is made in milliseconds, so that no urgent series waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pydicom
from pydicom.sr.coding import Code

from pipeline.assembly.headers import text as text_of
from pipeline.assembly.headers import uid
from pipeline.domain.finding import Finding
from pipeline.results import codes, content
from pipeline.results.attributes import (
    MANUFACTURER,
    RESEARCH_ONLY,
    Naming,
    new_object,
    reference,
    referenced_series,
)
from pipeline.results.content import CONTAINS, HAS_ACQ_CONTEXT, HAS_CONCEPT_MOD, HAS_OBS_CONTEXT
from pipeline.results.marked import MarkedSeries
from pipeline.results.outlines import enclosed_pixels
from pipeline.results.requests import WriteResults
from pipeline.results.segmentation import model_of, tracking_id, tracking_uid
from pipeline.results.uids import derived_uid

COMPREHENSIVE_3D_SR_STORAGE = "1.2.840.10008.5.1.4.1.1.88.34"
SERIES_NUMBER = 9101


def report(request: WriteResults, marked: MarkedSeries, segmentation: pydicom.Dataset) -> pydicom.Dataset:
    """One measurement group per finding, each on its segment; beside them what is said of the series.

    Every group has an outline on an image and nothing else is a group: viewers that draw measurements (OHIF 3.13)
    stop at a group without one.

    It says itself what it is worth: PARTIAL when computed on a part of the images, PRELIMINARY and
    UNVERIFIED always, because no person has read it (PS3.3 C.17.2).
    """
    naming = Naming(
        COMPREHENSIVE_3D_SR_STORAGE, "SR", "report", SERIES_NUMBER, f"AI measurement report ({RESEARCH_ONLY})"
    )
    made = new_object(request, marked.header, naming)
    made.CompletionFlag = "PARTIAL" if request.provisional else "COMPLETE"
    made.CompletionFlagDescription = f"AI result to be confirmed by a person, {RESEARCH_ONLY}"
    made.VerificationFlag = "UNVERIFIED"
    made.PreliminaryFlag = "PRELIMINARY"
    made.ReferencedPerformedProcedureStepSequence = []
    made.PerformedProcedureCodeSequence = []
    made.CurrentRequestedProcedureEvidenceSequence = [_evidence(marked, segmentation)]
    made.CodingSchemeIdentificationSequence = [_local_scheme()]
    root = content.container(codes.REPORT, _root(request, marked, segmentation), template="1500")
    del root.RelationshipType
    made.update(root)
    return made


def _evidence(marked: MarkedSeries, segmentation: pydicom.Dataset) -> pydicom.Dataset:
    item = pydicom.Dataset()
    item.StudyInstanceUID = uid(marked.header, "StudyInstanceUID")
    item.ReferencedSeriesSequence = [
        referenced_series([one.header for one in marked.slices], "ReferencedSOPSequence"),
        referenced_series([segmentation], "ReferencedSOPSequence"),
    ]
    return item


def _local_scheme() -> pydicom.Dataset:
    item = pydicom.Dataset()
    item.CodingSchemeDesignator = codes.LOCAL_SCHEME
    item.CodingSchemeName = codes.LOCAL_SCHEME_NAME
    item.CodingSchemeResponsibleOrganization = MANUFACTURER
    return item


def _root(request: WriteResults, marked: MarkedSeries, segmentation: pydicom.Dataset) -> Iterator[pydicom.Dataset]:
    """TID 1500: language, observer, procedure, images, measurements."""
    yield content.code(HAS_CONCEPT_MOD, codes.LANGUAGE, codes.ENGLISH)
    yield from _observer(request)
    procedure = codes.PROCEDURE.get(text_of(marked.header, "Modality"), codes.IMAGING)
    yield content.code(HAS_CONCEPT_MOD, codes.PROCEDURE_REPORTED, procedure)
    yield content.container(codes.IMAGE_LIBRARY, [content.container(codes.IMAGE_LIBRARY_GROUP, _library(marked))])
    groups = [
        content.container(codes.MEASUREMENT_GROUP, _lesion(request, marked, segmentation, number), template="1411")
        for number in range(1, len(marked.findings) + 1)
    ]
    yield content.container(codes.IMAGING_MEASUREMENTS, groups)
    derived = list(_numbers_of_series(request))
    if derived:
        yield content.container(codes.DERIVED_MEASUREMENTS, derived)
    yield content.container(codes.QUALITATIVE_EVALUATIONS, _standing(request))


def _observer(request: WriteResults) -> Iterator[pydicom.Dataset]:
    """TID 1004: a device, and no person."""
    device = derived_uid(f"{request.bundle} {request.bundle_version}", "device")
    yield content.code(HAS_OBS_CONTEXT, codes.OBSERVER_TYPE, codes.DEVICE)
    yield content.uidref(HAS_OBS_CONTEXT, codes.DEVICE_UID, device)
    yield content.text(HAS_OBS_CONTEXT, codes.DEVICE_NAME, MANUFACTURER)
    yield content.text(HAS_OBS_CONTEXT, codes.DEVICE_MANUFACTURER, MANUFACTURER)
    yield content.text(HAS_OBS_CONTEXT, codes.DEVICE_MODEL, request.bundle)
    yield content.text(HAS_OBS_CONTEXT, codes.DEVICE_SERIAL_NUMBER, request.bundle_version)


def _library(marked: MarkedSeries) -> Iterator[pydicom.Dataset]:
    """TID 1600: the source images that findings lie on."""
    modality = codes.MODALITY.get(text_of(marked.header, "Modality"))
    if modality is not None:
        yield content.code(HAS_ACQ_CONTEXT, codes.MODALITY_NAME, modality)
    yield content.code(HAS_ACQ_CONTEXT, codes.TARGET_REGION, codes.HEAD)
    for one in {uid(one.header, "SOPInstanceUID"): one for one in marked.slices}.values():
        yield content.image(codes.SOURCE, reference(one.header))


def _lesion(
    request: WriteResults, marked: MarkedSeries, segmentation: pydicom.Dataset, number: int
) -> Iterator[pydicom.Dataset]:
    """TID 1411 on one segment."""
    finding = marked.findings[number - 1]
    yield from _tracking(tracking_id(request, number, finding), tracking_uid(request, number))
    yield content.code(CONTAINS, codes.FINDING_CATEGORY, codes.MORPHOLOGICALLY_ABNORMAL)
    yield content.code(CONTAINS, codes.FINDING, codes.finding_code(finding))
    yield _site(finding)
    yield from _algorithm(request, *model_of(request, finding))
    yield from _measurements(finding)
    yield _largest_section(marked, number)
    if finding.region is not None:
        yield content.code(CONTAINS, codes.REGION, codes.REGION_OF[finding.region])
    yield content.code(CONTAINS, codes.STATUS, codes.UNCONFIRMED)
    segment = reference(segmentation)
    segment.ReferencedSegmentNumber = number
    yield content.image(codes.REFERENCED_SEGMENT, segment)
    for source in _sources(marked, number):
        yield content.image(codes.SOURCE_FOR_SEGMENTATION, source)


def _tracking(identifier: str, unique: str) -> Iterator[pydicom.Dataset]:
    yield content.text(HAS_OBS_CONTEXT, codes.TRACKING_IDENTIFIER, identifier)
    yield content.uidref(HAS_OBS_CONTEXT, codes.TRACKING_UID, unique)


def _site(finding: Finding) -> pydicom.Dataset:
    side = codes.LATERALITY.get(finding.side)
    laterality = () if side is None else (content.code(HAS_CONCEPT_MOD, codes.LATERALITY_NAME, side),)
    return content.code(HAS_CONCEPT_MOD, codes.FINDING_SITE, codes.place_code(finding), laterality)


def _algorithm(request: WriteResults, bundle: str, bundle_version: str) -> Iterator[pydicom.Dataset]:
    """TID 4019; the reservations of this run stand among its parameters, where a reader of them looks."""
    yield content.text(HAS_CONCEPT_MOD, codes.ALGORITHM_NAME, bundle)
    yield content.text(HAS_CONCEPT_MOD, codes.ALGORITHM_VERSION, bundle_version)
    yield content.text(HAS_CONCEPT_MOD, codes.ALGORITHM_MANUFACTURER, MANUFACTURER)
    for words in (*request.reservations, RESEARCH_ONLY):
        yield content.text(HAS_CONCEPT_MOD, codes.ALGORITHM_PARAMETERS, words)
    yield content.code(HAS_CONCEPT_MOD, codes.ALGORITHM_FAMILY, codes.ARTIFICIAL_INTELLIGENCE)


def _measurements(finding: Finding) -> Iterator[pydicom.Dataset]:
    # Summed over voxels. OHIF 3.13 leaves out a number that has a method, and this is the one that counts.
    yield content.measured(codes.VOLUME, round(finding.volume_ml, 3), codes.MILLILITRE)
    if finding.abc2_ml is not None:
        yield content.measured(codes.VOLUME, round(finding.abc2_ml, 3), codes.MILLILITRE, [_by(codes.ABC2)])
    if finding.largest_diameter_mm is not None:
        yield content.measured(codes.DIAMETER, round(finding.largest_diameter_mm, 1), codes.MILLIMETRE)
    yield _probability(finding.confidence)


def _largest_section(marked: MarkedSeries, number: int) -> pydicom.Dataset:
    """The area within the longest outline on the slice that shows most of the finding, and that outline."""
    one = marked.slices[marked.largest_slice_of(number)]
    line = max(one.outlines_of(number), key=enclosed_pixels)
    area_mm2 = enclosed_pixels(line) * one.plane.spacing_mm[0] * one.plane.spacing_mm[1]
    source = reference(one.header, [one.frame_of_many])
    return content.measured(codes.AREA, round(area_mm2, 1), codes.SQUARE_MILLIMETRE, [content.outline(line, source)])


def _by(method: Code) -> pydicom.Dataset:
    return content.code(HAS_CONCEPT_MOD, codes.MEASUREMENT_METHOD, method)


def _probability(chance: float, more: content.Items = ()) -> pydicom.Dataset:
    return content.measured(codes.PROBABILITY, round(100 * chance, 1), codes.PERCENT, more)


def _sources(marked: MarkedSeries, number: int) -> Iterator[pydicom.Dataset]:
    """The source images, or their frames, that a finding lies on."""
    under: dict[str, list[int]] = {}
    with_it = [one for one in marked.slices if number in one.pixels]
    for one in with_it:
        under.setdefault(uid(one.header, "SOPInstanceUID"), []).extend(filter(None, [one.frame_of_many]))
    headers = {uid(one.header, "SOPInstanceUID"): one.header for one in with_it}
    return (reference(headers[name], frames) for name, frames in under.items())


def _numbers_of_series(request: WriteResults) -> Iterator[pydicom.Dataset]:
    """How likely anything is there at all, and how far the midline is shifted, by which algorithm."""
    by = tuple(_algorithm(request, request.bundle, request.bundle_version))
    if request.scan_probability is not None:
        about = content.code(HAS_CONCEPT_MOD, codes.FINDING, codes.SCAN)
        yield _probability(request.scan_probability, (about, *by))
    if request.midline_shift is not None:
        shift = request.midline_shift
        yield content.measured(codes.MIDLINE_SHIFT, round(shift.mm, 1), codes.MILLIMETRE, by)


def _standing(request: WriteResults) -> Iterator[pydicom.Dataset]:
    """What the result is worth: by whom it is to be confirmed, on what it was computed, with which reservations."""
    yield content.code(CONTAINS, codes.STATUS, codes.UNCONFIRMED)
    yield content.code(CONTAINS, codes.EXTENT, codes.PROVISIONAL if request.provisional else codes.WHOLE)
    if request.reservations:
        yield content.code(CONTAINS, codes.RESERVATION, codes.WITH_RESERVATIONS)
    if request.midline_shift is not None and request.midline_shift.to in codes.LATERALITY:
        yield content.code(CONTAINS, codes.SHIFTED_TO, codes.LATERALITY[request.midline_shift.to])
