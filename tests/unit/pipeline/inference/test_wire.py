from __future__ import annotations

import io
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.domain.analysis import AnalysisState, Coverage
from pipeline.domain.finding import Finding, FindingKind, Side
from pipeline.domain.ports import Step
from pipeline.domain.report import SeriesReport
from pipeline.domain.role import Recognition, SeriesRole
from pipeline.inference import wire
from pipeline.inference.requests import (
    Analyse,
    ResultWritten,
    SourceImage,
    Transcode,
    Transcoded,
    WriteResults,
)
from pipeline.results.requests import ResultKind

FINDING = Finding(FindingKind.HAEMORRHAGE, 12.5, Side.LEFT, 0.75, (1.0, -2.0, 3.5), 4)
MESSAGES = [
    Analyse((SourceImage(Path("/a/b"), "ff"),), Path("/out"), 40),
    WriteResults((), Path("m"), (FINDING,), "id", "ich-ct", "0.1.0", datetime(2026, 1, 2, tzinfo=UTC), Path("o")),
    Transcode((), Path("/out")),
    Step("volume", 0.25),
    SeriesReport(
        "1.2.3",
        Recognition(SeriesRole.NCCT, "because é 脑", 0.9),
        AnalysisState.ANALYSED,
        findings=(FINDING,),
        notes=("gantry tilt 18.5 degrees",),
        coverage=Coverage(28, None, -33.5, 110.25, provisional=True),
        seconds={"total": 1.5},
    ),
    ResultWritten(ResultKind.REPORT, Path("/o"), "1.2", "2.25.1", "2.25.2"),
    Transcoded(3, 1),
    wire.Ready(("ich-ct",), ("a problem",)),
    wire.Failed("why", bad_input=True),
    wire.Ended(),
    wire.Cancel(),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_message_arrives_as_it_was_sent(message: wire.Message) -> None:
    pipe = io.BytesIO()
    wire.write(pipe, wire.Frame(7, message, urgency=2))
    pipe.seek(0)
    assert wire.read(pipe) == wire.Frame(7, message, urgency=2)
    assert wire.read(pipe) is None


def test_a_message_cut_by_a_dying_child_is_the_end_not_an_error() -> None:
    pipe = io.BytesIO()
    wire.write(pipe, wire.Frame(1, Step("volume", 0.5)))
    assert wire.read(io.BytesIO(pipe.getvalue()[:-3])) is None


@pytest.mark.parametrize(
    "nonsense",
    [
        struct.pack(">I", 2**31),
        struct.pack(">I", 2) + b"{}",
        struct.pack(">I", 4) + b"\x80\x04K*",
        struct.pack(">I", 51) + b'{"request": 1, "urgency": 0, "kind": "X", "body":{}}'[:51],
    ],
)
def test_nonsense_is_refused(nonsense: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of them; the parent then kills the child
        wire.read(io.BytesIO(nonsense))
