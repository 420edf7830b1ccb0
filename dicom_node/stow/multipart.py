"""A multipart/related body taken apart as it comes: never more in memory than one part, itself bounded."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message

from dicom_node.upper.incoming import Memory
from pipeline.domain.errors import BadInput, VaultFull

LARGEST_HEAD = 16 * 1024
LONGEST_BOUNDARY = 200
MOST_PARTS = 20_000
_COPIES = 2
"""What has come in, and the part that is cut out of it."""


class TooLargePart(BadInput):
    """One object of the body is larger than this service takes."""


class NoMemory(VaultFull):
    """Too much comes in at this moment; send again later."""


def boundary_of(content_type: str) -> bytes:
    """The boundary of a body of application/dicom parts. Raises `BadInput`, which says what is wrong."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = str(message.get_param("boundary") or "")
    if message.get_content_type() != "multipart/related" or not 0 < len(boundary) <= LONGEST_BOUNDARY:
        raise BadInput("A body of several parts names its boundary.")
    if str(message.get_param("type") or "application/dicom").lower() != "application/dicom":
        raise BadInput("Only parts of type application/dicom are taken.")
    return boundary.encode("latin-1", "replace")


class Parts:
    """Feed it pieces of a body, and it gives each part's content once that is whole (RFC 2046 5.1).

    ``memory`` is shared by all who send, ``largest`` the bytes of one part. Call `close` at the end, also
    after an error.
    """

    def __init__(self, boundary: bytes, memory: Memory, largest: int) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._memory = memory
        self._largest = largest
        self._held = bytearray(b"\r\n")  # so that a body may begin with its boundary
        self._taken = 0
        self._searched = 0
        self._count = 0
        self._in_part = False
        self.ended = False

    def feed(self, piece: bytes) -> Iterator[memoryview]:
        """Take a piece in. Raises `BadInput`, `TooLargePart` and `NoMemory`; then nothing more may be fed."""
        if self.ended:
            return
        count = _COPIES * len(piece)
        if not self._memory.take(count):
            raise NoMemory
        self._taken += count
        self._held += piece
        while (part := self._next()) is not None:
            if self._in_part:
                yield _content(part)
            if self._last_seen():
                return
            self._in_part = True
        if len(self._held) > self._largest + LARGEST_HEAD:
            raise TooLargePart

    def close(self) -> None:
        """Give the memory back."""
        self._memory.give_back(self._taken)
        self._taken = 0
        self._held.clear()

    def _next(self) -> bytes | None:
        """What stands before the next delimiter line, which is passed over; None when that has not come yet."""
        at = self._held.find(self._delimiter, self._searched)
        end = at + len(self._delimiter)
        if at < 0 or len(self._held) < end + 2:
            self._searched = max(0, (at if at >= 0 else len(self._held) - len(self._delimiter)))
            return None
        part = bytes(memoryview(self._held)[:at])
        self._drop(end)
        return part

    def _last_seen(self) -> bool:
        """Whether the delimiter just passed was the last; else the rest of its line is passed over."""
        self._count += 1
        if self._held[:2] == b"--":
            self.ended = True
            self._drop(len(self._held))
            return True
        if self._count > MOST_PARTS:
            raise BadInput("The body has more parts than this service takes at once.")
        if self._held[:2] != b"\r\n":
            raise BadInput("A boundary of the body is not followed by the end of its line.")
        return False

    def _drop(self, count: int) -> None:
        del self._held[:count]
        self._searched = 0
        freed = max(self._taken - _COPIES * len(self._held), 0)
        self._memory.give_back(freed)
        self._taken -= freed


def _content(part: bytes) -> memoryview:
    """A part without its headers. Raises `BadInput` for one that is no application/dicom."""
    head, blank, _ = part[: LARGEST_HEAD + 4].partition(b"\r\n\r\n")
    if not blank:
        raise BadInput("A part has no end of its headers.")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        kind = value.split(b";")[0].strip().lower()
        if name.strip().lower() == b"content-type" and kind != b"application/dicom":
            raise BadInput("Only parts of type application/dicom are taken.")
    return memoryview(part)[len(head) + 4 :]
