"""Tiny DICOM instances for tests, as the bytes a sender would put on the wire."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian


def uid(*names: object) -> str:
    """A valid UID that follows from names: 2.25 and a number below 2^127 (PS3.5 B.2)."""
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:15])}"


@dataclass(frozen=True, slots=True)
class TinySlice:
    """One small head CT slice; every field may be replaced, ``extra`` adds or overrides keywords."""

    study: str = "study"
    series: str = "series"
    number: int = 1
    slices_apart_mm: float = 5.0
    patient_id: str = "P1"
    patient_name: str = "Doe^Jane"
    value: int = 40
    side: int = 16
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def SOPInstanceUID(self) -> str:
        """Follows from study, series and number."""
        given = self.extra.get("SOPInstanceUID")
        return str(given) if given else uid(self.study, self.series, self.number)

    def dataset(self) -> Dataset:
        """The data set."""
        made = Dataset()
        for keyword, value in {**self._patient(), **self._image(), **self.extra}.items():
            setattr(made, keyword, value)
        return made

    def encoded(self) -> bytes:
        """The data set in explicit little endian, without file meta, as C-STORE carries it."""
        file = BytesIO()
        dcmwrite(file, self.dataset(), implicit_vr=False, little_endian=True)
        return file.getvalue()

    def but(self, **changes: Any) -> TinySlice:
        """The same slice with some fields changed."""
        return replace(self, **changes)

    def _patient(self) -> dict[str, Any]:
        return {
            "SOPClassUID": CTImageStorage,
            "SOPInstanceUID": self.SOPInstanceUID,
            "PatientName": self.patient_name,
            "PatientID": self.patient_id,
            "PatientBirthDate": "19500101",
            "PatientSex": "F",
            "StudyInstanceUID": uid(self.study),
            "SeriesInstanceUID": uid(self.study, self.series),
            "StudyDate": "20261121",
            "StudyTime": "030000",
            "Modality": "CT",
            "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
            "BodyPartExamined": "HEAD",
        }

    def _image(self) -> dict[str, Any]:
        return {
            "InstanceNumber": self.number,
            "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
            "ImagePositionPatient": [-80, -80, self.slices_apart_mm * self.number],
            "PixelSpacing": [10, 10],
            "SliceThickness": self.slices_apart_mm,
            "Rows": self.side,
            "Columns": self.side,
            "SamplesPerPixel": 1,
            "PhotometricInterpretation": "MONOCHROME2",
            "BitsAllocated": 16,
            "BitsStored": 16,
            "HighBit": 15,
            "PixelRepresentation": 1,
            "RescaleIntercept": 0,
            "RescaleSlope": 1,
            "PixelData": np.full((self.side, self.side), self.value, "<i2").tobytes(),
        }


TRANSFER_SYNTAX = str(ExplicitVRLittleEndian)
"""What `TinySlice.encoded` is written in."""
