"""UIDs of what we make: the same each time, and known for ours by anybody who knows how they are made."""

from __future__ import annotations

import uuid

_NAMESPACE = uuid.UUID("6f0f2a52-6c1f-5b0e-9f7a-3a3c9a0d6d11")
"""Ours alone: object UIDs are made in it (PS3.5 B.2)."""


def derived_uid(origin: str, part: str) -> str:
    """The UID of one part of ``origin``, the same each time: 2.25 and a UUID of version 5."""
    return f"2.25.{uuid.uuid5(_NAMESPACE, f'{origin}/{part}').int}"


def instance_uid(SeriesInstanceUID: str, InstanceNumber: int) -> str:
    """The SOPInstanceUID of one of our objects: it follows from its series and its number in it."""
    return derived_uid(SeriesInstanceUID, str(InstanceNumber))


def is_ours(SOPInstanceUID: str, SeriesInstanceUID: str, InstanceNumber: int | None) -> bool:
    """Whether a NeuroVigie made an object, judged from its own names.

    Holds after a loss of the database, and for the object of another NeuroVigie, whoever sends it.
    """
    return InstanceNumber is not None and SOPInstanceUID == instance_uid(SeriesInstanceUID, InstanceNumber)
