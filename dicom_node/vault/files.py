"""What the vault asks of the operating system, as one small port, so that a test can record or refuse it."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

_ZEROS = 1 << 20
_CANNOT_COPY = frozenset({errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP})


class Files(Protocol):
    """The file operations a durable write is made of; each raises `OSError`."""

    def make_folder(self, path: Path) -> bool:
        """Make a folder for us alone; whether it is new."""
        ...

    def write(self, path: Path, parts: Sequence[bytes | memoryview]) -> None:
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


class JournalFiles(Files, Protocol):
    """What a journal needs besides: files that stay open and are written in place."""

    def make_segment(self, path: Path, size: int) -> int:
        """Make a file of ``size`` bytes, all of them allocated; its descriptor."""
        ...

    def open_segment(self, path: Path) -> int:
        """The descriptor of an existing file."""
        ...

    def size(self, descriptor: int) -> int:
        """The length of an open file."""
        ...

    def read_at(self, descriptor: int, length: int, offset: int) -> bytes:
        """Read ``length`` bytes, fewer at the end of the file."""
        ...

    def write_at(self, descriptor: int, parts: Sequence[bytes | memoryview], offset: int) -> None:
        """Write every byte of ``parts``, one behind the other."""
        ...

    def sync_data(self, descriptor: int) -> None:
        """Make what was written in place durable."""
        ...

    def copy_out(self, descriptor: int, offset: int, length: int, target: Path) -> int:
        """Make a new file of a piece of an open one; its descriptor, to be synced."""
        ...

    def sync(self, descriptor: int) -> None:
        """Make the content of an open file durable."""
        ...

    def close(self, descriptor: int) -> None:
        """Close a descriptor."""
        ...


class OsFiles:
    """`JournalFiles` on the real operating system."""

    def make_folder(self, path: Path) -> bool:
        """See `Files`."""
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            return False
        return True

    def write(self, path: Path, parts: Sequence[bytes | memoryview]) -> None:
        """See `Files`; a short write goes on where it stopped."""
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            for part in parts:
                self.write_all(descriptor, part)
            self.sync(descriptor)
        finally:
            os.close(descriptor)

    def write_all(self, descriptor: int, data: bytes | memoryview) -> None:
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

    def make_segment(self, path: Path, size: int) -> int:
        """See `JournalFiles`."""
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            # Written, not only allocated: a sync of blocks never written costs the file system's own journal too.
            zeros = memoryview(bytes(min(size, _ZEROS)))
            for start in range(0, size, _ZEROS):
                self.write_all(descriptor, zeros[: size - start])
            os.fsync(descriptor)  # else the first image in it waits for the whole of it
        except OSError:
            os.close(descriptor)
            with contextlib.suppress(OSError):
                self.remove(path)
            raise
        return descriptor

    def open_segment(self, path: Path) -> int:
        """See `JournalFiles`."""
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def size(self, descriptor: int) -> int:
        """See `JournalFiles`."""
        return os.fstat(descriptor).st_size

    def read_at(self, descriptor: int, length: int, offset: int) -> bytes:
        """See `JournalFiles`."""
        pieces = []
        while length:
            piece = os.pread(descriptor, length, offset)
            if not piece:
                break
            pieces.append(piece)
            length, offset = length - len(piece), offset + len(piece)
        return b"".join(pieces)

    def write_at(self, descriptor: int, parts: Sequence[bytes | memoryview], offset: int) -> None:
        """See `JournalFiles`; a short write goes on where it stopped."""
        rest = [memoryview(part) for part in parts]
        while rest:
            written = os.pwritev(descriptor, rest, offset)
            if written == 0:
                raise OSError(errno.EIO, "the disk took no byte")
            offset += written
            rest = _without(rest, written)

    def sync_data(self, descriptor: int) -> None:
        """See `JournalFiles`; where the length is new, that is made durable too."""
        os.fdatasync(descriptor)

    def copy_out(self, descriptor: int, offset: int, length: int, target: Path) -> int:
        """See `JournalFiles`; the kernel copies, where it can."""
        copy = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            done = 0
            while done < length:
                done += self._copy_piece(descriptor, offset + done, length - done, copy)
        except OSError:
            os.close(copy)
            raise
        return copy

    def _copy_piece(self, source: int, offset: int, length: int, target: int) -> int:
        try:
            copied = os.copy_file_range(source, target, length, offset)
        except OSError as exc:
            if exc.errno not in _CANNOT_COPY:
                raise
            copied = os.write(target, os.pread(source, min(length, 1 << 20), offset))
        if copied == 0:
            raise OSError(errno.EIO, "the disk gave no byte")
        return copied

    def close(self, descriptor: int) -> None:
        """See `JournalFiles`."""
        os.close(descriptor)


def _without(parts: list[memoryview], count: int) -> list[memoryview]:
    """``parts`` less their first ``count`` bytes."""
    while parts and count >= len(parts[0]):
        count -= len(parts[0])
        parts = parts[1:]
    return [parts[0][count:], *parts[1:]] if parts else []
