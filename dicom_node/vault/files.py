"""What the vault asks of the operating system, as one small port, so that a test can record or refuse it."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol


class Files(Protocol):
    """The file operations a durable write is made of; each raises `OSError`."""

    def make_folder(self, path: Path) -> bool:
        """Make a folder for us alone; whether it is new."""
        ...

    def write(self, path: Path, parts: Sequence[bytes]) -> None:
        """Write a new file whole and make its content durable."""
        ...

    def rename(self, source: Path, target: Path) -> None:
        """Give a file its final name."""
        ...

    def link(self, source: Path, target: Path) -> None:
        """Give a file a second name; an existing one is left as it is."""
        ...

    def remove(self, path: Path) -> None:
        """Take a name away; a missing one is no error."""
        ...

    def sync_folder(self, path: Path) -> None:
        """Make the names in a folder durable."""
        ...

    def used_share(self, path: Path, more: int) -> float:
        """The share of the disk in use after ``more`` bytes were written, from 0 to 1."""
        ...


class OsFiles:
    """`Files` on the real operating system."""

    def make_folder(self, path: Path) -> bool:
        """See `Files`."""
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            return False
        return True

    def write(self, path: Path, parts: Sequence[bytes]) -> None:
        """See `Files`; a short write goes on where it stopped."""
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            for part in parts:
                self.write_all(descriptor, part)
            self.sync(descriptor)
        finally:
            os.close(descriptor)

    def write_all(self, descriptor: int, data: bytes) -> None:
        """Write every byte of ``data``."""
        rest = memoryview(data)
        while rest:
            written = os.write(descriptor, rest)
            if written == 0:
                raise OSError(errno.EIO, "the disk took no byte")
            rest = rest[written:]

    def sync(self, descriptor: int) -> None:
        """Make what was written to an open file durable."""
        os.fsync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """See `Files`."""
        source.rename(target)

    def link(self, source: Path, target: Path) -> None:
        """See `Files`."""
        with contextlib.suppress(FileExistsError):
            target.hardlink_to(source)

    def remove(self, path: Path) -> None:
        """See `Files`."""
        path.unlink(missing_ok=True)

    def sync_folder(self, path: Path) -> None:
        """See `Files`."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self.sync(descriptor)
        finally:
            os.close(descriptor)

    def used_share(self, path: Path, more: int) -> float:
        """See `Files`; the same share as ``df`` shows, blocks kept for root aside."""
        disk = os.statvfs(path)
        used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
        room = used + disk.f_bavail * disk.f_frsize
        return (used + more) / room if room else 0.0
