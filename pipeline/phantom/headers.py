"""DICOM attributes of phantom studies: patient, study, equipment, series; every UID from the seed."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    SecondaryCaptureImageStorage,
    XRayRadiationDoseSRStorage,
)

from pipeline.phantom.spec import PhantomSeries, PhantomStudy, SeriesKind


@dataclass(frozen=True, slots=True)
class SeriesStyle:
    """What a kind of series is called in its headers."""

    modality: str
    sop_class: UID
    description: str


STYLE = {
    SeriesKind.NCCT: SeriesStyle("CT", CTImageStorage, "CEREBRAL SANS IV"),
    SeriesKind.CTA: SeriesStyle("CT", CTImageStorage, "ANGIO TSA ARTERIEL"),
    SeriesKind.DWI: SeriesStyle("MR", MRImageStorage, "AX DIFFUSION B1000"),
    SeriesKind.ADC: SeriesStyle("MR", MRImageStorage, "AX DIFFUSION ADC"),
    SeriesKind.LOCALISER: SeriesStyle("CT", CTImageStorage, "TOPOGRAMME"),
    SeriesKind.DOSE_REPORT: SeriesStyle("SR", XRayRadiationDoseSRStorage, "RAPPORT DE DOSE"),
    SeriesKind.SECONDARY_CAPTURE: SeriesStyle("OT", SecondaryCaptureImageStorage, "DOCUMENT NUMERISE"),
}


def uid(study: PhantomStudy, *parts: object) -> UID:
    """A UID of the 2.25 arc (PS3.5 B.2), always the same for the same study and parts."""
    digest = sha256("\x00".join(map(str, (study.seed, study.patient.PatientID, *parts))).encode()).digest()
    return UID(f"2.25.{int.from_bytes(digest[:16], 'big') | 1}")


def study_uid(study: PhantomStudy) -> UID:
    """The StudyInstanceUID."""
    return uid(study, "study")


def series_uid(study: PhantomStudy, number: int) -> UID:
    """The SeriesInstanceUID of the study's ``number``-th series, from 1."""
    return uid(study, "series", number)


def series_dataset(study: PhantomStudy, series: PhantomSeries, number: int) -> Dataset:
    """The attributes that all instances of a series share."""
    style, patient, data = STYLE[series.kind], study.patient, Dataset()
    data.SpecificCharacterSet = "ISO_IR 192"
    data.SOPClassUID = style.sop_class
    data.StudyDate = data.SeriesDate = data.ContentDate = study.started.strftime("%Y%m%d")
    data.StudyTime = data.SeriesTime = data.ContentTime = study.started.strftime("%H%M%S")
    data.AccessionNumber = f"P{study.seed:06d}"
    data.Modality = style.modality
    data.Manufacturer = "NeuroVigie phantom"
    data.InstitutionName = study.institution
    data.ReferringPhysicianName = ""
    data.StudyDescription = study.description
    data.SeriesDescription = style.description
    data.PatientName = patient.PatientName
    data.PatientID = patient.PatientID
    data.PatientBirthDate = patient.PatientBirthDate
    data.PatientSex = patient.PatientSex
    if patient.IssuerOfPatientID:
        data.IssuerOfPatientID = patient.IssuerOfPatientID
    data.PatientComments = "Synthetic phantom: nobody's images"
    data.StudyInstanceUID = study_uid(study)
    data.SeriesInstanceUID = series_uid(study, number)
    data.StudyID = str(study.seed)
    data.SeriesNumber = number
    return data


def file_meta(instance: Dataset) -> FileMetaDataset:
    """The Part 10 file meta information of an uncompressed instance."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = instance.SOPClassUID
    meta.MediaStorageSOPInstanceUID = instance.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return meta
