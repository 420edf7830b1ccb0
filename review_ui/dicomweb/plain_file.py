"""An instance as it leaves: the data set as it came, behind file meta that says nothing of our house."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dicom_node.vault.part10 import decode_head, encode_plain_head
from pipeline.domain.errors import UnreadableInstance

_HEAD_WITHIN = 64 * 1024
_CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class PlainFile:
    """A head of ours, and the rest of a file from ``offset`` on."""

    head: bytes
    path: Path
    offset: int
    rest: int

    @property
    def length(self) -> int:
        """Bytes in all."""
        return len(self.head) + self.rest

    def read(self, first: int, last: int) -> Iterator[bytes]:
        """The bytes ``first`` to ``last``, both included, in pieces."""
        if first < len(self.head):
            yield self.head[first : last + 1]
        begin = max(first - len(self.head), 0)
        left = last + 1 - len(self.head) - begin
        with self.path.open("rb") as file:
            file.seek(self.offset + begin)
            while left > 0 and (piece := file.read(min(left, _CHUNK))):
                yield piece
                left -= len(piece)

    def whole(self) -> Iterator[bytes]:
        """All of it, in pieces."""
        return self.read(0, self.length - 1)


def plain_file(path: Path) -> PlainFile:
    """A file of the vault without what we wrote into its meta: from whom and when it came. Raises `OSError`."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(_HEAD_WITHIN)
    try:
        meta = decode_head(start)
    except UnreadableInstance:
        return PlainFile(b"", path, 0, size)
    arrival = meta.arrival
    head = encode_plain_head(arrival.SOPClassUID, arrival.SOPInstanceUID, arrival.TransferSyntaxUID)
    return PlainFile(head, path, meta.data_set_offset, size - meta.data_set_offset)
