"""The objects of one analysis, made one by one and written whole or not at all."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import pydicom

from pipeline.assembly.headers import BROKEN
from pipeline.domain.errors import BadInput, NeuroVigieError
from pipeline.results.attributes import with_file_meta
from pipeline.results.key_images import key_images
from pipeline.results.marked import read_marked
from pipeline.results.mask_file import read_mask
from pipeline.results.presentation_state import presentation_state
from pipeline.results.report import report
from pipeline.results.requests import ResultKind, ResultWritten, WriteResults
from pipeline.results.segmentation import segmentation

T = TypeVar("T")

_NAME = {
    ResultKind.SEGMENTATION: "segmentation",
    ResultKind.REPORT: "report",
    ResultKind.KEY_IMAGE: "key-image",
    ResultKind.PRESENTATION_STATE: "presentation",
}


def write_results(request: WriteResults) -> Iterator[ResultWritten]:
    """Write each object and say so; the same request makes the same bytes.

    An object that cannot be made keeps none of the others back: after them, `BadInput` says which and why.
    """
    marked = read_marked(request.images, read_mask(request.mask), request.findings)
    problems: list[str] = []
    try:
        seg = _made(lambda: segmentation(request, marked))
    except BadInput as error:
        raise BadInput(f"no segmentation and no report can be made: {error}") from error
    yield _written(request, ResultKind.SEGMENTATION, seg)
    others: tuple[tuple[ResultKind, Callable[[], Iterable[pydicom.Dataset]]], ...] = (
        (ResultKind.REPORT, lambda: (report(request, marked, seg),)),
        (ResultKind.KEY_IMAGE, lambda: key_images(request, marked)),
        (ResultKind.PRESENTATION_STATE, lambda: (presentation_state(request, marked),)),
    )
    for kind, make in others:
        yield from _attempted(request, kind, make, problems)
    if problems:
        raise BadInput("; ".join(problems))


def _attempted(
    request: WriteResults, kind: ResultKind, make: Callable[[], Iterable[pydicom.Dataset]], problems: list[str]
) -> Iterator[ResultWritten]:
    """Each object of one kind, written; what goes wrong becomes a sentence."""
    try:
        objects = _made(lambda: list(make()))
    except BadInput as error:
        problems.append(f"{_NAME[kind]}: {error}")
        return
    for made in objects:
        yield _written(request, kind, made)


def _made(make: Callable[[], T]) -> T:
    """What ``make`` makes; raises `BadInput` in a sentence whatever was wrong with the source."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks on values that the scanner wrote
            return make()
    except NeuroVigieError as error:
        raise BadInput(str(error)) from error
    except BROKEN as error:
        raise BadInput(f"the object cannot be made ({type(error).__name__})") from error


def _written(request: WriteResults, kind: ResultKind, made: pydicom.Dataset) -> ResultWritten:
    many = f"-{made.InstanceNumber}" if kind is ResultKind.KEY_IMAGE else ""
    path = request.out / f"{_NAME[kind]}{many}.dcm"
    _save(made, path)
    return ResultWritten(kind, path, str(made.SOPClassUID), str(made.SOPInstanceUID), str(made.SeriesInstanceUID))


def _save(made: pydicom.Dataset, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    with warnings.catch_warnings(), unfinished.open("wb") as file:
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(file, with_file_meta(made), enforce_file_format=True)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
