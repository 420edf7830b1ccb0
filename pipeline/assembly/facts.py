"""What the index must know of one instance, read from its Part 10 file without decoding pixels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
import pydicom

from pipeline.assembly.headers import BROKEN
from pipeline.assembly.made import made_at
from pipeline.assembly.recognise import recognise
from pipeline.domain.errors import UnreadableInstance
from pipeline.domain.identity import PatientIdentity
from pipeline.domain.role import Recognition

_PIXEL_TAGS = (bytes.fromhex("e07f1000"), bytes.fromhex("7fe00010"))
"""(7FE0,0010) in little and in big endian."""

_QUALITY_CONTROL = 0x0028_0300
_LONGEST_TEXT = 1024
"""A hostile value is cut here; the standard's longest text of those we read is LO or PN, 64 a group."""

_LONGEST_ID, _LONGEST_NAME, _LONGEST_CODE = 128, 256, 32
"""Who a patient is must fit into a row of PostgreSQL's indexes, 2,704 bytes, whatever the script."""

_DIGEST = 16


@dataclass(frozen=True, slots=True)
class InstanceFacts:
    """The header facts of one instance; texts are decoded, free of control characters, never None.

    ``header`` is what they were read from, without pixels: the role is recognised only when somebody asks.
    """

    identity: PatientIdentity
    StudyInstanceUID: str
    SeriesInstanceUID: str
    StudyDate: str
    StudyTime: str
    StudyDescription: str
    AccessionNumber: str
    Modality: str
    SeriesDescription: str
    SeriesNumber: int | None
    InstanceNumber: int | None
    expected: int | None
    position_mm: float | None
    header: pydicom.Dataset = field(repr=False, compare=False)

    @property
    def recognition(self) -> Recognition:
        """The role of the series, as far as this one image shows it."""
        return recognise([self.header])

    @property
    def made_at(self) -> datetime | None:
        """The latest time at which it says something was done to it, by the clock of who made it."""
        return made_at(self.header)

    @property
    def is_test(self) -> bool:
        """Whether it calls itself an image of a phantom (Quality Control Image, PS3.3 C.7.6.1)."""
        return _QUALITY_CONTROL in self.header and text_of(self.header, "QualityControlImage").strip() == "YES"


def read_facts(path: Path) -> InstanceFacts:
    """Read the facts of a Part 10 file; raises `UnreadableInstance`."""
    try:
        with path.open("rb") as file:
            facts = _facts(pydicom.dcmread(file, stop_before_pixels=True))
    except BROKEN as error:
        raise UnreadableInstance(f"the data set cannot be read ({type(error).__name__})") from error
    if not (facts.StudyInstanceUID and facts.SeriesInstanceUID):
        raise UnreadableInstance("the data set names no study or no series")
    return facts


def text_of(header: pydicom.Dataset, keyword: str) -> str:
    """One text value, decoded, cut and without control characters; "" when absent or undecodable."""
    try:
        value = header.get(keyword, "")
    except BROKEN:
        return ""
    shown = "".join(character for character in str(value or "") if character.isprintable())
    return shown[:_LONGEST_TEXT]


def _short(text: str, most: int) -> str:
    """A text as it is or, where it is absurdly long, its beginning and a digest: two that differ stay different."""
    if len(text) <= most:
        return text
    return text[: most - _DIGEST - 1] + "…" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_DIGEST]


def _facts(header: pydicom.Dataset) -> InstanceFacts:
    return InstanceFacts(
        identity=PatientIdentity(
            PatientID=_short(text_of(header, "PatientID"), _LONGEST_ID),
            IssuerOfPatientID=_short(text_of(header, "IssuerOfPatientID"), _LONGEST_ID),
            PatientName=_short(text_of(header, "PatientName"), _LONGEST_NAME),
            PatientBirthDate=_short(text_of(header, "PatientBirthDate"), _LONGEST_CODE),
            PatientSex=_short(text_of(header, "PatientSex"), _LONGEST_CODE),
        ),
        StudyInstanceUID=text_of(header, "StudyInstanceUID"),
        SeriesInstanceUID=text_of(header, "SeriesInstanceUID"),
        StudyDate=text_of(header, "StudyDate"),
        StudyTime=text_of(header, "StudyTime"),
        StudyDescription=text_of(header, "StudyDescription"),
        AccessionNumber=text_of(header, "AccessionNumber"),
        Modality=text_of(header, "Modality"),
        SeriesDescription=text_of(header, "SeriesDescription"),
        SeriesNumber=_integer(header, "SeriesNumber"),
        InstanceNumber=_integer(header, "InstanceNumber"),
        expected=_expected(header),
        position_mm=position_along_normal_mm(header),
        header=header,
    )


def _expected(header: pydicom.Dataset) -> int | None:
    """How many images the header promises: of the series if it says so, else of the acquisition."""
    for keyword in ("NumberOfSeriesRelatedInstances", "ImagesInAcquisition"):
        number = _integer(header, keyword)
        if number is not None and number > 0:
            return number
    return None


def position_along_normal_mm(header: pydicom.Dataset) -> float | None:
    """Slice position along the slice's own normal (PS3.3 C.7.6.2.1.1), None without geometry."""
    try:
        orientation = np.array([float(value) for value in header.ImageOrientationPatient])
        position = np.array([float(value) for value in header.ImagePositionPatient])
        along = float(np.dot(np.cross(orientation[:3], orientation[3:]), position))
    except BROKEN:
        return None
    return along if np.isfinite(along) else None


def _integer(header: pydicom.Dataset, keyword: str) -> int | None:
    """A whole number that PostgreSQL's integer can hold, else None."""
    try:
        value: Any = header.get(keyword)
        number = int(str(value)) if value is not None else None
    except BROKEN:
        return None
    return number if number is not None and abs(number) < 2**31 else None


def pixel_sha256(path: Path) -> str | None:
    """SHA-256 of everything from the pixel data element of a Part 10 file on; None when there is none to read."""
    try:
        with path.open("rb") as file:
            pydicom.dcmread(file, stop_before_pixels=True)
            return _digest_from_here(file)
    except BROKEN:
        return None


def _digest_from_here(file: BufferedReader) -> str | None:
    start = file.tell()
    if file.read(4) not in _PIXEL_TAGS:
        return None
    file.seek(start)
    return hashlib.file_digest(file, "sha256").hexdigest()
