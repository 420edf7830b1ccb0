"""How parent and child talk: one JSON text after its length, over a pipe. Nothing is unpickled."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeAlias

from pydantic import TypeAdapter

from pipeline.domain.ports import Step
from pipeline.domain.report import SeriesReport
from pipeline.inference.requests import (
    Analyse,
    Answer,
    Request,
    ResultWritten,
    TakeIn,
    Transcode,
    Transcoded,
    WriteResults,
)

LONGEST_FRAME = 64 * 2**20
"""A message longer than this is nonsense from a broken child."""

_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Ready:
    """The child has loaded its models: ids of those that work, and sentences about those that do not."""

    bundles: tuple[str, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """The request has been answered whole."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The request could not be answered, in a sentence; ``bad_input`` when trying again cannot help."""

    why: str
    bad_input: bool = False


@dataclass(frozen=True, slots=True)
class Cancel:
    """Drop this request between two steps; nobody waits for it any more."""


Message: TypeAlias = Request | Answer | Ready | Ended | Failed | Cancel

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (Analyse, TakeIn, WriteResults, Transcode, Step, SeriesReport, ResultWritten, Transcoded,
                 Ready, Ended, Failed, Cancel)
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frame:
    """One message about the request numbered ``request``; 0 is about the child itself."""

    request: int
    message: Message
    urgency: int = 0


def write(stream: BinaryIO, frame: Frame) -> None:
    """Send one frame; raises `OSError` when the other side is gone."""
    kind = type(frame.message).__name__
    body = TypeAdapter(_KINDS[kind]).dump_python(frame.message, mode="json")
    text = json.dumps({"request": frame.request, "urgency": frame.urgency, "kind": kind, "body": body}).encode()
    stream.write(_LENGTH.pack(len(text)) + text)
    stream.flush()


def read(stream: BinaryIO) -> Frame | None:
    """The next frame, or None when the other side is gone; raises `ValueError` for nonsense."""
    head = _exactly(stream, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > LONGEST_FRAME:
        raise ValueError("a message of impossible length")
    text = _exactly(stream, length)
    if text is None:
        return None
    raw = json.loads(text)
    kind = _KINDS.get(raw.get("kind", ""))
    if kind is None:
        raise ValueError("a message of unknown kind")
    return Frame(int(raw["request"]), TypeAdapter(kind).validate_python(raw["body"], strict=False), int(raw["urgency"]))


def _exactly(stream: BinaryIO, size: int) -> bytes | None:
    """So many bytes, however the pipe cuts them; None at its end."""
    parts = bytearray()
    while len(parts) < size:
        part = stream.read(size - len(parts))
        if not part:
            return None
        parts += part
    return bytes(parts)
