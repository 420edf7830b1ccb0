"""Makes plain Part 10 files of what is in the journal, many at a time."""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dicom_node.vault.files import JournalFiles
from dicom_node.vault.folders import StudyFolders


@dataclass(frozen=True, slots=True)
class Piece:
    """A Part 10 file inside an open file, and the path in the vault that it gets."""

    path: str
    descriptor: int
    offset: int
    length: int


class PlainFiles:
    """Writes files below ``root``; a final name is only given to a file that is durable."""

    def __init__(self, root: Path, files: JournalFiles, folders: StudyFolders) -> None:
        self._root = root
        self._files = files
        self._folders = folders
        self._numbers = itertools.count()
        self._writer = f"{os.getpid()}-{secrets.token_hex(4)}"

    def make(self, pieces: Sequence[Piece]) -> None:
        """Make these files durable under their final names. Raises `OSError`; then it may be done again."""
        temporary = [self._root / "incoming" / f"{self._writer}-{next(self._numbers)}" for _ in pieces]
        folders = dict.fromkeys((self._root / piece.path).parent for piece in pieces)
        try:
            for folder in folders:
                self._folders.make(folder)
            self._write(pieces, temporary)
            for piece, source in zip(pieces, temporary, strict=True):
                self._files.rename(source, self._root / piece.path)
            for folder in folders:
                self._files.sync_folder(folder)
        except OSError:
            self._clear(temporary)
            for folder in folders:  # somebody may have taken one away
                self._folders.forget(folder)
            raise

    def confirm(self, paths: Iterable[str]) -> None:
        """Make the names of files that are there durable: who gave them may have died before. Raises `OSError`."""
        for folder in dict.fromkeys((self._root / path).parent for path in paths):
            self._folders.make(folder)
            self._files.sync_folder(folder)

    def _write(self, pieces: Sequence[Piece], temporary: Sequence[Path]) -> None:
        """All are written before the first is synced, so that the disk gets them in one go."""
        written: list[int] = []
        try:
            for piece, path in zip(pieces, temporary, strict=True):
                written.append(self._files.copy_out(piece.descriptor, piece.offset, piece.length, path))
            for descriptor in written:
                self._files.sync(descriptor)
        finally:
            for descriptor in written:
                self._files.close(descriptor)

    def _clear(self, temporary: Sequence[Path]) -> None:
        for path in temporary:
            with contextlib.suppress(OSError):  # a disk that fails to write may fail to unlink
                self._files.remove(path)
