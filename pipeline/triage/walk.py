"""Which studies and series lie in a folder, whatever its shape; what is not DICOM is counted, not hidden."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pydicom

from pipeline.assembly.facts import text_of
from pipeline.assembly.headers import uid
from pipeline.assembly.recognise import recognise
from pipeline.domain.errors import BadInput, NoDicomFound, NotDicom, UnreadableInstance
from pipeline.domain.role import Recognition
from pipeline.volumes.source import read_header

_DICOMDIR = "1.2.840.10008.1.3.10"


@dataclass(frozen=True, slots=True)
class FoundSeries:
    """The files of one series of one patient, and what its first header makes of it."""

    SeriesInstanceUID: str
    files: tuple[Path, ...]
    first_impression: Recognition


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """The series of one patient under one StudyInstanceUID; ``shared_uid`` when another patient has it too."""

    StudyInstanceUID: str
    series: tuple[FoundSeries, ...]
    shared_uid: bool = False


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file that names itself DICOM and could not be taken, relative to the folder, and why."""

    file: str
    why: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder holds; ``not_dicom`` counts files of other kinds."""

    studies: tuple[FoundStudy, ...]
    not_dicom: int
    ignored: tuple[Ignored, ...]


@dataclass(slots=True)
class _Gathered:
    """Files by (study, patient) and series, while the folder is walked."""

    studies: dict[tuple[str, str, str], dict[str, list[Path]]] = field(default_factory=dict)
    first_headers: dict[tuple[str, str, str, str], Recognition] = field(default_factory=dict)
    not_dicom: int = 0
    ignored: list[Ignored] = field(default_factory=list)


def find_studies(folder: Path, looked_at: Callable[[int], None]) -> Found:
    """Find every series below a folder; ``looked_at`` is told the number of files read so far.

    Two patients under one StudyInstanceUID are two studies. Raises `BadInput` for a path that is not a
    folder, `NoDicomFound` for a folder without DICOM.
    """
    if not folder.exists():
        raise BadInput(f"{folder} does not exist; give a folder that holds DICOM files.")
    if not folder.is_dir():
        raise BadInput(f"{folder} is a file; give the folder it lies in.")
    gathered = _Gathered()
    for count, file in enumerate(_files(folder), start=1):
        _gather(gathered, file, folder)
        looked_at(count)
    if not gathered.studies and not gathered.ignored:
        raise NoDicomFound(f"There is no DICOM file in {folder} or below; give a folder that holds some.")
    return Found(_studies(gathered), gathered.not_dicom, tuple(gathered.ignored))


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        yield from (path for name in sorted(names) if (path := Path(parent, name)).is_file())


def _gather(gathered: _Gathered, file: Path, folder: Path) -> None:
    try:
        header = read_header(file)
        study, series = _uid(header, "StudyInstanceUID"), _uid(header, "SeriesInstanceUID")
    except NotDicom:
        gathered.not_dicom += 1
        return
    except UnreadableInstance as error:
        gathered.ignored.append(Ignored(str(file.relative_to(folder)), str(error)))
        return
    patient = (study, text_of(header, "IssuerOfPatientID"), text_of(header, "PatientID"))
    gathered.studies.setdefault(patient, {}).setdefault(series, []).append(file)
    if (*patient, series) not in gathered.first_headers:
        gathered.first_headers[*patient, series] = recognise([header])


def _uid(header: pydicom.Dataset, keyword: str) -> str:
    if uid(header, "SOPClassUID") == _DICOMDIR or header.file_meta.get("MediaStorageSOPClassUID") == _DICOMDIR:
        raise UnreadableInstance("a DICOMDIR; the files it names are read by themselves")
    named = text_of(header, keyword)
    if not named:
        raise UnreadableInstance(f"it names no {'study' if keyword.startswith('Study') else 'series'} ({keyword})")
    return named


def _studies(gathered: _Gathered) -> tuple[FoundStudy, ...]:
    uids = [key[0] for key in gathered.studies]
    return tuple(
        FoundStudy(
            StudyInstanceUID=key[0],
            series=tuple(
                FoundSeries(uid, tuple(files), gathered.first_headers[*key, uid]) for uid, files in series.items()
            ),
            shared_uid=uids.count(key[0]) > 1,
        )
        for key, series in gathered.studies.items()
    )
