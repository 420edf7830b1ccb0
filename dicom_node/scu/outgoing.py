"""What is to be sent: the files, and what must be negotiated for them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dicom_node.vault.foreign import file_meta, guess_syntax
from dicom_node.vault.header import SOPClassUID, SOPInstanceUID, find_ids
from pipeline.domain.errors import NoDicomFound, NotDicom, UnreadableInstance

MOST_CONTEXTS = 128
"""Presentation contexts of one association: odd ids from 1 to 255 (PS3.8 9.3.2.2)."""

_MediaStorageDirectory = "1.2.840.10008.1.3.10"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One file; ``data_set_offset`` is where its data set begins, ``whole`` says its file meta is as it should be."""

    path: Path
    SOPClassUID: str
    SOPInstanceUID: str
    TransferSyntaxUID: str
    data_set_offset: int
    whole: bool

    @property
    def context(self) -> tuple[str, str]:
        """What must be negotiated for it."""
        return (self.SOPClassUID, self.TransferSyntaxUID)


def find_files(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """All files in ``paths`` and their folders, with whether the file itself was asked for.

    Raises `NoDicomFound` for a path that does not exist.
    """
    for path in paths:
        if path.is_dir():
            yield from ((file, False) for file in sorted(path.rglob("*")) if file.is_file())
        elif path.exists():
            yield path, True
        else:
            raise NoDicomFound(f"{path} does not exist.")


def read_outgoing(path: Path) -> Outgoing:
    """Read what must be known to send a file.

    Raises `NotDicom` when it is not DICOM, `UnreadableInstance` when it cannot be sent.
    """
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise UnreadableInstance(f"The file cannot be opened: {os.strerror(exc.errno or 0)}.") from exc
    meta, offset = file_meta(data)
    syntax = meta.get(0x0010) or guess_syntax(data[offset:])
    try:
        ids = find_ids(data[offset:], syntax)
    except UnreadableInstance:
        ids = {}
    sop_class, sop_instance = ids.get(SOPClassUID) or meta.get(2, ""), ids.get(SOPInstanceUID) or meta.get(3, "")
    if not sop_class or not sop_instance:
        raise (UnreadableInstance("It names no SOP class or instance.") if offset else NotDicom())
    if sop_class == _MediaStorageDirectory:
        raise UnreadableInstance("It is a DICOMDIR, a list of files and no image.")
    whole = (meta.get(2), meta.get(3), meta.get(0x0010)) == (sop_class, sop_instance, syntax)
    return Outgoing(path, sop_class, sop_instance, syntax, offset, whole)


def grouped(files: Sequence[Outgoing]) -> list[list[Outgoing]]:
    """Files in groups that need at most 128 presentation contexts each."""
    contexts = list(dict.fromkeys(file.context for file in files))
    group_of = {context: number // MOST_CONTEXTS for number, context in enumerate(contexts)}
    groups: list[list[Outgoing]] = [[] for _ in range(-(-len(contexts) // MOST_CONTEXTS))]
    for file in files:
        groups[group_of[file.context]].append(file)
    return groups
