"""What all our objects share: the patient and study as the source has them, and who made the object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from importlib.metadata import version
from typing import Final

import pydicom
from pydicom.charset import convert_encodings
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.uid import UID, ExplicitVRLittleEndian

from pipeline.assembly.headers import BROKEN, text, uid
from pipeline.results.requests import WriteResults
from pipeline.results.uids import derived_uid, instance_uid

MANUFACTURER: Final = "NeuroVigie"
RESEARCH_ONLY: Final = "research use only"

_REQUIRED = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
    "ReferringPhysicianName", "StudyID", "AccessionNumber",
)  # fmt: skip
"""Of type 2 in the Patient and General Study modules: empty where the source leaves them out."""
_COPIED = (
    *_REQUIRED, "StudyInstanceUID", "IssuerOfPatientID", "TypeOfPatientID", "PatientBirthTime", "OtherPatientNames",
    "EthnicGroup", "PatientComments", "PatientIdentityRemoved", "DeidentificationMethod", "StudyDescription",
    "PhysiciansOfRecord", "NameOfPhysiciansReadingStudy", "PatientAge", "PatientSize", "PatientWeight",
    "AdmissionID", "TimezoneOffsetFromUTC", "IssuerOfPatientIDQualifiersSequence", "OtherPatientIDsSequence",
    "IssuerOfAccessionNumberSequence", "ProcedureCodeSequence",
    "DeidentificationMethodCodeSequence",
)  # fmt: skip
"""The Patient, General Study and Patient Study modules (PS3.3 C.7.1.1, C.7.2.1, C.7.2.2)."""


@dataclass(frozen=True, slots=True)
class Naming:
    """What an object is called: its class, modality, the part of the analysis it is and its number in that."""

    SOPClassUID: str
    Modality: str
    part: str
    SeriesNumber: int
    SeriesDescription: str
    InstanceNumber: int = 1


def new_object(request: WriteResults, source: pydicom.Dataset, naming: Naming) -> pydicom.Dataset:
    """An object of ours in the source's study, with all that does not depend on its kind."""
    made = pydicom.Dataset()
    keep_identity(made, source)
    _name(made, request, naming)
    _date(made, local_time(request.made_at, source))
    made.Manufacturer = MANUFACTURER
    made.ManufacturerModelName = request.bundle
    made.DeviceSerialNumber = request.bundle_version
    made.SoftwareVersions = [version("neurovigie"), f"{request.bundle} {request.bundle_version}"]
    return made


def keep_identity(made: pydicom.Dataset, source: pydicom.Dataset) -> None:
    """Give an object the source's patient and study, byte for byte, and so its character set.

    Everything we write ourselves is ASCII, which every character set of DICOM has (PS3.5 6.1.2).
    """
    if "SpecificCharacterSet" in source:
        made.SpecificCharacterSet = source.SpecificCharacterSet
    elif "SpecificCharacterSet" in made:
        del made.SpecificCharacterSet
    for keyword in _REQUIRED:
        setattr(made, keyword, "")
    for keyword in _COPIED:
        element = _stored(source, keyword)
        if element is not None:
            made[element.tag] = element


def _stored(source: pydicom.Dataset, keyword: str) -> DataElement | RawDataElement | None:
    """An element as it stands in its file: text is not decoded, so that it cannot be changed by decoding."""
    tag = tag_for_keyword(keyword)
    if tag is None or tag not in source:
        return None
    element = source.get_item(tag)
    if isinstance(element, RawDataElement) and dictionary_VR(tag) != "SQ":
        return element._replace(VR=dictionary_VR(tag), value=element.value or b"", is_implicit_VR=False)
    try:
        return source[tag]
    except BROKEN:
        return None


def _name(made: pydicom.Dataset, request: WriteResults, naming: Naming) -> None:
    made.SOPClassUID = naming.SOPClassUID
    made.Modality = naming.Modality
    made.SeriesInstanceUID = derived_uid(request.analysis_id, naming.part)
    made.SOPInstanceUID = instance_uid(made.SeriesInstanceUID, naming.InstanceNumber)
    made.SeriesNumber = naming.SeriesNumber
    made.SeriesDescription = naming.SeriesDescription
    made.InstanceNumber = naming.InstanceNumber


def _date(made: pydicom.Dataset, at: datetime) -> None:
    for subject in ("Content", "Series", "InstanceCreation"):
        setattr(made, f"{subject}Date", at.strftime("%Y%m%d"))
        setattr(made, f"{subject}Time", at.strftime("%H%M%S"))


def local_time(at: datetime, source: pydicom.Dataset) -> datetime:
    """A moment in the time zone that the source names (0008,0201), else in the one it is given in."""
    zone = _zone(text(source, "TimezoneOffsetFromUTC"))
    return at if zone is None else at.astimezone(zone)


def _zone(offset: str) -> tzinfo | None:
    if len(offset) != 5 or offset[0] not in "+-" or not offset[1:].isdecimal() or int(offset[1:3]) > 14:
        return None
    minutes = int(offset[1:3]) * 60 + int(offset[3:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def coded(code: Code) -> pydicom.Dataset:
    """An item of a code sequence (PS3.3 8.8)."""
    item = pydicom.Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code.value, code.scheme_designator, code.meaning
    return item


def reference(source: pydicom.Dataset, frames: Iterable[int | None] = ()) -> pydicom.Dataset:
    """An item that refers to an instance, or to some frames of it."""
    item = pydicom.Dataset()
    item.ReferencedSOPClassUID = uid(source, "SOPClassUID")
    item.ReferencedSOPInstanceUID = uid(source, "SOPInstanceUID")
    numbers = [frame for frame in frames if frame is not None]
    if numbers:
        item.ReferencedFrameNumber = numbers if len(numbers) > 1 else numbers[0]
    return item


def referenced_series(sources: Sequence[pydicom.Dataset], keyword: str) -> pydicom.Dataset:
    """An item that refers to instances of one series, each once, in the sequence ``keyword``."""
    item = pydicom.Dataset()
    item.SeriesInstanceUID = uid(sources[0], "SeriesInstanceUID")
    once = {uid(source, "SOPInstanceUID"): source for source in sources}
    setattr(item, keyword, [reference(source) for source in once.values()])
    return item


def with_file_meta(made: pydicom.Dataset) -> pydicom.Dataset:
    """The object with its Part 10 file meta information, its undecoded values to be written as they are."""
    made.set_original_encoding(
        is_implicit_vr=False,
        is_little_endian=True,
        character_encoding=convert_encodings(made.get("SpecificCharacterSet") or ""),
    )
    made.file_meta = FileMetaDataset()
    made.file_meta.MediaStorageSOPClassUID = UID(made.SOPClassUID)
    made.file_meta.MediaStorageSOPInstanceUID = UID(made.SOPInstanceUID)
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return made
