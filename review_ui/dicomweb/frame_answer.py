"""The answer to a request for frames: which representation, whole or a range of it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from fastapi import Response

from pipeline.domain.errors import UnreadableInstance
from review_ui.dicomweb import accept, multipart, ranges
from review_ui.dicomweb.caching import KEPT, unchanged
from review_ui.dicomweb.find import StoredInstance
from review_ui.dicomweb.frames import Frame, read_derivative, read_frame
from review_ui.dicomweb.transfer_syntaxes import (
    UNCOMPRESSED,
    ExplicitVRLittleEndian,
    HTJ2KLosslessRPCL,
    as_sent,
    media_type,
)
from review_ui.http.problems import Problem, answer
from review_ui.rendering.child import Renderer
from review_ui.rendering.wanted import Asked

MOST_FRAMES = 64
"""Frames in one answer."""


def frame_numbers(text: str) -> list[int]:
    """Frames as an address names them: numbers from 1, separated by commas. Raises `Problem` 422."""
    parts = text.split(",")
    if len(parts) > MOST_FRAMES or not all(part.isascii() and part.isdecimal() and len(part) < 8 for part in parts):
        raise Problem(422, "invalid", f"Frames are numbers from 1, at most {MOST_FRAMES} of them.")
    return [int(part) for part in parts]


def frame_response(
    headers: Mapping[str, str],
    image: StoredInstance,
    path: Path,
    derived_root: Path,
    numbers: Sequence[int],
    *,
    renderer: Renderer,
) -> Response:
    """Frames as one multipart body."""
    parts = frames(headers.get("accept", ""), image, path, derived_root, numbers, renderer=renderer)
    syntax = parts[0].transfer_syntax
    body = multipart.body([multipart.Part(part.content_type, part.data) for part in parts])
    named = "-".join(map(str, numbers))
    sent = {
        "ETag": f'"{image.sha256[:32]}-{named}-{syntax}"',
        "Cache-Control": KEPT,
        "Accept-Ranges": "bytes",
        "Vary": "Accept",
        "Content-Type": multipart.content_type(media_type(syntax), syntax),
    }
    if unchanged(headers, sent["ETag"]):
        return Response(status_code=304, headers=sent)
    return _ranged(headers, body, sent, syntax)


def frames(
    accepted: str,
    image: StoredInstance,
    path: Path,
    derived_root: Path,
    numbers: Sequence[int],
    *,
    renderer: Renderer,
) -> list[Frame]:
    """The frames in the best representation the client takes, all in the same one: at last, without compression.

    Raises `Problem` 406 when it takes none of these. It is the renderer's child that decodes.
    """
    taken = accept.parse(accepted)
    if accept.takes_frame(taken, media_type(HTJ2KLosslessRPCL), HTJ2KLosslessRPCL):
        made = [read_derivative(derived_root, image.sha256, number) for number in numbers]
        if all(made):
            return [frame for frame in made if frame is not None]
    stored = as_sent(image.transfer_syntax)
    if accept.takes_frame(taken, media_type(stored), stored):
        return [read_frame(path, number) for number in numbers]
    if accept.takes_frame(taken, media_type(HTJ2KLosslessRPCL), HTJ2KLosslessRPCL):
        asked = (Asked("htj2k", str(path), number) for number in numbers)
        with contextlib.suppress(UnreadableInstance):  # only grey of 16 bits is made so
            return [Frame(renderer.make(one), HTJ2KLosslessRPCL) for one in asked]
    if not accept.takes_frame(taken, UNCOMPRESSED, ExplicitVRLittleEndian):
        raise Problem(406, "not_acceptable", f"Frames of this image are sent in transfer syntax {stored}.")
    asked = (Asked("frame", str(path), number) for number in numbers)
    return [Frame(renderer.make(one), ExplicitVRLittleEndian) for one in asked]


def _ranged(headers: Mapping[str, str], body: bytes, sent: dict[str, str], syntax: str) -> Response:
    """The range asked for, or all.

    A stored frame may be replaced by its HTJ2K between two requests; ranges of the one and the other
    must not be put together. So a range of it is given only to a client that names what it has.
    """
    may_be_replaced = syntax != HTJ2KLosslessRPCL
    if_range = headers.get("if-range")
    if if_range != sent["ETag"] and (if_range is not None or may_be_replaced):
        return Response(body, headers=sent)
    try:
        part = ranges.parse(headers.get("range"), len(body))
    except ranges.Unsatisfiable:
        headers = {"Content-Range": f"bytes */{len(body)}", "Vary": "Accept"}
        return answer(416, "There are no such bytes.", headers=headers)
    if part is None:
        return Response(body, headers=sent)
    sent["Content-Range"] = part.content_range(len(body))
    return Response(body[part.first : part.last + 1], 206, headers=sent)
