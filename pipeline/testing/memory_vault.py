"""A vault in memory, held to the same contract as the one on disk."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

from dicom_node.vault.header import instance_ids
from dicom_node.vault.naming import digest, instance_path
from dicom_node.vault.part10 import encode_head
from pipeline.domain.errors import VaultError, VaultFull
from pipeline.domain.receipt import Arrival, Receipt


class MemoryVault:
    """Implements `pipeline.domain.ports.Vault`; ``capacity`` bytes in all, then `VaultFull`."""

    def __init__(self, capacity: int = 1 << 30) -> None:
        self._capacity = capacity
        self._files: dict[str, bytes] = {}
        self._pending: dict[str, Receipt] = {}
        self._lock = threading.Lock()

    def append(self, part10_body: bytes, arrival: Arrival) -> Receipt:
        """See `pipeline.domain.ports.Vault.append`."""
        ids = instance_ids(part10_body, arrival.TransferSyntaxUID)
        sha256 = digest(part10_body)
        path = instance_path(arrival.site_id, ids, sha256)
        with self._lock:
            duplicate = path in self._files
            if not duplicate:
                self._store(path, encode_head(arrival, sha256) + part10_body)
            first = Receipt(arrival, path, sha256, len(part10_body))
            self._pending.setdefault(path, first)
        return Receipt(arrival, path, sha256, len(part10_body), duplicate)

    def _store(self, path: str, file: bytes) -> None:
        if len(file) + sum(map(len, self._files.values())) > self._capacity:
            raise VaultFull
        self._files[path] = file

    def pending(self) -> Iterator[Receipt]:
        """See `pipeline.domain.ports.Vault.pending`."""
        with self._lock:
            waiting = tuple(self._pending.values())
        yield from waiting

    def settle(self, receipts: Iterable[Receipt]) -> None:
        """See `pipeline.domain.ports.Vault.settle`."""

    def indexed(self, receipts: Iterable[Receipt]) -> None:
        """See `pipeline.domain.ports.Vault.indexed`."""
        with self._lock:
            for receipt in receipts:
                self._pending.pop(receipt.path, None)

    def read(self, path: str) -> bytes:
        """See `pipeline.domain.ports.Vault.read`."""
        try:
            return self._files[path]
        except KeyError:
            raise VaultError("The vault has no such file.") from None
