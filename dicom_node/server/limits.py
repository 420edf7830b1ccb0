"""Bounds on what one association may make us hold, applied before the memory is taken."""

from __future__ import annotations

from io import BytesIO
from typing import Any

LARGEST_PDU = 1 << 20
"""Our Maximum Length (PS3.8 D.1), in bytes: large, since each PDU costs pynetdicom a millisecond."""

LARGEST_COMMAND = 64 * 1024
"""A C-STORE command set has some 300 bytes."""

MOST_UNANSWERED = 4
"""Messages sent ahead of our answers; we negotiate one at a time (PS3.7 D.3.3.3)."""


class Oversized(BytesIO):
    """Stands in for a data set that has grown beyond the limit: what comes is forgotten."""

    def write(self, data: Any) -> int:
        """Take the bytes and keep none."""
        return len(data)


def bound(association: Any, largest_data_set: int) -> str:
    """Apply the bounds after a PDU came in; why the association must be aborted, or an empty text.

    ``association`` is a `pynetdicom.association.Association`.
    """
    if association.dimse.msg_queue.qsize() > MOST_UNANSWERED:
        return "it sends without waiting for answers"
    message = association.dimse.message
    if message is None:
        return ""
    if message.encoded_command_set.tell() > LARGEST_COMMAND:
        return "its command set is too long"
    if not isinstance(message.data_set, Oversized) and message.data_set.tell() > largest_data_set:
        message.data_set = Oversized()
    return ""
