"""A lesion mask as a DICOM Segmentation in the frame of its own source slices (PS3.3 A.51)."""

from __future__ import annotations

import os
import uuid
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import highdicom
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.sr.coding import Code

from pipeline.assembly.headers import BROKEN, uid
from pipeline.domain.errors import BadInput
from pipeline.domain.finding import Finding, FindingKind
from pipeline.results.mask_file import Mask, read_mask
from pipeline.results.requests import SegmentationWritten, SourceImage, WriteSegmentation
from pipeline.volumes.source import read_header

MANUFACTURER = "NeuroVigie"
SERIES_NUMBER = 9100
"""High, so that it sorts behind the scanner's own series."""

_NAMESPACE = uuid.UUID("6f0f2a52-6c1f-5b0e-9f7a-3a3c9a0d6d11")
"""Ours alone: object UIDs are made in it from the analysis id (PS3.5 B.2)."""

_MORPHOLOGICALLY_ABNORMAL = Code("49755003", "SCT", "Morphologically Abnormal Structure")
_TYPE = {
    FindingKind.HAEMORRHAGE: Code("50960005", "SCT", "Hemorrhage"),
    FindingKind.INFARCT: Code("55641003", "SCT", "Infarct"),
    FindingKind.EARLY_ISCHAEMIA: Code("52674009", "SCT", "Ischemia"),
}
_COLOUR_NAME = {
    FindingKind.HAEMORRHAGE: "haemorrhage",
    FindingKind.INFARCT: "infarct",
    FindingKind.EARLY_ISCHAEMIA: "early ischaemia",
}
_ARTIFICIAL_INTELLIGENCE = Code("123110", "DCM", "Artificial Intelligence")


def derived_uid(analysis_id: str, part: str) -> str:
    """The UID of one part of an analysis' results, the same each time: 2.25 and a UUID of version 5."""
    return f"2.25.{uuid.uuid5(_NAMESPACE, f'{analysis_id}/{part}').int}"


def write_segmentation(request: WriteSegmentation) -> SegmentationWritten:
    """Write the SEG; the same request makes the same bytes. Raises `BadInput` when it cannot be made."""
    mask = read_mask(request.mask)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # highdicom's remarks on values that the scanner wrote
            segmentation = _segmentation(request, mask)
            _save(segmentation, request.out)
    except BROKEN as error:
        raise BadInput(f"the segmentation object cannot be made ({type(error).__name__}: {error})") from error
    return SegmentationWritten(request.out, str(segmentation.SeriesInstanceUID), str(segmentation.SOPInstanceUID))


def _segmentation(request: WriteSegmentation, mask: Mask) -> highdicom.seg.Segmentation:
    sources, pixels = _in_source_order(_sources(request.images), mask)
    kinds = list(dict.fromkeys(finding.kind for finding in request.findings))
    segmentation = highdicom.seg.Segmentation(
        source_images=sources,
        pixel_array=_by_kind(pixels, request.findings, kinds),
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[_description(request, number, kind) for number, kind in enumerate(kinds, start=1)],
        series_instance_uid=derived_uid(request.analysis_id, "series"),
        series_number=SERIES_NUMBER,
        sop_instance_uid=derived_uid(request.analysis_id, "segmentation"),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=request.bundle,
        software_versions=f"{version('neurovigie')}, {request.bundle} {request.bundle_version}",
        device_serial_number=request.bundle_version,
        content_label="AI_SUSPECTED",
        content_description="AI result, research use only",
        series_description=f"AI suspected {' and '.join(_COLOUR_NAME[k] for k in kinds)} (research use only)",
        omit_empty_frames=True,
    )
    _make_repeatable(segmentation, request)
    return segmentation


def _sources(images: Sequence[SourceImage]) -> dict[str, pydicom.Dataset]:
    """The source headers by SOPInstanceUID, with the empty values that highdicom needs to be there."""
    headers = [read_header(image.path) for image in images]
    for header in headers:
        for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
                        "AccessionNumber", "StudyID", "ReferringPhysicianName"):  # fmt: skip
            if keyword not in header:
                setattr(header, keyword, "")
        if not uid(header, "FrameOfReferenceUID"):
            raise BadInput("the source series has no frame of reference, so no segmentation can lie on it")
    return {uid(header, "SOPInstanceUID"): header for header in headers}


def _in_source_order(
    headers: dict[str, pydicom.Dataset], mask: Mask
) -> tuple[list[pydicom.Dataset], NDArray[np.uint8]]:
    """The source images and the labels, slice for slice; frames of a multi-frame source in its own order."""
    if not set(mask.SOPInstanceUIDs) <= set(headers):
        raise BadInput("the mask lies on images that are not among the source images")
    if len(set(mask.SOPInstanceUIDs)) == len(mask.SOPInstanceUIDs) and set(mask.frames) == {1}:
        return [headers[uid] for uid in mask.SOPInstanceUIDs], mask.labels
    only = headers[mask.SOPInstanceUIDs[0]]
    frames = int(only.NumberOfFrames)
    pixels = np.zeros((frames, *mask.labels.shape[1:]), dtype=np.uint8)
    pixels[np.array(mask.frames) - 1] = mask.labels
    return [only], pixels


def _by_kind(labels: NDArray[np.uint8], findings: Sequence[Finding], kinds: Sequence[FindingKind]) -> NDArray[np.uint8]:
    """Labels of single lesions become segment numbers, one per kind of finding."""
    segment_of = np.zeros(256, dtype=np.uint8)
    for finding in findings:
        segment_of[finding.label] = kinds.index(finding.kind) + 1
    by_kind: NDArray[np.uint8] = segment_of[labels]
    return by_kind


def _description(request: WriteSegmentation, number: int, kind: FindingKind) -> highdicom.seg.SegmentDescription:
    return highdicom.seg.SegmentDescription(
        segment_number=number,
        segment_label=f"AI suspected {_COLOUR_NAME[kind]}",
        segmented_property_category=_MORPHOLOGICALLY_ABNORMAL,
        segmented_property_type=_TYPE[kind],
        algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=highdicom.AlgorithmIdentificationSequence(
            name=request.bundle, family=_ARTIFICIAL_INTELLIGENCE, version=request.bundle_version, source=MANUFACTURER
        ),
        tracking_uid=derived_uid(request.analysis_id, f"tracking/{kind}"),
        tracking_id=f"{request.bundle} {kind}",
    )


def _make_repeatable(segmentation: highdicom.seg.Segmentation, request: WriteSegmentation) -> None:
    """Replace what highdicom takes from the clock and from chance by what the analysis says."""
    made = request.made_at
    for date, time in (("ContentDate", "ContentTime"), ("SeriesDate", "SeriesTime"),
                       ("InstanceCreationDate", "InstanceCreationTime")):  # fmt: skip
        setattr(segmentation, date, made.strftime("%Y%m%d"))
        setattr(segmentation, time, made.strftime("%H%M%S"))
    for equipment in segmentation.get("ContributingEquipmentSequence", []):
        equipment.ContributionDateTime = made.strftime("%Y%m%d%H%M%S")
    organisation = derived_uid(request.analysis_id, "dimensions")
    for item in (*segmentation.DimensionOrganizationSequence, *segmentation.DimensionIndexSequence):
        item.DimensionOrganizationUID = organisation


def _save(segmentation: highdicom.seg.Segmentation, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    with unfinished.open("wb") as file:
        pydicom.dcmwrite(file, segmentation, enforce_file_format=True)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
