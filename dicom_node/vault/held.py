"""A data set in our hands: its bytes, their digest, and what it says it is, each found once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dicom_node.vault.header import InstanceIds, instance_ids, refuse_bombs
from dicom_node.vault.naming import digest
from pipeline.domain.errors import UnreadableInstance
from pipeline.domain.ports import Vault
from pipeline.domain.receipt import Arrival, Receipt

_HEADER_BYTES = 64 * 1024
"""A header is nearly always within these; pixels need not be copied to be stepped over."""


@dataclass(frozen=True, slots=True, eq=False)
class HeldDataSet:
    """An encoded data set; ``sha256`` is of ``body``, in hexadecimal."""

    body: bytes | memoryview
    sha256: str
    ids: InstanceIds


def examine(body: bytes, transfer_syntax: str) -> HeldDataSet:
    """Read the identifiers and take the digest. Raises `UnreadableInstance`."""
    refuse_bombs(body, transfer_syntax)
    return HeldDataSet(body, digest(body), instance_ids(body, transfer_syntax))


def ids_of(body: memoryview, transfer_syntax: str) -> InstanceIds:
    """The identifiers of a data set, from its first bytes when they are enough. Raises `UnreadableInstance`."""
    refuse_bombs(body, transfer_syntax)
    try:
        return instance_ids(bytes(body[:_HEADER_BYTES]), transfer_syntax)
    except UnreadableInstance:
        if len(body) <= _HEADER_BYTES:
            raise
    return instance_ids(bytes(body), transfer_syntax)


class HoldingVault(Vault, Protocol):
    """A vault that takes data sets which are already examined."""

    def keep(self, held: HeldDataSet, arrival: Arrival) -> Receipt:
        """`Vault.append`; it is ``held.sha256`` that is believed."""
        ...
