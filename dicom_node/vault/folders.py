"""The folders of the studies, each made durable once by each process."""

from __future__ import annotations

from pathlib import Path

from dicom_node.vault.files import Files

_KEPT_IN_MIND = 10_000


class StudyFolders:
    """Makes study folders. One that another thread or process has just made may not be durable yet."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._durable: set[Path] = set()

    def make(self, folder: Path) -> None:
        """Make a folder, and its name durable. Raises `OSError`."""
        if folder in self._durable:
            return
        self._files.make_folder(folder)
        self._files.sync_folder(folder.parent)
        if len(self._durable) >= _KEPT_IN_MIND:
            self._durable.clear()
        self._durable.add(folder)

    def forget(self, folder: Path) -> None:
        """Make it anew the next time: somebody may have taken it away."""
        self._durable.discard(folder)
