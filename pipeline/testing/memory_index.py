"""An index in memory, which can be made to fail."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from pipeline.domain.errors import BadInput, DatabaseUnavailable
from pipeline.domain.receipt import Receipt


class MemoryIndex:
    """Implements `pipeline.domain.ports.Index`.

    ``available = False`` makes it raise `DatabaseUnavailable`; it refuses every path in ``refused``.
    ``happened`` holds paths and ``closed <id>`` in the order they were taken note of.
    """

    def __init__(self) -> None:
        self.available = True
        self.refused: set[str] = set()
        self.happened: list[str] = []
        self.batches: list[int] = []
        self.receipts: dict[str, Receipt] = {}
        self.changed = threading.Condition()

    def record(self, receipts: Iterable[Receipt]) -> None:
        """See `pipeline.domain.ports.Index.record`."""
        batch = list(receipts)
        if not self.available:
            raise DatabaseUnavailable
        if any(receipt.path in self.refused for receipt in batch):
            raise BadInput
        self.batches.append(len(batch))
        with self.changed:
            self.happened += [receipt.path for receipt in batch if receipt.path not in self.receipts]
            self.receipts.update({receipt.path: receipt for receipt in batch})
            self.changed.notify_all()

    def association_closed(self, association_id: str) -> None:
        """See `pipeline.domain.ports.Index.association_closed`."""
        if not self.available:
            raise DatabaseUnavailable
        with self.changed:
            self.happened.append(f"closed {association_id}")
            self.changed.notify_all()

    def closed(self) -> list[str]:
        """The associations that ended, in order."""
        return [what.removeprefix("closed ") for what in self.happened if what.startswith("closed ")]
