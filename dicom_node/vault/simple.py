"""The simple vault: one fsynced Part 10 file an instance, one folder a study."""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import threading
from collections.abc import Iterable, Iterator
from hashlib import file_digest
from pathlib import Path

from dicom_node.vault.files import Files, OsFiles
from dicom_node.vault.folders import StudyFolders
from dicom_node.vault.held import HeldDataSet, examine
from dicom_node.vault.naming import PATH, instance_path, path_of_pending, pending_name
from dicom_node.vault.part10 import encode_head, read_head
from pipeline import logs
from pipeline.domain.errors import UnreadableInstance, VaultError, VaultFull
from pipeline.domain.receipt import Arrival, Receipt

_LOCKS = 64


class SimpleVault:
    """Implements `pipeline.domain.ports.Vault` on a folder; safe for many threads, and for a second
    process that appends other instances.

    ``watermark`` is the share of the disk, 0 to 1, above which nothing is stored.
    """

    def __init__(self, root: Path, *, watermark: float, files: Files | None = None) -> None:
        self._root = root
        self._watermark = watermark
        self._files = files or OsFiles()
        self._numbers = itertools.count()
        self._writer = f"{os.getpid()}-{secrets.token_hex(4)}"
        self.folders = StudyFolders(self._files)
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))
        self._make_folders()

    def append(self, part10_body: bytes, arrival: Arrival) -> Receipt:
        """See `pipeline.domain.ports.Vault.append`."""
        return self.keep(examine(part10_body, arrival.TransferSyntaxUID), arrival)

    def keep(self, held: HeldDataSet, arrival: Arrival) -> Receipt:
        """Append a data set that is already examined; it is ``held.sha256`` that is believed."""
        sha256, body = held.sha256, held.body
        path = instance_path(arrival.site_id, held.ids, sha256)
        head = encode_head(arrival, sha256)
        # One path at a time, so that cleaning up after a failure cannot take away another's success.
        with self._locks[int(sha256[:8], 16) % _LOCKS]:
            try:
                duplicate = self.holds(path, sha256)
                self.refuse_when_full(0 if duplicate else len(head) + len(body))
                self._store(path, () if duplicate else (head, body))
            except OSError as exc:
                raise VaultError(f"The disk failed: {exc.strerror or 'unknown error'}.") from exc
        return Receipt(arrival, path, sha256, len(body), duplicate)

    def pending(self) -> Iterator[Receipt]:
        """See `pipeline.domain.ports.Vault.pending`; a file that has become unreadable is passed over."""
        for name in sorted(self._pending_names(), key=self._age):
            try:
                yield self.receipt_of(path_of_pending(name))
            except (VaultError, UnreadableInstance):
                continue

    def indexed(self, receipts: Iterable[Receipt]) -> None:
        """See `pipeline.domain.ports.Vault.indexed`."""
        try:
            for receipt in receipts:
                self._files.remove(self._pending(receipt.path))
        except OSError as exc:
            raise VaultError(f"The disk failed: {exc.strerror or 'unknown error'}.") from exc

    def read(self, path: str) -> bytes:
        """See `pipeline.domain.ports.Vault.read`. Raises `VaultError` when there is no such file."""
        try:
            return self.file(path).read_bytes()
        except OSError as exc:
            raise VaultError("The vault has no such file.") from exc

    def put_aside(self, path: str) -> bool:
        """Take a file's name away, before anybody decides on it; whether there is such a file. Raises `OSError`.

        From now on nobody is told that these bytes are kept, and who was told before is seen in the list of pending
        files. `take_away` or `put_back` comes next, also after a crash.
        """
        aside = self._aside(path)
        self._files.make_folder(aside.parent)
        with contextlib.suppress(FileNotFoundError):
            self._files.rename(self.file(path), aside)
        return aside.exists()

    def take_away(self, path: str) -> None:
        """Let a file that was put aside go. Raises `OSError`."""
        self._files.remove(self._aside(path))

    def put_back(self, path: str) -> None:
        """Give a file that was put aside its name again. Raises `OSError`."""
        target = self.file(path)
        self.folders.forget(target.parent)
        self.folders.make(target.parent)
        self._files.link(self._aside(path), target)
        self._files.sync_folder(target.parent)
        self._files.remove(self._aside(path))

    def _aside(self, path: str) -> Path:
        return self._root / "removed" / pending_name(path)

    def is_pending(self, path: str) -> bool:
        """Whether the index has yet to hear of a file."""
        return self._pending(path).exists()

    def sweep(self, study: str) -> None:
        """Make what was removed from a study's folder durable, and take the folder away once it is empty.

        Raises `OSError`.
        """
        folder = self._root / "studies" / study
        if folder.exists():
            self._files.sync_folder(folder)
            with contextlib.suppress(OSError):  # something is in it, or came into it just now
                folder.rmdir()
            self.folders.forget(folder)
            self._files.sync_folder(folder.parent)

    def file(self, path: str) -> Path:
        """The file of a receipt's path. Raises `VaultError` when that is no path of ours."""
        if not PATH.fullmatch(path):
            raise VaultError("That is no path of the vault.")
        return self._root / path

    def receipt_of(self, path: str) -> Receipt:
        """Build the receipt of a stored file again, from the file alone."""
        try:
            with self.file(path).open("rb") as stream:
                meta, size = read_head(stream)
        except OSError as exc:
            raise VaultError("The vault has no such file.") from exc
        return Receipt(meta.arrival, path, meta.sha256, size - meta.data_set_offset)

    def settle(self, receipts: Iterable[Receipt]) -> None:
        """See `pipeline.domain.ports.Vault.settle`: a file is there before its receipt."""

    def mark_pending(self, paths: Iterable[str]) -> None:
        """Put stored files on the list of pending ones, durably; one that was taken away is passed over.

        Raises `OSError`.
        """
        for path in paths:
            try:
                self._files.link(self._root / path, self._pending(path))
            except FileNotFoundError:
                logs.get().error("file_taken_away", receipt=path)
        self._files.sync_folder(self._root / "pending")

    def recover(self) -> None:
        """Clear what writers that are no more had begun; called once, when the node starts.

        What waits for the index and lost its name to a removal that was killed gets it back.
        """
        for file in (self._root / "incoming").iterdir():
            if not _is_running(file.name.partition("-")[0]):
                self._files.remove(file)
        for aside in (self._root / "removed").glob("*.dcm"):
            path = path_of_pending(aside.name)
            if PATH.fullmatch(path) and self.is_pending(path):
                self.put_back(path)

    def _make_folders(self) -> None:
        try:
            self._make_root(self._root)
            for name in ("incoming", "studies", "pending"):
                self._files.make_folder(self._root / name)
            self._files.sync_folder(self._root)
        except OSError as exc:
            raise VaultError(f"The vault cannot be opened: {exc.strerror or 'unknown error'}.") from exc

    def _make_root(self, folder: Path) -> None:
        """Make the vault's folder and those above it that are missing, their names durable."""
        if not folder.exists():
            self._make_root(folder.parent)
            self._files.make_folder(folder)
            self._files.sync_folder(folder.parent)

    def refuse_when_full(self, more: int) -> None:
        """Raises `VaultFull` when ``more`` bytes would bring the disk above the watermark."""
        if self._files.used_share(self._root, more) > self._watermark:
            raise VaultFull

    def _store(self, path: str, parts: tuple[bytes | memoryview, ...]) -> None:
        try:
            self._make_durable(path, parts)
        except FileNotFoundError:  # somebody took the study's folder away since we made it
            self.folders.forget((self._root / path).parent)
            self._make_durable(path, parts)

    def _make_durable(self, path: str, parts: tuple[bytes | memoryview, ...]) -> None:
        """Write ``parts`` (none for a duplicate) under ``path``.

        On failure the file may be there under its name, then whole; it is never taken away, since an
        earlier sender may have been told that it is kept.
        """
        target = self._root / path
        temporary = self._root / "incoming" / f"{self._writer}-{next(self._numbers)}"
        try:
            self.folders.make(target.parent)
            if parts:
                self._files.write(temporary, parts)
                self._files.rename(temporary, target)
            self._files.sync_folder(target.parent)
            self._files.link(target, self._pending(path))
            self._files.sync_folder(self._root / "pending")
        except OSError:
            with contextlib.suppress(OSError):  # a disk that fails to write may fail to unlink
                self._files.remove(temporary)
            raise

    def holds(self, path: str, sha256: str) -> bool:
        """Whether the very same bytes are there, read back and digested: acknowledged means verified.

        Raises `OSError` when the disk cannot say: a file that cannot be read now is not one that is not there.
        """
        try:
            with self.file(path).open("rb") as stream:
                meta, _ = read_head(stream)
                stream.seek(meta.data_set_offset)
                return file_digest(stream, "sha256").hexdigest() == sha256
        except (FileNotFoundError, UnreadableInstance):
            return False

    def _pending(self, path: str) -> Path:
        return self._root / "pending" / pending_name(path)

    def _pending_names(self) -> list[str]:
        try:
            return [entry.name for entry in (self._root / "pending").iterdir()]
        except OSError as exc:
            raise VaultError(f"The vault cannot be read: {exc.strerror or 'unknown error'}.") from exc

    def _age(self, name: str) -> int:
        try:
            return (self._root / "pending" / name).stat().st_mtime_ns
        except OSError:
            return 0


def _is_running(pid: str) -> bool:
    return pid.isdecimal() and pid != str(os.getpid()) and Path("/proc", pid).exists()
