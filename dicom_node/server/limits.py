"""Bounds on what one association may make us hold, applied before the memory is taken."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from dicom_node.admission import StoreStatus, no_memory, too_large
from dicom_node.upper.incoming import Memory

LARGEST_PDU = 1 << 20
"""Our Maximum Length (PS3.8 D.1), in bytes: large, since each PDU costs pynetdicom a millisecond."""

LARGEST_COMMAND = 64 * 1024
"""A C-STORE command set has some 300 bytes."""

MOST_UNANSWERED = 4
"""Messages sent ahead of our answers; we negotiate one at a time (PS3.7 D.3.3.3)."""


class Counted(BytesIO):
    """A data set that comes in, its bytes taken from ``memory`` until it is closed, or nobody has it any more.

    Beyond ``largest`` bytes, or those that are left, all is forgotten, and ``refusal`` is what the sender is told.
    """

    def __init__(self, memory: Memory, largest: int) -> None:
        super().__init__()
        self._memory = memory
        self._largest = largest
        self._taken = 0
        self.refusal: StoreStatus | None = None

    def write(self, data: Any) -> int:
        """Take the bytes, or none once it is refused."""
        if self.refusal is None:
            self._take(len(data))
        return super().write(data) if self.refusal is None else len(data)

    def close(self) -> None:
        """Give the memory back."""
        self._give_back()
        super().close()

    def _take(self, count: int) -> None:
        if self._taken + count > self._largest:
            self.refusal = too_large(self._largest)
        elif self._memory.take(count):
            self._taken += count
        else:
            self.refusal = no_memory()
        if self.refusal is not None:
            self.seek(0)
            self.truncate()
            self._give_back()

    def _give_back(self) -> None:
        self._memory.give_back(self._taken)
        self._taken = 0


def bound(association: Any, memory: Memory, largest_data_set: int) -> str:
    """Apply the bounds as a PDU comes in; why the association must be aborted, or an empty text.

    ``association`` is a `pynetdicom.association.Association`.
    """
    if association.dimse.msg_queue.qsize() > MOST_UNANSWERED:
        return "it sends without waiting for answers"
    message = association.dimse.message
    if message is None:
        return ""
    if message.encoded_command_set.tell() > LARGEST_COMMAND:
        return "its command set is too long"
    if not isinstance(message.data_set, Counted):
        counted = Counted(memory, largest_data_set)
        counted.write(message.data_set.getvalue())
        message.data_set = counted
    return ""
