"""What a disk may hold after the power is cut: all that was synced, and any part of the rest.

`WatchedFiles` works on the real file system and writes down what a crash could undo; `left_after`
makes a folder as it may be found after one.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from dicom_node.vault.files import OsFiles

_PAGE = 4096


@dataclass(frozen=True, slots=True)
class Wrote:
    """Bytes in a file; ``node`` numbers files as the kernel's inodes do."""

    node: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Named:
    """A name in a folder: for file ``node``, or gone when there is none."""

    path: Path
    node: int | None


@dataclass(frozen=True, slots=True)
class Synced:
    """All that was written to a file, or all names in a folder, before this are durable."""

    what: int | Path


@dataclass(frozen=True, slots=True)
class Mark:
    """Something the test wants to know the time of."""

    what: object


Event = Wrote | Named | Synced | Mark


class WatchedFiles(OsFiles):
    """Notes what is done below ``root``. ``ignores`` says which syncs are left out, by path."""

    def __init__(self, root: Path, ignores: Callable[[Path], bool] = lambda _: False) -> None:
        self._root = root
        self._ignores = ignores
        self._nodes: dict[int, int] = {}
        self.events: list[Event] = []

    def mark(self, what: object) -> None:
        """Put a mark among the events."""
        self.events.append(Mark(what))

    def make_folder(self, path: Path) -> bool:
        """See `Files`."""
        new = super().make_folder(path)
        if new:
            self.events.append(Named(path, self._new(path)))
        return new

    def write(self, path: Path, parts: Sequence[bytes | memoryview]) -> None:
        """See `Files`."""
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        try:
            self._created(path, b"".join(parts))
            self.write_all(descriptor, b"".join(parts))
            self.sync(descriptor)
        finally:
            os.close(descriptor)

    def make_segment(self, path: Path, size: int) -> int:
        """See `JournalFiles`."""
        descriptor = super().make_segment(path, size)
        self._created(path, bytes(size))
        return descriptor

    def copy_out(self, descriptor: int, offset: int, length: int, target: Path) -> int:
        """See `JournalFiles`."""
        copy = super().copy_out(descriptor, offset, length, target)
        self._created(target, target.read_bytes())
        return copy

    def write_at(self, descriptor: int, parts: Sequence[bytes | memoryview], offset: int) -> None:
        """See `JournalFiles`."""
        super().write_at(descriptor, parts, offset)
        self.events.append(Wrote(self._node(os.fstat(descriptor).st_ino), offset, b"".join(parts)))

    def rename(self, source: Path, target: Path) -> None:
        """See `Files`."""
        super().rename(source, target)
        self.events += [Named(target, self._node(target.stat().st_ino)), Named(source, None)]

    def link(self, source: Path, target: Path) -> None:
        """See `Files`."""
        super().link(source, target)
        self.events.append(Named(target, self._node(target.stat().st_ino)))

    def remove(self, path: Path) -> None:
        """See `Files`."""
        super().remove(path)
        self.events.append(Named(path, None))

    def sync(self, descriptor: int) -> None:
        """See `JournalFiles`."""
        path = Path("/proc/self/fd", str(descriptor)).readlink()
        if not self._ignores(path.relative_to(self._root)):
            self.events.append(Synced(path if path.is_dir() else self._node(os.fstat(descriptor).st_ino)))

    def sync_data(self, descriptor: int) -> None:
        """See `JournalFiles`."""
        self.sync(descriptor)

    def _created(self, path: Path, data: bytes) -> None:
        node = self._new(path)
        self.events += [Named(path, node), Wrote(node, 0, data)]

    def _new(self, path: Path) -> int:
        number = len(self.events)
        self._nodes[path.stat().st_ino] = number
        return number

    def _node(self, inode: int) -> int:
        return self._nodes[inode]


@dataclass(slots=True)
class _Disk:
    """What is durable, and what is not yet."""

    files: dict[int, bytearray] = field(default_factory=lambda: defaultdict(bytearray))
    names: dict[Path, int] = field(default_factory=dict)
    written: dict[int, list[Wrote]] = field(default_factory=lambda: defaultdict(list))
    named: dict[Path, list[Named]] = field(default_factory=lambda: defaultdict(list))

    def take(self, event: Event) -> None:
        match event:
            case Wrote(node):
                self.written[node].append(event)
            case Named(path):
                self.named[path.parent].append(event)
            case Synced(int() as node):
                for write in self.written.pop(node, []):
                    self.write(write)
            case Synced(Path() as folder):
                for name in self.named.pop(folder, []):
                    self.name(name)

    def cut(self, chance: Random) -> None:
        """Of what is not synced keep any pages and any names."""
        for writes in self.written.values():
            for write in writes:
                self._tear(write, chance)
        for names in self.named.values():
            for name in names:
                if chance.random() < 0.5:
                    self.name(name)

    def write(self, write: Wrote) -> None:
        content = self.files[write.node]
        content.extend(bytes(max(write.offset + len(write.data) - len(content), 0)))
        content[write.offset : write.offset + len(write.data)] = write.data

    def name(self, name: Named) -> None:
        if name.node is None:
            self.names.pop(name.path, None)
        else:
            self.names[name.path] = name.node

    def _tear(self, write: Wrote, chance: Random) -> None:
        for start in range(0, len(write.data), _PAGE):
            if chance.random() < 0.5:
                self.write(Wrote(write.node, write.offset + start, write.data[start : start + _PAGE]))


def left_after(events: Sequence[Event], root: Path, target: Path, chance: Random) -> None:
    """Make ``target`` what ``root`` may be after a power cut behind the last of ``events``."""
    disk = _Disk()
    for event in events:
        disk.take(event)
    disk.cut(chance)
    target.mkdir()
    folders = {event.path for event in events if isinstance(event, Named) and event.path.is_dir()}
    for path in sorted(disk.names):
        place = target / path.relative_to(root)
        if place.parent.is_dir():
            if path in folders:
                place.mkdir()
            else:
                place.write_bytes(disk.files[disk.names[path]])
