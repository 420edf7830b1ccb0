"""What is needed to make each kind of result, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.domain.finding import Finding


@dataclass(frozen=True, slots=True)
class SourceImage:
    """One stored instance: its Part 10 file, and the SHA-256 of its data set as it was received."""

    path: Path
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class WriteSegmentation:
    """Write the DICOM SEG of one analysis to the file ``out``. Answers with one `SegmentationWritten`.

    ``mask`` is the report's ``mask_path``. All UIDs come from ``analysis_id``, so that writing twice
    makes the same object; ``made_at`` (UTC) is when the analysis ended.
    """

    images: tuple[SourceImage, ...]
    mask: Path
    findings: tuple[Finding, ...]
    analysis_id: str
    bundle: str
    bundle_version: str
    made_at: datetime
    out: Path


@dataclass(frozen=True, slots=True)
class Transcode:
    """Write each frame of the images as lossless HTJ2K to ``out``/<sha256>/<frame number>.jphc.

    Answers with `Step`s and last one `Transcoded`.
    """

    images: tuple[SourceImage, ...]
    out: Path


@dataclass(frozen=True, slots=True)
class SegmentationWritten:
    """Where the SEG is and which UIDs it has."""

    path: Path
    SeriesInstanceUID: str
    SOPInstanceUID: str


@dataclass(frozen=True, slots=True)
class Transcoded:
    """How many frames were written, and how many are better served as they came."""

    frames: int
    skipped: int
