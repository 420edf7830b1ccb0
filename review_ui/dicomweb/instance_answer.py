"""The answer to a request for whole instances: as they came or without compression, bare or in parts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from fastapi import Response
from fastapi.responses import StreamingResponse

from review_ui.dicomweb import accept, multipart, ranges
from review_ui.dicomweb.caching import REVALIDATED, unchanged
from review_ui.dicomweb.find import StoredInstance
from review_ui.dicomweb.plain_file import PlainFile, plain_file
from review_ui.dicomweb.transfer_syntaxes import ExplicitVRLittleEndian
from review_ui.http.problems import Problem
from review_ui.rendering.child import Renderer
from review_ui.rendering.wanted import Asked

_DICOM = "application/dicom"


def instances_response(
    headers: Mapping[str, str], images: Sequence[StoredInstance], vault_root: Path, renderer: Renderer
) -> Response:
    """All of ``images``; ranges of bytes where it is one, bare and as it came. Raises `Problem` 406."""
    taken = accept.parse(headers.get("accept", ""))
    syntaxes = [chosen(taken, image.transfer_syntax) for image in images]
    sent = {"ETag": _etag(images, syntaxes), "Cache-Control": REVALIDATED, "Vary": "Accept"}
    if unchanged(headers, sent["ETag"]):
        return Response(status_code=304, headers=sent)
    bare = len(images) == 1 and accept.wants_single_part(taken)
    if bare and syntaxes[0] == images[0].transfer_syntax:
        return _ranged(headers, plain_file(vault_root / images[0].path), sent | {"Content-Type": _of(syntaxes[0])})
    if bare:
        return Response(_decoded(renderer, vault_root, images[0]), media_type=_of(syntaxes[0]), headers=sent)
    parts = _parts(images, syntaxes, vault_root, renderer)
    return StreamingResponse(parts, media_type=multipart.content_type(_DICOM), headers=sent)


def chosen(accepted: tuple[accept.MediaRange, ...], stored: str) -> str:
    """The transfer syntax in which an instance goes: as it came where that is taken. Raises `Problem` 406."""
    taken = accept.dicom_syntaxes(accepted)
    if "*" in taken or stored in taken:
        return stored
    if ExplicitVRLittleEndian in taken:
        return ExplicitVRLittleEndian
    raise Problem(406, "not_acceptable", "Instances are sent as application/dicom, as they came or uncompressed.")


def _parts(
    images: Sequence[StoredInstance], syntaxes: Sequence[str], vault_root: Path, renderer: Renderer
) -> Iterator[bytes]:
    for number, (image, syntax) in enumerate(zip(images, syntaxes, strict=True)):
        if syntax == image.transfer_syntax:
            file = plain_file(vault_root / image.path)
            yield multipart.part_head(_of(syntax), file.length, first=number == 0)
            yield from file.whole()
        else:
            body = _decoded(renderer, vault_root, image)
            yield multipart.part_head(_of(syntax), len(body), first=number == 0)
            yield body
    yield multipart.END


def _ranged(headers: Mapping[str, str], file: PlainFile, sent: dict[str, str]) -> Response:
    """One bare instance, or the range of it that is asked for."""
    sent["Accept-Ranges"] = "bytes"
    if headers.get("if-range", sent["ETag"]) != sent["ETag"]:
        headers = {}
    try:
        part = ranges.parse(headers.get("range"), file.length)
    except ranges.Unsatisfiable:
        return Response(status_code=416, headers=sent | {"Content-Range": f"bytes */{file.length}"})
    if part is None:
        return StreamingResponse(file.whole(), headers=sent | {"Content-Length": str(file.length)})
    sent |= {"Content-Range": part.content_range(file.length), "Content-Length": str(part.last - part.first + 1)}
    return StreamingResponse(file.read(part.first, part.last), 206, headers=sent)


def _decoded(renderer: Renderer, vault_root: Path, image: StoredInstance) -> bytes:
    return renderer.make(Asked("part10", str(vault_root / image.path)))


def _of(syntax: str) -> str:
    return f"{_DICOM}; transfer-syntax={syntax}"


def _etag(images: Sequence[StoredInstance], syntaxes: Sequence[str]) -> str:
    told = hashlib.sha256()
    for image, syntax in zip(images, syntaxes, strict=True):
        told.update(f"{image.sha256} {syntax}\n".encode())
    return f'"{told.hexdigest()[:32]}"'
