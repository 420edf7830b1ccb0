"""A data set in our hands: its bytes, their digest, and what it says it is, each found once."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_node.vault.header import InstanceIds, instance_ids
from dicom_node.vault.naming import digest


@dataclass(frozen=True, slots=True, eq=False)
class HeldDataSet:
    """An encoded data set; ``sha256`` is of ``body``, in hexadecimal."""

    body: bytes | memoryview
    sha256: str
    ids: InstanceIds


def examine(body: bytes, transfer_syntax: str) -> HeldDataSet:
    """Read the identifiers and take the digest. Raises `UnreadableInstance`."""
    return HeldDataSet(body, digest(body), instance_ids(body, transfer_syntax))
