"""Studies as a folder of Part 10 files that any DICOM program reads, with a DICOMDIR where one can be made."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pydicom
from pydicom.fileset import FileSet
from sqlalchemy import ColumnElement, Connection, select

from dicom_node.vault.part10 import encode_plain_head, read_head
from pipeline.assembly.headers import BROKEN
from pipeline.database.tables import instance, series, study
from pipeline.domain.errors import BadInput

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Exported:
    """How many images were written; ``without_directory`` says why there is no DICOMDIR, or is empty."""

    images: int
    without_directory: str = ""


def chosen(connection: Connection, *these: ColumnElement[bool]) -> list[str]:
    """The files of the current images of some studies, in order. Raises `BadInput` when there is none."""
    query = (
        select(instance.c.path)
        .join(series, series.c.id == instance.c.series_id)
        .join(study, study.c.id == series.c.study_id)
        .where(*these, instance.c.standing == "current")
        .order_by(study.c.created_at, series.c.series_number, series.c.id, instance.c.instance_number, instance.c.id)
    )
    paths = list(connection.execute(query).scalars())
    if not paths:
        raise BadInput("There are no such images here.")
    return paths


def export(root: Path, paths: Sequence[str], target: Path, *, zipped: bool) -> Exported:
    """Write images to a new folder, or to a new zip file; the data sets are bit for bit what was received.

    Raises `BadInput` when the target is there already or cannot be written.
    """
    if target.exists():
        raise BadInput(f"{target} is there already; name another one.")
    try:
        if not zipped:
            return _to_folder(root, paths, target)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            made = _to_folder(root, paths, Path(folder) / "files")
            _zip(Path(folder) / "files", target)
    except OSError as exc:
        raise BadInput(f"It cannot be written: {exc.strerror or type(exc).__name__}.") from exc
    return made


def _to_folder(root: Path, paths: Sequence[str], target: Path) -> Exported:
    target.mkdir(mode=0o700)
    try:
        names, why = _with_directory(root, paths, target), ""
    except BROKEN as exc:
        shutil.rmtree(target)  # of headers, as far as it came
        target.mkdir(mode=0o700)
        names, why = _plain_names(paths), f"a DICOMDIR cannot be made of these images ({type(exc).__name__})"
    for path, name in zip(paths, names, strict=True):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        with (root / path).open("rb") as source, (target / name).open("wb") as file:
            _copy(source, file)
    return Exported(len(paths), why)


def _with_directory(root: Path, paths: Iterable[str], target: Path) -> list[Path]:
    """Write a DICOMDIR (PS3.10 8), its files still without their pixels; the name of each image's file."""
    made = FileSet()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            uids = [_add(made, root / path) for path in paths]
            if len(set(uids)) != len(uids):
                raise ValueError("two versions of one instance")
            made.write(target)
        names = {str(one.SOPInstanceUID): Path(one.path).relative_to(target) for one in made}
    finally:
        made._stage["t"].cleanup()  # noqa: SLF001 -- pydicom would leave headers there until we end
    return [names[uid] for uid in uids]


def _add(to: FileSet, file: Path) -> str:
    header = pydicom.dcmread(file, stop_before_pixels=True)
    to.add(header)
    return str(header.SOPInstanceUID)


def _plain_names(paths: Iterable[str]) -> list[Path]:
    return [Path("IMAGES", f"IM{number:06}") for number, _ in enumerate(paths)]


def _copy(source: BinaryIO, file: BinaryIO) -> None:
    """A file of the vault with plain file meta: how it came to us stays here."""
    meta, _ = read_head(source)
    arrival = meta.arrival
    file.write(encode_plain_head(arrival.SOPClassUID, arrival.SOPInstanceUID, arrival.TransferSyntaxUID))
    source.seek(meta.data_set_offset)
    while piece := source.read(_PIECE):
        file.write(piece)
    file.flush()
    os.fsync(file.fileno())


def _zip(folder: Path, target: Path) -> None:
    """One file that nobody else on this machine can read, durable or not there."""
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            _write_zip(folder, stream)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        target.unlink(missing_ok=True)
        raise


def _write_zip(folder: Path, stream: BinaryIO) -> None:
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(one for one in folder.rglob("*") if one.is_file()):
            archive.write(file, file.relative_to(folder))
