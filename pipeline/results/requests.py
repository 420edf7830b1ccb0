"""What is needed to make each kind of result, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from pipeline.domain.finding import Finding, MidlineShift


@dataclass(frozen=True, slots=True)
class SourceImage:
    """One stored instance: its Part 10 file, the SHA-256 of its data set as it was received, its name.

    Where the name is empty it is read from the file.
    """

    path: Path
    sha256: str = ""
    SOPInstanceUID: str = ""


class ResultKind(StrEnum):
    """What we make of an analysis."""

    SEGMENTATION = "seg"
    REPORT = "sr"
    KEY_IMAGE = "sc"
    PRESENTATION_STATE = "pr"


@dataclass(frozen=True, slots=True)
class WriteResults:
    """Write the DICOM objects of one analysis into the folder ``out``.

    Answers with one `ResultWritten` per object, the segmentation first; raises `BadInput` after the
    others when one of them cannot be made. ``mask`` is the report's ``mask_path``. All UIDs come from
    ``analysis_id``, so that writing twice makes the same objects; ``made_at`` is when the analysis ended,
    in the time zone in which the objects shall say so. ``provisional`` is the coverage's own word;
    ``reservations`` are the report's flags and notes. ``labelmap`` writes the segmentation as a label map
    (PS3.3 A.93) instead of a binary one.
    """

    images: tuple[SourceImage, ...]
    mask: Path
    findings: tuple[Finding, ...]
    analysis_id: str
    bundle: str
    bundle_version: str
    made_at: datetime
    out: Path
    scan_probability: float | None = None
    provisional: bool = False
    reservations: tuple[str, ...] = ()
    labelmap: bool = False
    midline_shift: MidlineShift | None = None


@dataclass(frozen=True, slots=True)
class ResultWritten:
    """One object that was written: its file and its names."""

    kind: ResultKind
    path: Path
    SOPClassUID: str
    SOPInstanceUID: str
    SeriesInstanceUID: str


@dataclass(frozen=True, slots=True)
class Transcode:
    """Write each frame of the images as lossless HTJ2K to ``out``/<sha256>/<frame number>.jphc.

    Answers with `Step`s and last one `Transcoded`.
    """

    images: tuple[SourceImage, ...]
    out: Path


@dataclass(frozen=True, slots=True)
class Transcoded:
    """How many frames were written, and how many are better served as they came."""

    frames: int
    skipped: int
