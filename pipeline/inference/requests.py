"""What the inference child can be asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from pipeline.domain.ports import Step
from pipeline.domain.report import SeriesReport
from pipeline.domain.role import SeriesRole
from pipeline.results.requests import ResultWritten, SourceImage, Transcode, Transcoded, WriteResults

__all__ = [
    "Analyse", "Answer", "Request", "ResultWritten", "SourceImage", "TakeIn", "Transcode", "Transcoded", "WriteResults",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Analyse:
    """Analyse the images of one series; its mask is written into the folder ``out``.

    ``expected`` is how many images the series should have, if anything says so; ``role`` what a person
    said it is; ``companions`` the images of other series of the study that may be read together with it.
    Answers with `Step`s and last one `SeriesReport`, which an interim one may precede.
    """

    images: tuple[SourceImage, ...]
    out: Path
    expected: int | None = None
    role: SeriesRole | None = None
    companions: tuple[tuple[SourceImage, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class TakeIn:
    """Decode images of a series that still arrives, and hold them until the series is analysed.

    Answers with a `Step` for each. What is held goes with the child: an analysis then reads the files.
    """

    files: tuple[Path, ...]


Request: TypeAlias = Analyse | TakeIn | WriteResults | Transcode
Answer: TypeAlias = Step | SeriesReport | ResultWritten | Transcoded
